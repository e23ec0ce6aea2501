"""/v1/data: what pages read, for programs, as of a batch or a day."""

from api.data import mutasi, records, statistik
from api.data.asked import blueprint

__all__ = ["blueprint", "mutasi", "records", "statistik"]
