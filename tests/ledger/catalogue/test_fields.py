from datetime import date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.catalogue.fields import (
    Choice,
    Code,
    Desimal,
    Field,
    FileReference,
    Id,
    Integer,
    Jam,
    Kind,
    KodeWilayah,
    Koordinat,
    Nama,
    Nik,
    NoKk,
    Poligon,
    Rupiah,
    Sensitivity,
    Tanggal,
    Text,
    Url,
    Waktu,
    YesNo,
)
from ledger.catalogue.findings import FINDINGS

TRIANGLE = [[[-8.5, 116.1], [-8.6, 116.1], [-8.6, 116.2]]]
SHA = "sha256:" + "0a" * 32


def read(kind: Kind, value: object) -> tuple[object, list[str]]:
    """The value in normal form, and the codes of the findings."""
    codes: list[str] = []
    field = Field("x", "X", kind, Sensitivity.DASAR)
    return field.read(value, lambda code, _: codes.append(code)), codes


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Text(), "Larantuka"),
        (Text(5), "12345"),
        (Nama(), "MARIA DA-SILVA"),
        (Url(), "https://lamika.desa.example/profil"),
        (Jam(), "09:05"),
        (Choice(("km2", "ha")), "ha"),
        (FileReference(), SHA),
        (Nik(), "5306144903840001"),
        (Nik(structured=False), "9999999999999999"),
        (Nik(structured=False, sixteen=False), "12"),
        (FileReference(carried=False), SHA),
        (NoKk(), "5306140901160001"),
        (NoKk(), "0530614200100001"),
        (KodeWilayah(10), "53.06.14.2001"),
        (KodeWilayah(6), "53.06.14"),
        (KodeWilayah(4), "53.06"),
        (KodeWilayah(2), "53"),
        (Integer(), 0),
        (Id(), 2**31 - 1),
        (Code("cara_kb"), 99),
        (Koordinat("lat"), -8.25),
        (Koordinat("lng"), 122.5),
        (YesNo(), True),
    ],
)
def test_what_is_in_normal_form_stays_as_it_is(kind: Kind, value: object) -> None:
    assert read(kind, value) == (value, [])
    assert msgspec.convert(value, kind.wire) == value


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        (Text(), "  Larantuka\n", "Larantuka"),
        (Text(), "Jl. Baru\r\nBlok C", "Jl. Baru Blok C"),
        (Text(), "   ", None),
        (Nama(), "Muh. Ali", "Muh. Ali"),
        (Nama(), "Pa'o Renée", "Pa'o Renée"),
        (Jam(), "09:05:33", "09:05"),
        (Jam(), "9.05", "09:05"),
        (Choice(("km2", "ha")), " HA ", "ha"),
        (Nik(), "0", None),
        (Nik(), "0000000000000000", None),
        (Nik(), 0, None),
        (NoKk(), "0", None),
        (KodeWilayah(10), "5306142001", "53.06.14.2001"),
        (KodeWilayah(10), 5306142001, "53.06.14.2001"),
        (KodeWilayah(6), "530614", "53.06.14"),
        (Id(), 0, None),
        (Id(), "0", None),
        (Code("agama"), 0, None),
        (Desimal(), 12.34, Decimal("12.34")),
        (Desimal(), "48.5", Decimal("48.5")),
        (Desimal(), "-48.5", Decimal("-48.5")),
        (Desimal(least=0), 0, Decimal(0)),
        (Rupiah(), 1500000, Decimal(1500000)),
        (Rupiah(), "1500000.50", Decimal("1500000.50")),
        (Rupiah(), "1." + "0" * 20_000, Decimal(1)),
        (Desimal(), "0E-20000", Decimal(0)),
        (Desimal(), "-0E-20000", Decimal(0)),
        (Desimal(), "0." + "0" * 20_000, Decimal(0)),
        (Koordinat("lat"), "-8.25", -8.25),
        (YesNo(), 1, True),
        (YesNo(), "0", False),
        (Tanggal(), "2024-02-29", date(2024, 2, 29)),
        (Tanggal(), "2024-05-05 00:00:00", date(2024, 5, 5)),
        (Tanggal(), "0000-00-00", None),
        (Tanggal(), "-0001-11-30", None),
        (Tanggal(), "", None),
        (Waktu(), "2024-05-05 08:09:10", datetime(2024, 5, 5, 8, 9, 10)),  # noqa: DTZ001
        (Waktu(), "0000-00-00 00:00:00", None),
        (Poligon(), TRIANGLE, [[(-8.5, 116.1), (-8.6, 116.1), (-8.6, 116.2)]]),
        (Poligon(), "[[[0,0],[0,1],[1,1]]]", [[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]]),
    ],
)
def test_other_spellings_are_read_without_a_word(
    kind: Kind, value: object, normal: object
) -> None:
    assert read(kind, value) == (normal, [])


@pytest.mark.parametrize(
    ("kind", "value", "normal", "code"),
    [
        (Text(), 86252, "86252", "teks-berupa-angka"),
        (Text(3), "1234", "1234", "teks-panjang"),
        (Text(100), "a" * 9000, "a" * 255, "teks-panjang"),
        (Text(500), "a" * 9000, "a" * 9000, "teks-panjang"),
        (Text(), "a\x00b", "a b", "karakter-kendali"),
        (Text(), "a\ud800b", "a b", "karakter-kendali"),
        (
            Text(pattern=r"\A[0-9]{5}\Z", amiss="kode-pos-tidak-sah"),
            "1",
            "1",
            "kode-pos-tidak-sah",
        ),
        (Nama(), "BUDI 2", "BUDI 2", "nama-angka"),
        (Nama(), "BUDI (ALM)", "BUDI (ALM)", "nama-karakter"),
        (Nama(), "DRA. MARIA", "DRA. MARIA", "nama-gelar"),
        (Nama(), "MARIA, S.PD", "MARIA, S.PD", "nama-gelar"),
        (Nama(), "maria", "maria", "nama-huruf-kecil"),
        (FileReference(), "kuser.png", "kuser.png", "berkas-belum-dikirim"),
        (Nik(), "530614490384000", "530614490384000", "nik-panjang"),
        (Nik(), "53061449038400011", "53061449038400011", "nik-panjang"),
        (Nik(), "1" * 9000, "1" * 64, "nik-panjang"),
        (NoKk(), "1" * 9000, "1" * 64, "kk-bukan-16-digit"),
        (Nik(), "5306144903840O01", "5306144903840O01", "nik-bukan-angka"),
        (Nik(), "5306143213840001", "5306143213840001", "nik-struktur"),
        (Nik(), "5306144913840001", "5306144913840001", "nik-struktur"),
        (Nik(), "5306144903840000", "5306144903840000", "nik-struktur"),
        (Nik(), "9906144903840001", "9906144903840001", "nik-struktur"),
        (Nik(), "0530614200100001", "0530614200100001", "nik-sementara"),
        (Nik(), "0990614200100001", "0990614200100001", "nik-struktur"),
        (Nik(), 5306144903840001, "5306144903840001", "teks-berupa-angka"),
        (Nik(structured=False), "530614", "530614", "nik-panjang"),
        (NoKk(), "530614090116000", "530614090116000", "kk-bukan-16-digit"),
        (Integer(), "5", 5, "angka-tidak-baku"),
        (Integer(), 5.0, 5, "angka-tidak-baku"),
        (Code("agama"), "3", 3, "angka-tidak-baku"),
        (Code("agama"), 77, 77, "kode-tidak-dikenal"),
        (Koordinat("lat"), 52.5, 52.5, "koordinat-di-luar-indonesia"),
    ],
)
def test_what_is_amiss_is_kept_and_remarked(
    kind: Kind, value: object, normal: object, code: str
) -> None:
    assert read(kind, value) == (normal, [code])


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (Text(), True, "teks-tidak-sah"),
        (Text(), ["a"], "teks-tidak-sah"),
        (Nama(), {}, "teks-tidak-sah"),
        (Url(), "javascript:alert(1)", "url-tidak-sah"),
        (Url(), "lamika.desa.example", "url-tidak-sah"),
        (Jam(), "24:00", "jam-tidak-sah"),
        (Jam(), 9, "jam-tidak-sah"),
        (Choice(("km2", "ha")), "are", "pilihan-tidak-dikenal"),
        (Choice(("km2", "ha")), 1, "pilihan-tidak-dikenal"),
        (FileReference(), "../../etc/passwd", "berkas-tidak-sah"),
        (Nik(), 5.30614e15, "nomor-tidak-sah"),
        (Nik(), False, "teks-tidak-sah"),
        (KodeWilayah(10), "53.06.14", "kode-wilayah-tidak-sah"),
        (KodeWilayah(10), [], "kode-wilayah-tidak-sah"),
        (Integer(), -1, "angka-tidak-sah"),
        (Integer(), 2**31, "angka-tidak-sah"),
        (Integer(), 1.5, "angka-tidak-sah"),
        (Integer(), True, "angka-tidak-sah"),
        (Id(), "abc", "angka-tidak-sah"),
        (Code("agama"), "ISLAM", "kode-tidak-sah"),
        (Code("agama"), 2**40, "kode-tidak-sah"),
        (Code("agama"), True, "kode-tidak-sah"),
        (Desimal(), "NaN", "angka-tidak-sah"),
        (Desimal(), "1e400", "angka-tidak-sah"),
        (Desimal(), "1e-400", "angka-tidak-sah"),
        (Desimal(), "1E-1000050", "angka-tidak-sah"),
        (Rupiah(), "1.4" + "9" * 40, "angka-tidak-sah"),
        (Desimal(), "12,5", "angka-tidak-sah"),
        (Desimal(least=0), "-0.01", "angka-tidak-sah"),
        (Desimal(), True, "angka-tidak-sah"),
        (Rupiah(), "0.001", "angka-tidak-sah"),
        (Koordinat("lng"), 181, "angka-tidak-sah"),
        (Koordinat("lat"), "Infinity", "angka-tidak-sah"),
        (Koordinat("lat"), "utara", "angka-tidak-sah"),
        (YesNo(), 2, "ya-tidak-tidak-sah"),
        (YesNo(), "ya", "ya-tidak-tidak-sah"),
        (Tanggal(), "2015-02-30", "tanggal-tidak-sah"),
        (Tanggal(), "30-01-2015", "tanggal-tidak-sah"),
        (Tanggal(), 42000, "tanggal-tidak-sah"),
        (Waktu(), "2024-05-05 25:00:00", "waktu-tidak-sah"),
        (Waktu(), "kemarin", "waktu-tidak-sah"),
        (Waktu(), 0, "waktu-tidak-sah"),
        (Poligon(), [[[0, 0], [0, 1]]], "poligon-tidak-sah"),
        (Poligon(), [], "poligon-tidak-sah"),
        (Poligon(), [[[0, 0], [0, 1], [200, 1]]], "poligon-tidak-sah"),
        (Poligon(), "[[[", "poligon-tidak-sah"),
        (Poligon(), "\ud800", "poligon-tidak-sah"),
        (Poligon(), 7, "poligon-tidak-sah"),
    ],
)
def test_what_cannot_be_read_is_left_out_and_remarked(
    kind: Kind, value: object, code: str
) -> None:
    assert read(kind, value) == (None, [code])


def test_only_coded_fields_have_a_code_table() -> None:
    coded = Field("agama_id", "Agama", Code("agama"), Sensitivity.KETAT)
    assert coded.table is not None
    assert coded.table.name == "agama"
    assert Field("nama", "Nama", Nama(), Sensitivity.DASAR).table is None


def test_classes_are_ordered_from_open_to_secret() -> None:
    assert list(Sensitivity) == sorted(Sensitivity)


KINDS: list[Kind] = [
    Text(10),
    Nama(),
    Url(),
    Jam(),
    Choice(("km2", "ha")),
    FileReference(),
    FileReference(carried=False),
    Nik(),
    Nik(structured=False),
    Nik(structured=False, sixteen=False),
    NoKk(),
    KodeWilayah(10),
    Integer(),
    Id(),
    Code("agama"),
    Koordinat("lat"),
    YesNo(),
    Tanggal(),
    Waktu(),
    Poligon(),
]


@given(
    kind=st.sampled_from(KINDS),
    value=st.one_of(
        st.text(),
        st.from_regex(r"\A[0-9:. -]{0,20}\Z"),
        st.integers(),
        st.floats(),
        st.booleans(),
        st.lists(st.integers()),
    ),
)
def test_reading_again_changes_nothing(kind: Kind, value: object) -> None:
    once, codes = read(kind, value)
    assert set(codes) <= set(FINDINGS)
    again, _ = read(kind, msgspec.to_builtins(once))
    assert again == once


def test_the_kind_tells_the_type_of_the_column() -> None:
    kinds: list[Kind] = [
        Text(),
        Nik(),
        Integer(),
        Desimal(),
        Koordinat("lat"),
        Poligon(),
        YesNo(),
        Tanggal(),
    ]
    assert [Field("x", "X", kind, Sensitivity.DASAR).column for kind in kinds] == [
        "text",
        "text",
        "integer",
        "numeric",
        "double precision",
        "jsonb",
        "boolean",
        "date",
    ]
