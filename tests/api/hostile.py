"""A village whose records hold, in every field of text, what breaks careless pages.

Each text has a mark of its own, in capitals and digits, by which it is known that the field was
shown, whatever became of the rest.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from ledger import Draft
from ledger.catalogue import ENTITIES, Field
from ledger.catalogue.fields import FileReference, Key, Nik, NoKk, Text, Url
from tests.ledger.catalogue.records import SOUND
from tests.simulator import START

TEXTS: Final[tuple[Callable[[str], str], ...]] = (
    lambda mark: (
        f"{mark}<zq zqa=1>&lt;zq&gt;</td></table></title></textarea></select></script>"
        f'<script>alert("{mark}")</script><img src=x onerror=alert(1)>'
    ),
    lambda mark: (
        f'{mark}" zqb="1" onmouseover="alert(1)" \' zqc=\'1\' autofocus onfocus=alert(1) x=`'
    ),
    lambda mark: f'=HYPERLINK("https://jahat.example/{mark}";"klik")',
    lambda mark: f"javascript:alert('{mark}')//https://jahat.example/",
    lambda mark: (
        f"\u202e\u2066{mark}\u061c\u200e\ufeff\x07\x1b[31m\u2028\u200b\u00ad\u180eKILABRET"
    ),
    lambda mark: f"{{{{7*191}}}}{{% raw %}}${{7*191}}<%= 7*191 %>#{{7*191}}{mark}",
    lambda mark: f"@SUM(1+1)*cmd|' /C calc'!A0 {mark}",
    lambda mark: f"-1+1 {mark} --> ]]> <!-- <zq",
)
"""One record of each kind has one of these in every field."""
SECRET: Final = {"penduduk": 51, "keluarga": 52}
"""The ids of records with sound numbers, which nobody may see whole."""
NUMBERS: Final = (SOUND["penduduk"]["nik"], SOUND["penduduk"]["no_kk"])
AMISS: Final[dict[str, dict[str, Any]]] = {
    "penduduk": {"kk_level": 3},
    "keluarga": {"kepala_id": 0},
}
"""Something that the page of findings points at."""
FORGOTTEN: Final = 99
"""The id of somebody who is erased afterwards."""
COMPUTED: Final = "1337"
"""What a template would make of the sixth."""
_SAYS: Final = (Text, FileReference, Nik, NoKk, Url, Key)


def mark(entity: str, field: str, variant: int, version: str = "V") -> str:
    """The mark of a text: which field of which record of which entity says it."""
    kinds = list(ENTITIES)
    at = [it.name for it in ENTITIES[entity].fields].index(field)
    return f"ZQ{kinds.index(entity)}F{at}{version}{variant}X"


def text(field: Field, entity: str, variant: int, version: str) -> str:
    """What a field says."""
    known = mark(entity, field.name, variant, version)
    if isinstance(field.kind, Url):
        return f"https://jahat.example/{known}"
    made = TEXTS[variant](known)
    if isinstance(field.kind, FileReference):
        return re.sub(r"[/\\:]", "-", made)
    return made


def id_of(entity: str, variant: int) -> str:
    """The id of a record; hostile too where it need not be a number."""
    if entity not in {"surat", "apbdes"}:
        return str(variant + 1)
    made = TEXTS[variant](mark(entity, ENTITIES[entity].key, variant))
    # One that no text can hold would not be that of the record.
    return re.sub(r"[\x00-\x1f]", "", made)[:64].strip()


def says(field: Field) -> bool:
    """Whether a field is a text that a record may fill as it likes."""
    return isinstance(field.kind, _SAYS)


def record(entity: str, variant: int, version: str = "V") -> dict[str, Any]:
    """A record of an entity: sound where it must be, hostile where it can be."""
    kind = ENTITIES[entity]
    data = dict(SOUND[entity])
    data |= {it.name: text(it, entity, variant, version) for it in kind.fields if says(it)}
    data[kind.key] = (
        int(id_of(entity, variant))
        if kind.key == "id" and entity != "apbdes"
        else (id_of(entity, variant))
    )
    return (
        data
        | _BELONGING.get(entity, {})
        | ({"id_pend": variant + 1} if entity == "peristiwa" else {})
    )


_BELONGING: Final[dict[str, dict[str, Any]]] = {
    # Nowhere but where the record itself says.
    "penduduk": {"id_cluster": None, "id_rtm": 1},
    "apbdes": {"kode_rekening": "5.1.2.01"},
}
NAMES: Final = tuple(it for it in ENTITIES if it not in {"upload", "desa"})
"""The entities of which there are several records."""


def first(kode_desa: str) -> Iterator[Draft]:
    """Every kind of record, each with every kind of trick."""
    desa = record("desa", 0) | {"kode_desa": kode_desa}
    yield Draft("desa", kode_desa, "put", START, desa)
    for entity in NAMES:
        for variant in range(len(TEXTS)):
            yield Draft(entity, id_of(entity, variant), "put", START, record(entity, variant))
    gone = record("penduduk", 0) | {"id": FORGOTTEN}
    yield Draft("penduduk", str(FORGOTTEN), "put", START, gone)
    for entity, id_ in SECRET.items():
        yield Draft(entity, str(id_), "put", START, SOUND[entity] | {"id": id_} | AMISS[entity])
    yield Draft(
        "zq_unknown", TEXTS[0]("ZQ0")[:64], "put", START, {TEXTS[0]("ZQ1"): TEXTS[4]("ZQ2")}
    )
    yield Draft("zq_unknown", "\u202eZQ3\x07", "put", START, {"a": 1})


def second() -> Iterator[Draft]:
    """The first and fifth of each again, with other marks; one is gone, one says odder things."""
    for entity in NAMES:
        for variant in (0, 4):
            again = record(entity, variant, "W")
            yield Draft(entity, id_of(entity, variant), "put", START, again)
    yield Draft("lembaga", id_of("lembaga", 7), "delete", START)
    odd = record("penduduk", 1) | {"sex": TEXTS[0]("ZQ4"), "tanggal_lahir": TEXTS[4]("ZQ5")}
    yield Draft("penduduk", "2", "put", START, odd | {TEXTS[0]("ZQ6"): 1})
