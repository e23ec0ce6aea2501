"""When OpenSID says that a record was saved.

[pure]
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


def saved_at(record: Mapping[str, Any], zone: ZoneInfo, otherwise: datetime) -> datetime:
    """When a record was saved, aware.

    OpenSID's own clock tells no zone, so it is read in `zone`; reports say UTC. `otherwise` is
    for records that do not say.
    """
    for name in ("updated_at", "created_at"):
        try:
            moment = datetime.fromisoformat(str(record.get(name)))
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return otherwise.astimezone(zone)
