"""Drawings for pages, as numbers that a template writes into SVG: pyramid, map, lines.

[pure]
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Final

_STEPS: Final = 5
"""How many shades a map has."""
_MIDDLE: Final = 3
_MAP: Final = 100.0
"""The longer side of a map, in the drawing's units."""


@dataclass(frozen=True)
class Bar:
    """A band of a pyramid: its name, its people by sex, and their shares of the longest bar."""

    name: str
    laki_laki: int
    perempuan: int
    left: float
    right: float


def pyramid(bands: Iterable[tuple[str, int, int]]) -> list[Bar]:
    """The bars of a population pyramid, the oldest first; shares are from 0 to 100."""
    rows = list(bands)
    longest = max((max(men, women) for _, men, women in rows), default=0) or 1
    return [
        Bar(name, men, women, round(100 * men / longest, 2), round(100 * women / longest, 2))
        for name, men, women in reversed(rows)
    ]


@dataclass(frozen=True)
class Shape:
    """A desa on the map: rings as SVG points, where its name stands, and its shade.

    A shade is from 1 to 5, or 0 where there is no value.
    """

    kode_desa: str
    rings: tuple[str, ...]
    x: float
    y: float
    shade: int


@dataclass(frozen=True)
class Map:
    """A map of desa; `width` and `height` are the drawing's.

    `ends` are the smallest and the largest value on it; None when there is none.
    """

    shapes: tuple[Shape, ...]
    width: float
    height: float
    ends: tuple[int, int] | None


def shades(values: Mapping[str, int]) -> dict[str, int]:
    """A shade for each value, from 1 for the smallest to 5 for the largest.

    The steps between are equally wide, and do not begin at zero: desa differ by less than that.
    Where all values are equal, none is few or many, and all have the middle shade.
    """
    least, most = min(values.values(), default=0), max(values.values(), default=0)
    if least == most:
        return dict.fromkeys(values, _MIDDLE)
    return {
        name: 1 + min(_STEPS - 1, _STEPS * (value - least) // (most - least))
        for name, value in values.items()
    }


def village_map(
    borders: Mapping[str, Sequence[Sequence[tuple[float, float]]]],
    values: Mapping[str, int],
) -> Map | None:
    """A map of the desa whose borders are known, shaded by their values; None without any.

    Of a desa that is not among the values there is no value.
    Borders are rings of (latitude, longitude). A kecamatan is small enough for degrees of
    longitude to be taken as equally long all over it.
    """
    points = [point for rings in borders.values() for ring in rings for point in ring]
    if not points:
        return None
    south, north = min(lat for lat, _ in points), max(lat for lat, _ in points)
    west, east = min(lng for _, lng in points), max(lng for _, lng in points)
    narrowing = cos(radians((south + north) / 2))
    scale = _MAP / max(north - south, (east - west) * narrowing, 1e-6)

    def place(lat: float, lng: float) -> tuple[float, float]:
        return round((lng - west) * narrowing * scale, 2), round((north - lat) * scale, 2)

    drawn = {
        kode: [[place(lat, lng) for lat, lng in ring] for ring in rings if ring]
        for kode, rings in borders.items()
        if any(rings)
    }
    known = {kode: values[kode] for kode in drawn if kode in values}
    shade = shades(known)
    shapes = tuple(
        Shape(
            kode_desa=kode,
            rings=tuple(" ".join(f"{x},{y}" for x, y in ring) for ring in rings),
            x=round(sum(x for x, _ in rings[0]) / len(rings[0]), 2),
            y=round(sum(y for _, y in rings[0]) / len(rings[0]), 2),
            shade=shade.get(kode, 0),
        )
        for kode, rings in drawn.items()
    )
    ends = (min(known.values()), max(known.values())) if known else None
    return Map(shapes, *place(south, east), ends)


@dataclass(frozen=True)
class Curve:
    """A line of a chart: its name, its points as SVG, its last value, its colour (1 to 6)."""

    name: str
    points: str
    last: int
    colour: int


@dataclass(frozen=True)
class Lines:
    """A chart of lines over months; what it spans, and at which heights its scale is drawn."""

    curves: tuple[Curve, ...]
    width: int
    height: int
    scale: tuple[tuple[float, int], ...]


_LINES_WIDTH: Final = 600
_LINES_HEIGHT: Final = 180
_COLOURS: Final = 6
_TICKS: Final = (1, 2, 5)


def lines(series: Sequence[Mapping[str, int]]) -> Lines | None:
    """The largest series over time as lines, those beyond six left out; None for less than two.

    `series` has one mapping from name to value for each moment.
    """
    if len(series) < 2:  # noqa: PLR2004  # a line has two ends
        return None
    names = sorted(
        {name for it in series for name in it}, key=lambda it: -max(at.get(it, 0) for at in series)
    )[:_COLOURS]
    # By their names: the same series have the same colours in charts side by side.
    colours = {name: colour for colour, name in enumerate(sorted(names), start=1)}
    most = max((at.get(name, 0) for name in names for at in series), default=0) or 1
    top, scale = _scale(most)
    step = _LINES_WIDTH / (len(series) - 1)

    def height(value: int) -> float:
        return round(_LINES_HEIGHT * (1 - value / top), 1)

    curves = tuple(
        Curve(
            name,
            " ".join(
                f"{round(at * step, 1)},{height(it.get(name, 0))}" for at, it in enumerate(series)
            ),
            series[-1].get(name, 0),
            colours[name],
        )
        for name in names
    )
    return Lines(
        curves, _LINES_WIDTH, _LINES_HEIGHT, tuple((height(value), value) for value in scale)
    )


def _scale(most: int) -> tuple[int, list[int]]:
    """A round number not below `most`, and round values up to it, two to five of them."""
    power = 1
    while True:
        for tick in _TICKS:
            if tick * power * 4 >= most:
                step = tick * power
                top = -(-most // step) * step
                return top, list(range(0, top + 1, step))
        power *= 10
