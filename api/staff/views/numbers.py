"""Numbers of tables as links to the rows behind them, for whoever may see these."""

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote_plus

from flask import request, url_for
from markupsafe import Markup, escape

from api import format as fmt
from api.auth import may
from api.permissions import Need
from api.staff.views.region import Region
from projections.queries.rincian import Whom
from projections.queries.statistik import Count

_NO_SEX: Final = 0
"""What an address says of those who state no sex."""


class Links:
    """Writes numbers as links to the rows behind them, for whoever may see these.

    One that is 0 has none. What all links of a table share is made once: a page has thousands.
    """

    def __init__(self, endpoint: str, **kept: object) -> None:
        """`kept` is what all of the links say."""
        self._may = may(Need.PEOPLE)
        self._base = escape(url_for(endpoint, **kept))  # type: ignore[arg-type]
        self._joint = "&amp;" if "?" in self._base else "?"

    def to(self, drawn: Markup, count: int, said: Sequence[tuple[str, str]]) -> Markup:
        """What stands for a number, led by the names and values that tell it from the others."""
        if not count or not self._may:
            return drawn
        words = "&amp;".join(f"{name}={quote_plus(value)}" for name, value in said)
        href = f"{self._base}{self._joint if words else ''}{words}"
        return Markup(f'<a href="{href}">{drawn}</a>')  # noqa: S704  # all quoted


class Numbers:
    """The numbers of a statistic as links to their rows."""

    def __init__(self, nama: str, endpoint: str, part: str = "", **kept: object) -> None:
        """`part` is the name by which the address says which part of the table it is."""
        self._endpoint, self._part, self._kept = endpoint, part, kept
        self._links = Links(endpoint, nama=nama, **kept)

    def of(self, nama: str) -> "Numbers":
        """The same for another statistic."""
        return Numbers(nama, self._endpoint, self._part, **self._kept)

    def one(
        self,
        count: int,
        kategori: Iterable[str] = (),
        baris: str = "",
        sex: int | None = None,
        part: str | None = None,
        drawn: Markup | None = None,
    ) -> Markup:
        """A number, or what is drawn for it, and whom it counts."""
        said = [("kategori", it) for it in kategori]
        said += [("baris", baris)] if baris else []
        said += [("sex", str(sex))] if sex is not None else []
        said += [(self._part, part)] if part is not None else []
        return self._links.to(drawn or Markup(fmt.number(count)), count, said)  # noqa: S704  # digits

    def whom(self, count: int, whom: Whom) -> Markup:
        """A number of any statistic."""
        return self.of(whom.statistik).one(count, whom.kategori, whom.baris, whom.sex)

    def unstated(self, count: Count, kategori: Iterable[str] = (), baris: str = "") -> Markup:
        """How many of a count state no sex; empty if all do."""
        others = count.jumlah - count.laki_laki - count.perempuan
        return self.one(others, kategori, baris, _NO_SEX) if others else Markup()


def region_numbers(nama: str, region: Region) -> Numbers:
    """The numbers of a statistic of a region, desa by desa."""
    wilayah = request.args.get("wilayah") or None
    return Numbers(
        nama, "staff.rincian_statistik_wilayah", "desa", wilayah=wilayah, tanggal=region.per
    )
