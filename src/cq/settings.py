"""``cq.toml``: what an operator settles once, as frozen structs.

A key nobody knows is refused, with the nearest known one: a setting that silently does nothing is
worse than none. This module knows no analysis; it is given their settings to fill.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from cq.errors import CqError

NAME = "cq.toml"


class Settings(msgspec.Struct, frozen=True):
    """The top level of ``cq.toml``; a command-line option wins over it. Paths are relative to it."""

    tz: str | None = None
    lang: str | None = None
    me: str | None = None
    roster: str | None = None
    alias: str | None = None
    analyses: Mapping[str, Any] = {}


def load(path: Path | None, defaults: Callable[[], Mapping[str, Any]]) -> Settings:
    """The settings in ``path``, or in ``./cq.toml`` if there is one and no path was given.

    ``defaults`` gives the settings of every analysis by section id; the tables of the file replace
    fields of them. Without a file it is not asked, and ``analyses`` stays empty.
    """
    if path is None:
        path = Path(NAME)
        if not path.is_file():
            return Settings()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise CqError("config_missing", path=path) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CqError("config_unreadable", path=path, reason=error) from error
    analyses = defaults()
    top = dict.fromkeys(("tz", "lang", "me", "roster", "alias"), str)
    known = {*top, *analyses}
    filled = dict(analyses)
    for key, value in raw.items():
        if key not in known:
            raise _unknown(path, key, known)
        if key in top and not isinstance(value, str):
            raise CqError("config_type", path=path, key=key, reason=f"expected text, got {value!r}")
        if key in analyses:
            filled[key] = _section(path, key, value, analyses[key])
    plain = {k: raw[k] for k in top if k in raw}
    for side in ("roster", "alias"):
        if side in plain:
            plain[side] = str(path.parent / plain[side])
    return Settings(**plain, analyses=filled)


def _section(path: Path, name: str, value: Any, default: Any) -> Any:
    if not isinstance(value, dict):
        raise CqError("config_type", path=path, key=name, reason="expected a table")
    fields = default.__struct_fields__
    for key in value:
        if key not in fields:
            raise _unknown(path, f"{name}.{key}", {f"{name}.{f}" for f in fields})
    for key, limit in value.items():
        if isinstance(limit, int | float) and limit <= 0:
            raise CqError("config_type", path=path, key=f"{name}.{key}", reason=f"{limit} <= 0")
    try:
        return msgspec.convert({**msgspec.to_builtins(default), **value}, type(default))
    except msgspec.ValidationError as error:
        raise CqError("config_type", path=path, key=name, reason=error) from error


def _unknown(path: Path, key: str, known: set[str]) -> CqError:
    near = difflib.get_close_matches(key, sorted(known), 1, 0.5)
    return CqError(
        "config_unknown_key", path=path, key=key, near=near[0] if near else ", ".join(sorted(known))
    )
