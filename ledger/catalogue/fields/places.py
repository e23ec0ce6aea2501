"""Where something is: coordinates and borders."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ledger.catalogue.fields.kind import Note
from ledger.catalogue.fields.numbers import read_decimal


@dataclass(frozen=True)
class Koordinat:
    """Decimal degrees of latitude or longitude, which should lie in Indonesia."""

    axis: Literal["lat", "lng"]
    column = "double precision"

    @property
    def wire(self) -> Any:
        """Degrees in Indonesia's box."""
        least, most = _BOX[self.axis]
        return Annotated[float, Meta(ge=least, le=most)]

    def read(self, value: object, note: Note) -> object:
        """A text of a number is taken as it is: OpenSID keeps coordinates so."""
        number = read_decimal(value)
        if number is None or not number.is_finite() or abs(number) > _GLOBE[self.axis]:
            note("angka-tidak-sah", value)
            return None
        least, most = _BOX[self.axis]
        if not least <= number <= most:
            note("koordinat-di-luar-indonesia", value)
        return float(number)


_BOX: Final = {"lat": (-11.1, 6.1), "lng": (94.9, 141.1)}
_GLOBE: Final = {"lat": 90, "lng": 180}

_Lat = Annotated[float, Meta(ge=-90, le=90)]
_Lng = Annotated[float, Meta(ge=-180, le=180)]
_Ring = Annotated[list[tuple[_Lat, _Lng]], Meta(min_length=3)]


@dataclass(frozen=True)
class Poligon:
    """A border: a list of rings of at least three points [lat, lng]."""

    column = "jsonb"

    @property
    def wire(self) -> Any:
        """The rings."""
        return Annotated[list[_Ring], Meta(min_length=1)]

    def read(self, value: object, note: Note) -> object:
        """The rings, also when they are sent as JSON in a text, as OpenSID keeps them."""
        try:
            if isinstance(value, str):
                return msgspec.json.decode(value, type=self.wire)
            return msgspec.convert(value, self.wire)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            note("poligon-tidak-sah", value)
            return None
