"""The pages of the office's own figures: to state, to look up, to take along, to take back."""

import csv
import io
import json
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import FIGURE_KINDS, read_figures
from tests.api.conftest import Web
from tests.api.markup import faults, intruders, parse
from tests.simulator import KODE, KODE_DESA

OTHER = f"{KODE}.2002"
EVIL = '=HYPERLINK("http://x","x")<zq>'
PAGE = "/tabel/aki-akb"


def text(answer: TestResponse, status: int = 200) -> str:
    """What a page says; it is valid HTML, and nothing of a file is markup."""
    assert answer.status_code == status, answer.text
    page = parse(answer.text)
    assert faults(page) == []
    assert intruders(page) == []
    said = " ".join(page.document.itertext()).replace("\N{EN DASH}", "-")
    return re.sub(r"\s+", " ", said)


def upload(client: FlaskClient, kind: str, content: str, **chosen: str) -> TestResponse:
    file = (io.BytesIO(content.encode()), f"../{EVIL}.csv")
    return client.post(f"/tabel/{kind}/unggah", data={**chosen, "berkas": file})


def sealed(answer: TestResponse) -> str:
    found = re.search(r'name="isi" value="([^"]+)"', answer.text)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def staff(shared_web: Web) -> FlaskClient:
    """Two desa, one named to be computed; and an office that stated half a year of deaths."""
    shared_web.village()
    shared_web.registry.add_desa(OTHER, EVIL)
    client = shared_web.log_in()
    rows = [f"{kode},2026,{bulan},{aki},{bulan}" for bulan in range(1, 7)
            for kode, aki in ((KODE_DESA, 0), (OTHER, 1))]  # fmt: skip
    rows += [f"{KODE_DESA},2025,12,1,9"]
    shown = upload(
        client, "aki-akb", "\n".join(["desa_id,tahun,bulan,jumlah_aki,jumlah_akb", *rows])
    )
    assert "13 baris: 13 baru, 0 mengganti" in text(shown)
    assert client.post(f"{PAGE}/catat", data={"isi": sealed(shown)}).status_code == 302
    return client


def test_a_year_by_desa_with_sums_chart_and_files(staff: FlaskClient) -> None:
    said = text(staff.get(f"{PAGE}?isi=jumlah_akb"))
    assert "Desa 2001 1 2 3 4 5 6 - - - - - 21" in said
    assert "JUMLAH 2 4 6 8 10 12 - - - - - 42" in said
    assert "Desa yang terisi 2 2 2 2 2 2 0 0 0 0 0 2 dari 2" in said
    assert "Per triwulan tahun 2026" in said
    # 2025 has one month of one desa: the chart says that it is not whole, and no quarter is 0.
    assert re.search(r"Dari tahun ke tahun .*2025\* 2026\*", said)
    assert "Triwulan 3" not in said
    assert "Triwulan 2 " in said
    assert "jumlah_akb" not in text(staff.get(f"{PAGE}?tahun=2024"))
    for wrong in ("tahun=1999", "tahun=2027", "tahun=x", "isi=x", "format=pdf"):
        assert staff.get(f"{PAGE}?{wrong}").status_code == 404
    rows = list(
        csv.reader(io.StringIO(staff.get(f"{PAGE}?format=csv").text.removeprefix("\ufeff")))
    )
    assert rows[0][:6] == ["Kode desa", "Desa", "Tahun", "Bulan", "Kematian ibu (AKI)",
                           "Kematian bayi (AKB)"]  # fmt: skip
    assert rows[-1][:6] == ["", "JUMLAH", "2026", "", "6", "42"]
    assert rows[-2][1] == f"'{EVIL}"
    assert json.loads(staff.get(f"{PAGE}?format=json").text)["baris"][-1][4:6] == [6, 42]
    assert staff.get(f"{PAGE}?format=xlsx").data.startswith(b"PK")


def test_stocks_are_not_added_up_and_shares_are_averaged(staff: FlaskClient) -> None:
    """OpenDK shows both semesters alike, or the second as none."""
    head = "desa_id,tahun,semester,jumlah_paud_ra,jumlah_guru_paud_ra,jumlah_siswa_paud_ra"
    rows = [head, f"{KODE_DESA},2026,1,2,5,40", f"{KODE_DESA},2026,2,2,6,50",
            f"{OTHER},2026,1,1,3,20"]  # fmt: skip
    shown = upload(staff, "fasilitas-paud", "\n".join(rows))
    staff.post("/tabel/fasilitas-paud/catat", data={"isi": sealed(shown)})
    said = text(staff.get("/tabel/fasilitas-paud?isi=jumlah_siswa_paud_ra"))
    assert "Desa 2001 40 50 50" in said
    assert "JUMLAH 60 50 70 Desa yang terisi 2 1 2 dari 2" in said
    rows = ["desa_id,cakupan_imunisasi", f"{KODE_DESA},90", f"{OTHER},81"]
    shown = upload(staff, "imunisasi", "\n".join(rows), tahun="2026", bulan="1")
    staff.post("/tabel/imunisasi/catat", data={"isi": sealed(shown)})
    assert "RATA-RATA 85,5" in text(staff.get("/tabel/imunisasi"))


def test_diseases_are_apart(staff: FlaskClient) -> None:
    cell = f"/desa/{KODE_DESA}/tabel/epidemi-penyakit/2026/2"
    for penyakit, count in ((1, 4), (3, 7)):
        form = {"desa_id": KODE_DESA, "tahun": "2026", "bulan": "2", "penyakit_id": str(penyakit),
                "jumlah_penderita": str(count), "dikenal": "99"}  # fmt: skip
        assert staff.post("/tabel/epidemi-penyakit/isi", data=form).location == cell
    assert re.search(
        r"Demam berdarah .*Penderita 4 .*Malaria .*Penderita 7", text(staff.get(cell))
    )
    assert "Desa 2001 11 4 - 7 -" in text(staff.get("/tabel/epidemi-penyakit"))
    assert "Desa 2001 - 7 -" in text(staff.get("/tabel/epidemi-penyakit?isi=3"))
    gone = {"rincian": "3", "alasan": "salah-periode", "dikenal": "999"}
    assert staff.post(f"{cell}/cabut", data=gone).status_code == 302
    assert "Desa 2001 4 4 - - -" in text(staff.get("/tabel/epidemi-penyakit"))


def test_a_form_replaces_and_a_cell_keeps_its_history(staff: FlaskClient, shared_web: Web) -> None:
    cell = f"/desa/{KODE_DESA}/tabel/aki-akb/2025/12"
    form = {"desa_id": KODE_DESA, "tahun": "2025", "bulan": "12"}
    page = text(staff.get(f"{PAGE}/isi?desa_id={KODE_DESA}&tahun=2025&bulan=12"))
    assert "Isi angka" in page
    assert 'value="9"' in staff.get(f"{PAGE}/isi?desa_id={KODE_DESA}&tahun=2025&bulan=12").text
    wrong = staff.post(f"{PAGE}/isi", data={**form, "desa_id": "x", "jumlah_akb": f"1{EVIL}"})
    assert "bukan kode desa" in text(wrong, 422).lower()
    assert "bilangan bulat 0 atau lebih" in wrong.text
    stale = staff.post(f"{PAGE}/isi", data={**form, "jumlah_akb": "8", "dikenal": "1"})
    assert "dicatat orang lain" in text(stale, 422)
    done = staff.post(f"{PAGE}/isi", data={**form, "jumlah_akb": "8", "dikenal": "999"})
    assert done.location == cell
    said = text(staff.get(cell))
    assert "Kematian bayi (AKB) 9 → 8" in said
    assert re.search(r"diganti .*Siti Aminah .*formulir .*dinyatakan .*berkas, baris 14", said)
    assert "pilih alasan" in text(staff.post(f"{cell}/cabut", data={"dikenal": "999"}), 422)
    gone = {"alasan": "salah-angka", "dikenal": "999"}
    assert staff.post(f"{cell}/cabut", data=gone).status_code == 302
    said = text(staff.get(cell))
    assert "Belum ada angka untuk bulan ini" in said
    assert "dicabut angka salah dan yang benar belum diketahui" in said
    # Each leads to its line in the office's log.
    act = re.findall(r'href="(/tabel/pernyataan/\d+)"', staff.get(cell).text)[0]
    assert '"tindakan":"cabut","alasan":"salah-angka"' in text(staff.get(act))
    for page in ("2025/13", "1999/1", "2027/1"):
        assert staff.get(f"/desa/{KODE_DESA}/tabel/aki-akb/{page}").status_code == 404
    with shared_web.databases.reader.connect() as tx:
        assert not [it for it in read_figures(tx, KODE, "aki-akb") if it.tahun == 2025]


def test_a_wrong_file_changes_nothing(staff: FlaskClient, shared_web: Web) -> None:
    with shared_web.databases.reader.connect() as tx:
        before = read_figures(tx, KODE)
    quoted = '"{}"'.format(EVIL.replace('"', '""'))
    rows = ["desa_id,jumlah_aki,jumlah_akb", f"{KODE_DESA},1,1", f"{OTHER},{quoted},1"]
    said = text(upload(staff, "aki-akb", "\n".join(rows), tahun="2026", bulan="9"), 422)
    assert "Berkas ditolak seluruhnya" in said
    assert re.search(r"3 jumlah_aki harus bilangan bulat 0 atau lebih", said)
    assert "tabelnya kosong" in text(upload(staff, "aki-akb", ""), 422)
    ours = upload(staff, "aki-akb", "\n".join(rows[:2]), tahun="2026", bulan="9", **{EVIL: "x"})
    # What was read is for whoever saw it, and of this kind; and is recorded once.
    camat = shared_web.log_in(KODE, "camat")
    for client, kind, isi in ((camat, "aki-akb", sealed(ours)), (staff, "imunisasi", sealed(ours)),
                              (staff, "aki-akb", "x")):  # fmt: skip
        assert client.post(f"/tabel/{kind}/catat", data={"isi": isi}).status_code == 400
    with shared_web.databases.reader.connect() as tx:
        assert read_figures(tx, KODE) == before
    assert staff.post(f"{PAGE}/catat", data={"isi": sealed(ours)}).status_code == 302
    again = staff.post(f"{PAGE}/catat", data={"isi": sealed(ours)})
    assert "dicatat orang lain" in text(again, 422)


def test_templates_come_back_as_they_were_given(staff: FlaskClient) -> None:
    for kind in FIGURE_KINDS.values():
        for format_ in ("xlsx", "csv"):
            empty = staff.get(f"/tabel/{kind.name}/templat?format={format_}")
            file = (io.BytesIO(empty.data), "templat")
            answer = staff.post(f"/tabel/{kind.name}/unggah", data={"berkas": file})
            assert "tidak ada baris yang berisi angka" in answer.text


def test_an_operator_sees_the_own_desa_only(staff: FlaskClient, shared_web: Web) -> None:
    operator = shared_web.log_in(KODE_DESA, "operator")
    said = text(operator.get(f"{PAGE}?isi=jumlah_akb"))
    assert "Desa 2001 1 2 3 4 5 6" in said
    assert "JUMLAH 1 2 3 4 5 6" in said
    assert "HYPERLINK" not in said
    assert "Isi satu desa" not in said
    assert OTHER not in operator.get(f"{PAGE}?format=csv").text
    assert OTHER not in operator.get(f"{PAGE}/templat?format=csv").text
    assert operator.get(f"/desa/{OTHER}/tabel/aki-akb/2026/1").status_code == 404
    act = re.findall(r'"(/tabel/pernyataan/\d+)"', operator.get("/tabel").text)
    for address in set(act):
        said = text(operator.get(address))
        assert OTHER not in said
    form = {"desa_id": KODE_DESA, "tahun": "2026", "bulan": "1", "jumlah_akb": "1"}
    assert operator.post(f"{PAGE}/isi", data=form).status_code == 403
    assert "Data kecamatan" in text(operator.get("/tabel"))
