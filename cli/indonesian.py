"""click in Indonesian: what it says to whoever types, by its English text.

click asks gettext for each of these, which looks for a catalogue of the language that the machine
is set to; ours is Indonesian wherever it runs.
"""

from importlib import import_module
from typing import Final

WORDS: Final = {
    "Aborted!": "Dibatalkan.",
    "deprecated": "usang",
    "Missing command.": "Perintahnya belum disebut.",
    "Options": "Pilihan",
    "Positional arguments": "Argumen",
    "Got unexpected extra argument ({args})": "Terlalu banyak argumen ({args})",
    "Got unexpected extra arguments ({args})": "Terlalu banyak argumen ({args})",
    "Commands": "Perintah",
    "Value must be an iterable.": "Nilainya harus beberapa.",
    "env var: {var}": "lingkungan: {var}",
    "default: {default}": "bawaan: {default}",
    "(dynamic)": "(menurut keadaan)",
    "Takes {nargs} values but 1 was given.": "Perlu {nargs} nilai, diberikan 1.",
    "Takes {nargs} values but {len} were given.": "Perlu {nargs} nilai, diberikan {len}.",
    "Do you want to continue?": "Lanjutkan?",
    "Confirm the action without prompting.": "Jangan bertanya.",
    "%(prog)s, version %(version)s": "%(prog)s, versi %(version)s",
    "Show the version and exit.": "Menampilkan versi.",
    "Show this message and exit.": "Menampilkan bantuan ini.",
    "Did you mean {possibility}?": "Maksudnya {possibility}?",
    "(Did you mean one of: {possibilities}?)": "(Maksudnya salah satu dari {possibilities}?)",
    "Missing argument": "Argumen belum diisi:",
    "Missing option": "Pilihan belum diisi:",
    "Missing parameter": "Belum diisi:",
    "Missing parameter: {param_name}": "Belum diisi: {param_name}",
    "Missing {param_type}": "Belum diisi: {param_type}",
    "unknown error": "sebab tidak diketahui",
    "Invalid value for {param_hint}: {message}": "{param_hint} tidak dapat dipakai: {message}",
    "Invalid value: {message}": "Nilai tidak dapat dipakai: {message}",
    "Could not open file {filename!r}: {message}": "Berkas {filename!r} tidak terbuka: {message}",
    "Error: {message}": "Gagal: {message}",
    "Try '{command} {option}' for help.": "Bantuan: {command} {option}",
    "No such option {name!r}.": "Tidak ada pilihan {name!r}.",
    "No such command {name!r}.": "Tidak ada perintah {name!r}.",
    "Usage:": "Pemakaian:",
    "Option {name!r} does not take a value.": "Pilihan {name!r} tidak memakai nilai.",
    "Option {name!r} requires an argument.": "Pilihan {name!r} memerlukan nilai.",
    "Option {name!r} requires {nargs} arguments.": "Pilihan {name!r} memerlukan {nargs} nilai.",
    "Argument {name!r} takes {nargs} values.": "Argumen {name!r} memerlukan {nargs} nilai.",
    "Press any key to continue...": "Tekan sembarang tombol …",
    "Repeat for confirmation": "Ulangi",
    "Error: The two entered values do not match.": "Keduanya tidak sama; ulangi.",
    "Error: invalid input": "Jawab ya atau tidak.",
    "file": "berkas",
    "directory": "folder",
    "path": "jalur",
    "Choose from:\n\t{choices}": "Pilih salah satu:\n\t{choices}",
    "{value!r} is not {choice}.": "{value!r} bukan {choice}.",
    "{value!r} is not one of {choices}.": "{value!r} bukan salah satu dari {choices}.",
    "Choice({choices})": "Pilihan({choices})",
    "{value!r} does not match the format {format}.": "{value!r} tidak seperti {format}.",
    "{value!r} does not match the formats {formats}.": "{value!r} tidak seperti {formats}.",
    "{value} is not in the range {range}.": "{value} di luar batas {range}.",
    "{value!r} is not a valid boolean. Recognized values: {states}": "{value!r} bukan {states}.",
    "{len_type} values are required, but {len_value} was given.": (
        "Perlu {len_type} nilai, diberikan {len_value}."
    ),
    "{len_type} values are required, but {len_value} were given.": (
        "Perlu {len_type} nilai, diberikan {len_value}."
    ),
    "{value!r} is not a valid {number_type}.": "{value!r} bukan bilangan.",
    "{value!r} is not a valid UUID.": "{value!r} bukan UUID.",
    "{name} {filename!r} is a file.": "{name} {filename!r} adalah berkas.",
    "{name} {filename!r} is a directory.": "{name} {filename!r} adalah folder.",
    "{name} {filename!r} is not readable.": "{name} {filename!r} tidak dapat dibaca.",
    "{name} {filename!r} is not writable.": "{name} {filename!r} tidak dapat ditulis.",
    "{name} {filename!r} is not executable.": "{name} {filename!r} tidak dapat dijalankan.",
    "{name} {filename!r} does not exist.": "{name} {filename!r} tidak ada.",
}
"""All that click says but for what only its programmers meet; a test reads its source for more."""

MODULES: Final = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")


def speak() -> None:
    """Let click say it so from here on."""
    for name in MODULES:
        module = import_module(f"click.{name}")
        for asked, say in (("_", _one), ("ngettext", _of_many)):
            if hasattr(module, asked):
                setattr(module, asked, say)


def _one(text: str) -> str:
    return WORDS.get(text, text)


def _of_many(one: str, many: str, count: int) -> str:
    return _one(one if count == 1 else many)
