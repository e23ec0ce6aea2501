"""/v1/data: what pages read, for programs: records and statistics, as of a batch or a day."""

from api.data import records, statistik
from api.data.asked import blueprint

__all__ = ["blueprint", "records", "statistik"]
