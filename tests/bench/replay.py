"""Replay of a log into penduduk, against COPY of the finished rows into the same table."""

from tests.bench.measure import arguments, people

KODE_DESA = "53.06.14.2001"


def main() -> None:
    """Measure one desa's replay."""
    options = arguments(__doc__ or "")
    drafts = people(options.changes)
