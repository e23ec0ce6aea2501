"""What operators watch, in Prometheus' text format: looked up in the database at each request.

Codes of desa and counts only, nothing of what a desa stated.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from ledger.database import Databases
from projections import Status, status

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_STATES: Final = ("live", "behind", "outdated", "retrying", "parked")


class _Projections(Collector):
    """The state of every projection of every desa."""

    def __init__(self, found: list[Status], now: datetime) -> None:
        self._found = found
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """The metrics."""
        heads = GaugeMetricFamily("opendk_log_batches", "Batches in a log", labels=["kode_desa"])
        behind = GaugeMetricFamily(
            "opendk_projection_behind_batches",
            "Batches of a log that a projection does not show yet",
            labels=["projection", "kode_desa"],
        )
        lags = GaugeMetricFamily(
            "opendk_projection_lag_seconds",
            "For how long the oldest batch waits that a projection does not show yet",
            labels=["projection", "kode_desa"],
        )
        states = GaugeMetricFamily(
            "opendk_projections", "Projections of desa by state", labels=["state"]
        )
        for kode_desa, head in {it.kode_desa: it.head for it in self._found}.items():
            heads.add_metric([kode_desa], head)
        for it in self._found:
            behind.add_metric([it.projection, it.kode_desa], it.behind)
            lags.add_metric([it.projection, it.kode_desa], it.lag_s(self._now))
        for state in _STATES:
            states.add_metric([state], sum(it.state == state for it in self._found))
        return heads, behind, lags, states


def exposition(databases: Databases, now: datetime) -> bytes:
    """All metrics as text."""
    with databases.reader.connect() as tx:
        found = status(tx)
    registry = CollectorRegistry()
    registry.register(_Projections(found, now))
    return generate_latest(registry)
