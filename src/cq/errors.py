"""Errors a user can act on: a code, its values, and the exit status of the contract.

A :class:`CqError` carries no sentence. What is wrong and what to do about it stands under
``[errors.<code>]`` in ``locales/``, in every language, so that a parser deep below need not know
which language the user reads.
"""

from __future__ import annotations

from cq import locales


class CqError(Exception):
    """Something the user can act on.

    ``code`` names the entry in ``locales/``; ``values`` fill its placeholders.
    """

    exit_code = 1

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def lines(self, lang: str) -> tuple[str, str]:
        """What is wrong, and what to do: one line each, in ``lang``."""
        entry = locales.load(lang)["errors"][self.code]
        values = dict(self.values)
        if str(values.get("path")) == "-":
            values["path"] = locales.load(lang)["streams"]["in" if isinstance(self, InputError) else "out"]
        return locales.fill(entry["what"], values), locales.fill(entry["hint"], values)

    def __str__(self) -> str:
        return " ".join(self.lines("en"))


class UsageError(CqError):
    """Wrong usage: an unknown zone, section or format, Parquet to a terminal."""

    exit_code = 2


class InputError(CqError):
    """No usable input: unknown, ambiguous, encrypted or unreadable export, empty window."""

    exit_code = 3


class StrictError(CqError):
    """``--strict`` and records had problems."""

    exit_code = 4
