"""The most that an export may hold; reading stops there, not after it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportLimits:
    """In bytes and numbers.

    The largest desa have some 100,000 people; OpenSID writes about 2 KB of XML for each.

    Attributes:
        members: files in the ZIP, which are one photo a person and the sheet.
        workbook: the XLSX as a file.
        part: each XML part of the XLSX that is read, unpacked.
        directory: bytes of a ZIP's table of contents, which is read before anything is known.
        picture: one picture, as a file.
        record: one record as JSON. Together with its frame it must fit a change line.
    """

    members: int = 200_000
    workbook: int = 128 * 1024 * 1024
    part: int = 512 * 1024 * 1024
    directory: int = 32 * 1024 * 1024
    picture: int = 8 * 1024 * 1024
    record: int = 60 * 1024
