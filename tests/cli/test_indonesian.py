"""click says nothing in English that a user can meet."""

import ast
import string
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli.asking import confirm
from cli.indonesian import MODULES, WORDS
from cli.main import main

PROGRAMMERS = {
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}",
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}",
    "Could not determine name for option with declarations {decls!r}",
    (
        "No options defined but a name was passed ({name}). Did you mean to declare an argument "
        "instead? Did you mean to pass '--{name}'?"
    ),
    "Arguments take exactly one parameter declaration, got {length}: {decls}.",
    "Name '{name}' defined twice",
    "Boolean option {decl!r} cannot use the same flag for true/false.",
    "Invalid start character for option ({option})",
    "Unknown color {colour!r}",
}
"""What click says of programs, not to their users."""


def asked(module: str) -> set[str]:
    """Every text for which a module of click asks gettext."""
    source = Path(str(import_module(f"click.{module}").__file__)).read_text()
    calls = (it for it in ast.walk(ast.parse(source)) if isinstance(it, ast.Call))
    return {
        argument.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in {"_", "ngettext"}
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_everything_that_click_says_has_its_words() -> None:
    said = set.union(*map(asked, MODULES)) - PROGRAMMERS
    assert said - WORDS.keys() == set()
    assert WORDS.keys() - said == set()


def placed(text: str) -> set[str]:
    return {name or "" for _, name, _, _ in string.Formatter().parse(text)} - {""}


@pytest.mark.parametrize("text", WORDS)
def test_the_words_have_place_for_no_more_than_the_text(text: str) -> None:
    assert placed(WORDS[text]) <= placed(text)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--help"], "Pemakaian:"),
        (["des"], "Tidak ada perintah 'des'."),
        (["desa", "ad"], "Maksudnya 'add'?"),
        (["desa", "add"], "Argumen belum diisi: 'KODE'"),
        (["desa", "add", "1", "2", "3"], "Terlalu banyak argumen (3)"),
        (["serve", "--port", "x"], "'x' bukan bilangan."),
        (["serve", "--prt", "1"], "Tidak ada pilihan '--prt'."),
        (["kantor", "ganti-kunci", "x"], "'x' bukan salah satu dari 'log', 'kantor', 'gateway'."),
        (["restore"], "Argumen belum diisi: 'FOLDER'"),
    ],
)
def test_wrong_usage_is_told_in_indonesian(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code in {0, 2}
    assert told in done.output
    for english in ("Usage", "Error", "Options", "Show this", "Missing", "Invalid", "Try "):
        assert english not in done.output


@pytest.mark.parametrize(("said", "code"), [("ya", 0), ("y", 0), ("tidak", 1), ("t", 1), ("", 1)])
def test_a_question_is_answered_as_it_is_asked(said: str, code: int) -> None:
    @click.command()
    def ask() -> None:
        confirm("Buang?")

    done = CliRunner().invoke(ask, input=f"mungkin\n{said}\n")
    assert done.exit_code == code
    assert "Buang? [ya/tidak]" in done.output
    assert "Jawab ya atau tidak." in done.output
