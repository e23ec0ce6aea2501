"""What operators watch, in Prometheus' text format: looked up in the database at each request.

Codes of desa and counts only, nothing of what a desa stated.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from ledger import Alarm, JobState, Progress, read_alarms, read_jobs, read_progress
from ledger.database import Databases
from projections import Status, status
from projections.queries.desa import Village, all_villages

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


class _Watch(Collector):
    """Scheduled work, the scrub, alarms, and when each village was heard."""

    def __init__(
        self,
        jobs: list[JobState],
        progress: list[Progress],
        alarms: list[Alarm],
        villages: list[Village],
    ) -> None:
        self._jobs = jobs
        self._progress = progress
        self._alarms = alarms
        self._villages = villages

    def collect(self) -> Iterable[Metric]:
        """The metrics."""
        ok = GaugeMetricFamily(
            "opendk_job_ok", "Whether a job's last run ended well", labels=["job"]
        )
        ended = GaugeMetricFamily(
            "opendk_job_ended_timestamp_seconds", "When a job's last run ended", labels=["job"]
        )
        for job in self._jobs:
            if job.ended_at is not None:
                ok.add_metric([job.name], float(bool(job.ok)))
                ended.add_metric([job.name], job.ended_at.timestamp())
        scrubbed = GaugeMetricFamily(
            "opendk_scrub_finished_timestamp_seconds",
            "When the last whole round of the scrub ended",
            labels=["kode_desa", "part"],
        )
        for it in self._progress:
            if it.finished_at is not None:
                scrubbed.add_metric([it.kode_desa, it.part], it.finished_at.timestamp())
        alarms = GaugeMetricFamily(
            "opendk_alarms_open", "Damage found and not settled", labels=["kode_desa"]
        )
        counts = Counter(it.damage.kode_desa for it in self._alarms)
        for kode_desa in sorted({it.kode_desa for it in self._villages} | counts.keys()):
            alarms.add_metric([kode_desa], counts[kode_desa])
        heard = GaugeMetricFamily(
            "opendk_desa_heard_timestamp_seconds",
            "When a village was last heard",
            labels=["kode_desa"],
        )
        for village in self._villages:
            if village.heard_at is not None:
                heard.add_metric([village.kode_desa], village.heard_at.timestamp())
        return ok, ended, scrubbed, alarms, heard


def exposition(databases: Databases, now: datetime) -> bytes:
    """All metrics as text."""
    with databases.reader.connect() as tx:
        projections = _Projections(status(tx), now)
        watch = _Watch(
            read_jobs(tx),
            read_progress(tx),
            read_alarms(tx, open_only=True),
            all_villages(tx),
        )
    registry = CollectorRegistry()
    registry.register(projections)
    registry.register(watch)
    return generate_latest(registry)
