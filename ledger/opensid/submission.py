"""What one upload says, whatever its file was: records of one entity, deletions, and its faults.

    export, form field or JSON  →  Submission  →  compared with the log, and appended

[pure]
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.opensid.export import Export, LeftOut


@dataclass(frozen=True)
class Submission:
    """What an upload says of one entity.

    Attributes:
        records: by id.
        deleted: ids of records that it says were deleted, at some time.
        whole: whether it means to state all records of the entity.
        present: all ids that the desa has, when it could be read to the last: then the others
            are gone.
        mentioned: the ids of a whole upload, readable or not.
        left_out: rows that are no records.
        pictures: how many files named as pictures are none.
    """

    entity: str
    records: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    whole: bool = False
    present: frozenset[str] | None = None
    mentioned: frozenset[str] = frozenset()
    left_out: tuple[LeftOut, ...] = ()
    pictures: int = 0

    @classmethod
    def from_export(cls, export: Export) -> "Submission":
        """What an export says."""
        return cls(
            export.form.entity,
            export.records,
            whole=export.form.full,
            present=export.present,
            mentioned=export.mentioned,
            left_out=export.left_out,
            pictures=len(export.unusable),
        )
