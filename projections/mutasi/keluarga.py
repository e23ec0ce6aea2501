"""The account of families: which are active before and after a batch, and why that changed.

A family is active while its head lives; it counts by the head's sex and citizenship. Which family
is whose is as `queries.keluarga` has it: cards, and those that people name while no card stands.
[pure]
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from ledger.catalogue import local_date
from ledger.catalogue.peristiwa import DIBATALKAN
from projections.mutasi.book import (
    BY_CODE,
    BY_STATUS,
    DATANG,
    HIDUP,
    HILANG,
    INWARD,
    KOREKSI,
    LAHIR,
    MATI,
    PERGI,
    PINDAH,
    SALDO_AWAL,
    WNA,
    Began,
    Desa,
    Kind,
    Mutasi,
)
from projections.opened import Line, Opened

BARU: Final = "baru"
"""A family of people who were there: a card that was split, a marriage."""
_TOLD: Final = {1: BARU, 12: BARU, 5: DATANG, 2: MATI, 3: PINDAH, 4: HILANG, 6: PERGI}
"""What an event of a family says of it; the other codes say of none that it came or went."""
_COMES: Final = frozenset({*INWARD, BARU})
_EVENTS: Final = "peristiwa_keluarga"
_KEPALA: Final = 1
_NUMBER: Final = "no "


class Anggota(NamedTuple):
    """What counts of a person in a family; `kepala` is whether they say to be its head."""

    sex: int | None
    wna: bool
    status: int | None
    kepala: bool
    id_kk: str | None
    no_kk: str | None

    @classmethod
    def of(cls, record: Any) -> "Anggota | None":  # noqa: ANN401  # the entity's struct
        """What a record of penduduk states, if there is one."""
        if record is None:
            return None
        return cls(
            record.sex,
            record.warganegara_id == WNA,
            record.status_dasar,
            record.kk_level == _KEPALA,
            None if record.id_kk is None else str(record.id_kk),
            record.no_kk,
        )

    @property
    def kind(self) -> Kind:
        """With whom the person is counted."""
        return Kind(self.sex, self.wna)

    @property
    def living(self) -> bool:
        """Whether the person counts."""
        return self.status == HIDUP


class Kartu(NamedTuple):
    """What counts of a card: its number, and the id of the head that it states."""

    no_kk: str | None
    kepala_id: str | None

    @classmethod
    def of(cls, record: Any) -> "Kartu | None":  # noqa: ANN401  # the entity's struct
        """What a record of keluarga states, if there is one."""
        if record is None:
            return None
        return cls(record.no_kk, None if record.kepala_id is None else str(record.kepala_id))


class Head(NamedTuple):
    """Who leads an active family, and so of which kind it is."""

    id: str
    kind: Kind


class Families:
    """People and cards, and the families that they are."""

    def __init__(self, people: Mapping[str, Anggota], cards: Mapping[str, Kartu]) -> None:
        self.people: dict[str, Anggota] = {}
        self.cards: dict[str, Kartu] = {}
        self._of_id: dict[str, set[str]] = defaultdict(set)
        self._of_number: dict[str, set[str]] = defaultdict(set)
        self._cards_of_number: dict[str, set[str]] = defaultdict(set)
        self._cards_of_head: dict[str, set[str]] = defaultdict(set)
        for id_, person in people.items():
            self.put_person(id_, person)
        for id_, card in cards.items():
            self.put_card(id_, card)

    def put_person(self, id_: str, person: Anggota | None) -> None:
        """A person is this from now on; None: not there."""
        was = self.people.pop(id_, None)
        if was is not None:
            _leave(self._of_id, was.id_kk, id_)
            _leave(self._of_number, was.no_kk, id_)
        if person is not None:
            self.people[id_] = person
            _join(self._of_id, person.id_kk, id_)
            _join(self._of_number, person.no_kk, id_)

    def put_card(self, id_: str, card: Kartu | None) -> None:
        """A card is this from now on; None: not there."""
        was = self.cards.pop(id_, None)
        if was is not None:
            _leave(self._cards_of_number, was.no_kk, id_)
            _leave(self._cards_of_head, was.kepala_id, id_)
        if card is not None:
            self.cards[id_] = card
            _join(self._cards_of_number, card.no_kk, id_)
            _join(self._cards_of_head, card.kepala_id, id_)

    def all(self) -> set[str]:
        """Every family that there may be."""
        return self.cards.keys() | self._of_id.keys() | {_NUMBER + it for it in self._of_number}

    def about(
        self,
        people: Mapping[str, Anggota | None],
        cards: Mapping[str, Kartu | None],
    ) -> set[str]:
        """The families that may change when these people and cards become this, as all stand now.

        Which those are then, is to be asked again, with what they had been.
        """
        found = {*cards}
        of_people = {
            it.no_kk for id_ in people for it in (people[id_], self.people.get(id_)) if it
        }
        of_cards = {it.no_kk for id_ in cards for it in (cards[id_], self.cards.get(id_)) if it}
        for id_ in cards:
            of_cards |= {self.people[it].no_kk for it in self._of_id.get(id_, ())}
        for id_ in people:
            found |= self._cards_of_head.get(id_, set())
            if (person := self.people.get(id_)) is not None and person.id_kk is not None:
                found.add(person.id_kk)
        for number in given(of_people | of_cards):
            found |= {_NUMBER + number, *self._cards_of_number.get(number, ())}
            ids = self._ids_of(number)
            # Who names no id goes by the first that the number has; by another, whoever loses a
            # card.
            found |= ids if number in of_cards else set(sorted(ids)[:1])
        return found

    def active(self, families: Collection[str]) -> dict[str, Head]:
        """Those of some families that have a living head.

        A card's head is whom it states; where it states nobody that is known, as where no card
        stands, the first who lives and says to be the head.
        """
        first: dict[str, str] = {}
        named: dict[str, str] = {}
        for id_ in self._who_may_lead(families):
            family = self._family(self.people[id_], named)
            if family is not None and (family not in first or _order(id_) < _order(first[family])):
                first[family] = id_
        found = {}
        for family in families:
            card = self.cards.get(family)
            if card is not None and card.kepala_id in self.people:
                head: str | None = card.kepala_id
            else:
                head = first.get(family)
            if head is not None and self.people[head].living:
                found[family] = Head(head, self.people[head].kind)
        return found

    def _who_may_lead(self, families: Iterable[str]) -> set[str]:
        """The living who say to be heads, among all who may belong to some families."""
        found: set[str] = set()
        numbers: set[str | None] = set()
        for family in families:
            members = self._of_id.get(family, set())
            found |= members
            numbers |= {self.people[it].no_kk for it in members}
            if (card := self.cards.get(family)) is not None:
                numbers.add(card.no_kk)
            if family.startswith(_NUMBER):
                numbers.add(family.removeprefix(_NUMBER))
        for number in given(numbers):
            found |= self._of_number.get(number, set())
        return {it for it in found if self.people[it].living and self.people[it].kepala}

    def _family(self, person: Anggota, named: dict[str, str]) -> str | None:
        """Whose a person is; `named` remembers what was found of numbers."""
        if person.id_kk is not None and person.id_kk in self.cards:
            return person.id_kk
        number = person.no_kk
        if number is not None and (cards := self._cards_of_number.get(number)):
            return min(cards)
        if person.id_kk is not None or number is None:
            return person.id_kk
        if number not in named:
            named[number] = min(self._ids_of(number), default=_NUMBER + number)
        return named[number]

    def _ids_of(self, number: str) -> set[str]:
        """The ids that those name who name this number."""
        return given(self.people[it].id_kk for it in self._of_number.get(number, ()))


class FamilyBook:
    """Follows batches in order: what families are, and the rows that come.

    It knows the `people` and `cards` whom the batches are about, and all who may be of a family
    with them.
    """

    def __init__(
        self,
        kode_desa: str,
        desa: Desa,
        people: Mapping[str, Anggota],
        cards: Mapping[str, Kartu],
    ) -> None:
        self._kode_desa = kode_desa
        self.desa = desa
        self.families = Families(people, cards)
        self._active: dict[str, Head] | None = None
        self.rows: list[Mutasi] = []

    def enter(
        self,
        entry: Opened,
        people: Mapping[str, Anggota | None],
        cards: Mapping[str, Kartu | None],
    ) -> None:
        """Count a batch, by what people and cards are when it has been read to its end.

        Those may be left out that are what they were before the first batch, whatever else of
        them changes.
        """
        families = self.families
        people = {id_: it for id_, it in people.items() if families.people.get(id_) != it}
        cards = {id_: it for id_, it in cards.items() if families.cards.get(id_) != it}
        self._note(entry, people)
        if not people and not cards:
            return
        if self._active is None:
            self._active = families.active(families.all())
        were = {id_: families.people.get(id_) for id_ in people}
        stood = {id_: families.cards.get(id_) for id_ in cards}
        batch = _Batch(entry, were)
        changed = families.about(people, cards)
        for id_, person in people.items():
            families.put_person(id_, person)
        for id_, card in cards.items():
            families.put_card(id_, card)
        changed |= families.about(were, stood)
        self._compare(batch, changed, self._active)

    def _note(self, entry: Opened, people: Mapping[str, Anggota | None]) -> None:
        """What counts of the desa as a whole."""
        if self.desa.began is None and any(people.values()):
            self.desa = replace(self.desa, began=Began.by(entry))
        if not self.desa.events and entry.stated("peristiwa"):
            self.desa = replace(self.desa, events=True)

    def _compare(self, batch: "_Batch", changed: Collection[str], active: dict[str, Head]) -> None:
        """Make the rows of what changed; one that only goes by another id has not."""
        now = self.families.active(changed)
        was = {it: active.pop(it) for it in changed if it in active}
        active.update(now)
        # Cards may state the same head more than once.
        ended: dict[str, list[tuple[str, Head]]] = defaultdict(list)
        for id_ in sorted(was.keys() - now.keys()):
            ended[was[id_].id].append((id_, was[id_]))
        for id_ in sorted(now):
            before = was.get(id_)
            if before is None and ended.get(now[id_].id):
                before = ended[now[id_].id].pop()[1]
            if before is None:
                self._row(batch, id_, now[id_], 1)
            elif before.kind != now[id_].kind:
                self._correct(batch, id_, before, now[id_])
        for families in ended.values():
            for id_, head in families:
                self._row(batch, id_, head, -1)

    def _row(self, batch: "_Batch", id_: str, head: Head, jumlah: int) -> None:
        """A family that came or went: as it was told, as its head's event was, or concluded."""
        told = batch.told(id_, jumlah)
        event = batch.event(head.id, jumlah)
        line, at = batch.saved(id_, head.id)
        began = self.desa.began
        # Every family of a first push may be told to be new.
        first = jumlah > 0 and began is not None and began.batch == batch.entry.position
        when = local_date(at, self._kode_desa)
        turunan, ref = False, None
        if event is not None and (event.saldo_awal or told is None or first):
            jenis = _called(event)
            when, ref, turunan = event.tgl_lapor, event.ref_pindah, bool(event.turunan)
        elif told is not None and not first:
            jenis = _TOLD[told.kode]
            if event is not None and BY_CODE[event.kode] == jenis:
                when, ref = event.tgl_lapor, event.ref_pindah
            else:
                # Later than it was saved is a slip.
                when = min(told.tgl_peristiwa or when, when)
        else:
            jenis = SALDO_AWAL if first else self._conclusion(batch, head, jumlah, at)
            turunan = jenis != KOREKSI
            if jenis == SALDO_AWAL and began is not None:
                # Its records were saved in all the years before.
                when = local_date(began.signed_at, self._kode_desa)
        self._add(batch, id_, line, when, jenis, head, jumlah, ref, turunan=turunan)

    def _correct(self, batch: "_Batch", id_: str, before: Head, now: Head) -> None:
        """A family that goes on, led by somebody of another kind."""
        line, at = batch.saved(id_, now.id)
        when = local_date(at, self._kode_desa)
        for head, jumlah in ((before, -1), (now, 1)):
            self._add(batch, id_, line, when, KOREKSI, head, jumlah, None, turunan=False)

    def _add(
        self,
        batch: "_Batch",
        id_: str,
        line: int,
        when: date,
        jenis: str,
        head: Head,
        jumlah: int,
        ref: int | None,
        *,
        turunan: bool,
    ) -> None:
        self.rows.append(
            Mutasi(
                id=id_,
                from_batch=batch.entry.position,
                line=line,
                bulan=when.replace(day=1),
                jenis=jenis,
                kind=head.kind,
                jumlah=jumlah,
                id_pend=head.id,
                ref_pindah=ref,
                turunan=turunan,
            )
        )

    def _conclusion(self, batch: "_Batch", head: Head, jumlah: int, at: datetime) -> str:
        """What happened to a family of which no event tells."""
        if jumlah < 0:
            now = self.families.people.get(head.id)
            return KOREKSI if now is None else BY_STATUS.get(now.status or 0, KOREKSI)
        was = batch.before.get(head.id, self.families.people.get(head.id))
        if was is not None and not was.living:
            return KOREKSI
        if not self.desa.events:
            began = self.desa.began
            if began is not None and began.includes(batch.entry, at):
                return SALDO_AWAL
        if was is not None:
            return BARU
        return KOREKSI if self.desa.events else DATANG


class _Batch:
    """A batch that changes families: what its people were before it, and the events it tells."""

    def __init__(self, entry: Opened, before: Mapping[str, Anggota | None]) -> None:
        self.entry = entry
        self.before = before
        last = {line.change.id: entry.usable(line) for line in entry.stated(_EVENTS)}
        self._told = {
            (str(it.id_kk), _TOLD[it.kode] in _COMES): it
            for it in last.values()
            if it is not None and it.kode in _TOLD
        }
        # Nobody is born as a family.
        self._events = {
            (str(it.id_pend), _called(it) in _COMES): it
            for line in entry.stated("peristiwa")
            if (it := entry.usable(line)) and it.jenis != DIBATALKAN and it.kode in BY_CODE
            if _called(it) != LAHIR
        }
        self._lines: dict[tuple[str, str], Line] = {
            (line.change.entity, line.change.id): line
            for line in entry.stated("penduduk", "keluarga")
        }

    def told(self, id_: str, jumlah: int) -> Any:  # noqa: ANN401  # the entity's struct
        """The event of a family that says it came (1) or went (-1), if any."""
        return self._told.get((id_, jumlah > 0))

    def event(self, id_pend: str, jumlah: int) -> Any:  # noqa: ANN401  # the entity's struct
        """The event by which a head came or went, if any."""
        return self._events.get((id_pend, jumlah > 0))

    def saved(self, id_: str, head: str) -> tuple[int, datetime]:
        """Where and when what changed a family was saved: its card, its head, or anything."""
        own = [self._lines.get(it) for it in (("keluarga", id_), ("penduduk", head))]
        lines = [it for it in own if it is not None] or list(self._lines.values())
        last = max(lines, key=lambda it: (it.change.at, it.number))
        return last.number, last.change.at


def _called(event: Any) -> str:  # noqa: ANN401  # the entity's struct
    """What an event of a person is called in the account."""
    return SALDO_AWAL if event.saldo_awal else BY_CODE[event.kode]


def given(values: Iterable[str | None]) -> set[str]:
    """Those that there are."""
    return {it for it in values if it is not None}


def _join(index: dict[str, set[str]], key: str | None, id_: str) -> None:
    if key is not None:
        index[key].add(id_)


def _leave(index: dict[str, set[str]], key: str | None, id_: str) -> None:
    if key is not None:
        index[key].discard(id_)
        if not index[key]:
            del index[key]


def _order(id_: str) -> tuple[int, str]:
    return len(id_), id_
