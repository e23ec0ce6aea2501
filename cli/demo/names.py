"""What people and places of the demonstration are called, and how common each thing is.

Every person is invented: first names of the church or the mosque, a Lamaholot given name, a clan
name. Weights are rough shares of a rural kecamatan in Flores; codes are those of the catalogue's
code tables. Drawing from them is `traits`' part.
"""
# ruff: noqa: SIM905  # lists of names are read as text

from typing import Final

KODE_KECAMATAN: Final = "53.06.14"
KECAMATAN: Final = "Ile Bura"
KABUPATEN: Final = "Flores Timur"
PROPINSI: Final = "Nusa Tenggara Timur"

FIRST_DESA: Final = 2001
DESA: Final = (
    # nama, latitude, longitude of the office
    ("Lamika", -8.4630, 122.7480),
    ("Watotika Ile", -8.4985, 122.7615),
    ("Lewokluok", -8.5340, 122.7750),
    ("Blepanawa", -8.5695, 122.7885),
    ("Kawalelo", -8.6050, 122.8020),
    ("Bama", -8.6405, 122.8155),
    ("Lewo Muda", -8.6760, 122.8290),
)
DUSUN: Final = ("LEWOHALA", "RIANG BAO", "WATOWITI", "TANAH BELEN", "NUHA LOLON", "KOTA GAYA")
PLACES: Final = ("LARANTUKA", "MAUMERE", "LEWOLEBA", "ENDE", "KUPANG", "MAKASSAR", "SURABAYA")
DESTINATIONS: Final = {
    # where people move to, by ref_pindah: leaving the desa, kecamatan, kabupaten, province
    1: ("DESA TETANGGA, KECAMATAN YANG SAMA",),
    2: ("LARANTUKA", "WULANGGITANG", "TITEHENA", "LEWOLEMA"),
    3: ("MAUMERE", "LEWOLEBA", "ENDE", "KOTA KUPANG", "BAJAWA"),
    4: ("MAKASSAR", "SURABAYA", "BATAM", "SAMARINDA", "DENPASAR", "NUNUKAN"),
}
REGIONS: Final = {
    # the six digits of a NIK or KK number: where it was issued
    "530614": 87,
    "530601": 4,
    "530605": 2,
    "530612": 2,
    "531007": 2,
    "537103": 1,
    "737108": 1,
    "357801": 1,
}

LAKI_LAKI: Final = 1
PEREMPUAN: Final = 2

CHURCH_NAMES: Final = {
    LAKI_LAKI: (
        "ALOYSIUS BERNARDUS DONATUS EMANUEL FELIKS GABRIEL GREGORIUS HENDRIKUS IGNASIUS KANISIUS "
        "KAROLUS LAURENSIUS LEONARDUS MIKAEL NIKOLAUS PASKALIS RAFAEL SILVESTER VINSENSIUS "
        "WILHELMUS YAKOBUS YOHANES PETRUS FRANSISKUS"
    ).split(),
    PEREMPUAN: (
        "ANASTASIA APOLONIA BIBIANA DOROTEA EMILIANA FLORENTINA GAUDENSIA GENOVEVA IMELDA "
        "KLARA KRISTINA LUSIA MARIA MARTA MONIKA ODILIA PAULINA PETRONELA ROSA SKOLASTIKA "
        "TEKLA THERESIA VERONIKA YULIANA"
    ).split(),
}
MOSQUE_NAMES: Final = {
    LAKI_LAKI: "ABDULLAH AHMAD ARSYAD HAMID HASAN IBRAHIM ISMAIL MUSTAFA RAHMAN SULEMAN".split(),
    PEREMPUAN: "AISYAH FATIMAH HADIJAH HALIMAH MARYAM NURAINI RAHMAWATI SALMA SITI ZAINAB".split(),
}
GIVEN_NAMES: Final = {
    LAKI_LAKI: "BOLI DONI KEDA KOPONG LAGA MASAN OLA RATU SABON SURA TUPEN WAYAN".split(),
    PEREMPUAN: "BAREK BENGA DAI EMA GELU KEWA LIPAT NOGO PENI SOSE TUTO UTA".split(),
}
CLANS: Final = (
    "BALUK BELAN BERIBE GORAN HAYON HURIT KABELEN KELEN KOTEN LAMURI LEDO LEWAR MARAN MUKIN "
    "NIRON OPENG PUKAN RIANTOBI SOGEN TUKAN URAN WERANG WUTUN"
).split()

AGAMA: Final = {3: 84, 1: 9, 2: 7}
ISLAM: Final = 1
BLOOD: Final = {13: 60, 4: 15, 2: 10, 1: 9, 3: 3, 11: 2, 7: 1}
DISABILITIES: Final = {1: 40, 2: 18, 3: 17, 4: 14, 6: 11}
ILLNESSES: Final = {6: 24, 5: 17, 13: 14, 1: 12, 8: 10, 12: 9, 3: 8, 7: 6}
INSURANCE: Final = {2: 63, 1: 19, 3: 17, 99: 1}
CONTRACEPTION: Final = {3: 52, 1: 17, 5: 16, 2: 9, 6: 6}

EDUCATION: Final = (
    # the last school that a person finishes, by year of birth: up to that year, code to weight
    (1950, {1: 36, 2: 24, 3: 34, 4: 4, 5: 2}),
    (1965, {1: 14, 2: 20, 3: 47, 4: 10, 5: 7, 7: 1, 8: 1}),
    (1980, {1: 4, 2: 10, 3: 45, 4: 18, 5: 18, 6: 1, 7: 2, 8: 2}),
    (1995, {1: 2, 2: 4, 3: 26, 4: 24, 5: 34, 7: 3, 8: 7}),
    (9999, {1: 1, 2: 2, 3: 12, 4: 21, 5: 50, 7: 3, 8: 10, 9: 1}),
)
JOBS: Final = {
    LAKI_LAKI: {9: 52, 11: 9, 88: 9, 19: 8, 20: 5, 15: 4, 81: 4, 26: 3, 27: 3, 10: 1, 85: 1, 1: 1},
    PEREMPUAN: {2: 58, 9: 26, 88: 5, 84: 4, 20: 3, 30: 1, 15: 1, 1: 2},
}
GRADUATE_JOBS: Final = {
    LAKI_LAKI: {65: 28, 5: 24, 18: 14, 88: 12, 9: 8, 15: 6, 74: 3, 7: 2, 6: 2, 85: 1},
    PEREMPUAN: {65: 36, 5: 18, 18: 13, 2: 12, 73: 8, 74: 7, 88: 5, 15: 1},
}
