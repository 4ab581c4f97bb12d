"""Every code the program can say has words, in every language, and no word is for nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

import cq
from cq import cli, locales
from cq.app import default_settings
from cq.formats import Lack, all_formats

SOURCE = Path(cq.__file__).parent
ERRORS = {"CqError", "UsageError", "InputError", "StrictError"}


def _first_arguments(names: set[str]) -> Iterator[str]:
    """The literal first arguments of calls to functions of these names, anywhere in the package."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                literals = [n for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)]
                if name in names:
                    yield from (n.value for n in literals if isinstance(n.value, str))


def _constants() -> set[str]:
    """Every string literal of the rooms that count records."""
    trees = (
        ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for path in (
            *(SOURCE / "formats").rglob("*.py"),
            *(SOURCE / "store").rglob("*.py"),
            SOURCE / "reading.py",
        )
    )
    return {
        n.value for tree in trees for n in tree if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_error_has_words_and_every_words_an_error(lang: str) -> None:
    used = set(_first_arguments(ERRORS))
    refusals = {
        node.value.value
        for node in ast.walk(ast.parse((SOURCE / "formats" / "_refusals.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Return)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    assert used | refusals == set(locales.load(lang)["errors"])


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_problem_notice_and_skip_has_words(lang: str) -> None:
    words = locales.load(lang)
    assert set(_first_arguments({"Problem", "notice", "problem"})) <= set(words["problems"])
    assert set(_first_arguments({"skip"})) | {"duplicate"} <= set(words["skips"])
    assert set(words["problems"]) | set(words["skips"]) <= _constants()


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_format_has_words_and_every_words_a_format(lang: str) -> None:
    words = locales.load(lang)["formats"]
    assert set(words) == {f.id for f in all_formats()}
    for id_, entry in words.items():
        assert set(entry) == {"title", "why"} and all(entry.values()), id_
        assert cell_len(entry["title"]) <= 40, "fits its column of `cq formats`"


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_setting_has_words(lang: str) -> None:
    says = locales.load(lang)["settings"]
    assert {name: set(s.__struct_fields__) for name, s in default_settings().items()} == {
        name: set(entries) for name, entries in says.items()
    }


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_command_and_option_has_help(lang: str) -> None:
    top = cli.command(lang)
    used = set()
    for name, command in top.commands.items():
        assert command.help and command.short_help, name
        for parameter in command.params:
            assert parameter.help, f"{name} {parameter.name}"
            used.add(parameter.name)
    own = {k for c in locales.load(lang)["cli"]["commands"].values() for k in c}
    unused = set(locales.load(lang)["cli"]["options"]) - used - own
    assert unused <= {"version", "help", "install_completion", "show_completion"}


def test_languages_have_the_same_keys_and_placeholders() -> None:
    def leaves(table: dict[str, object], path: str = "") -> Iterator[tuple[str, str]]:
        for key, value in table.items():
            if isinstance(value, dict):
                yield from leaves(value, f"{path}/{key}")
            else:
                import re

                yield f"{path}/{key}", " ".join(sorted(set(re.findall(r"\{\w+\}", str(value)))))

    first, *others = (
        {k: v for k, v in leaves(locales.load(lang)) if "[errors" not in k} for lang in locales.LANGUAGES
    )
    for other in others:
        assert set(first) == set(other)
        errors = {k for k in first if k.startswith("/errors/")}
        assert {k: first[k] for k in errors} == {k: other[k] for k in errors}


def test_words_are_filled_printably() -> None:
    assert (
        locales.fill("{a} {b} {missing}", {"a": "x\x1b[31m\ny", "b": "\u202eabc"})
        == "x·[31m y ·abc {missing}"
    )


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_lack_has_words(lang: str) -> None:
    assert set(locales.load(lang)["lacks"]) == {lack.value for lack in Lack}
