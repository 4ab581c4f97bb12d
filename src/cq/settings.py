"""``cq.toml``: what an operator settles once, as frozen structs.

A key nobody knows is refused, with the nearest known one: a setting that silently does nothing is
worse than none. This module knows no analysis; it is given their settings to fill. What the operator
keeps in files of his own (roster, alias, labels) is named at the top level, never inside a table.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from cq.errors import CqError
from cq.operators import NOTHING_TOLD, UNTOLD, Operators

NAME = "cq.toml"
SIDE_FILES = ("roster", "alias", "labels")
_OPERATORS = ("group", "groups")


class Settings(msgspec.Struct, frozen=True):
    """The top level of ``cq.toml``; a command-line option wins over it. Paths are relative to it."""

    tz: str | None = None
    lang: str | None = None
    me: str | None = None
    roster: str | None = None
    alias: str | None = None
    labels: str | None = None
    analyses: Mapping[str, Any] = {}
    operators: Operators = NOTHING_TOLD


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
    top = dict.fromkeys(("tz", "lang", "me", *SIDE_FILES), str)
    known = {*top, *analyses, *_OPERATORS}
    filled = dict(analyses)
    for key, value in raw.items():
        if key not in known:
            raise _unknown(path, key, known)
        if key in top and not isinstance(value, str):
            raise CqError("config_type", path=path, key=key, reason=f"expected text, got {value!r}")
        if key in analyses:
            filled[key] = _section(path, key, value, analyses[key])
    plain = {k: raw[k] for k in top if k in raw}
    for side in SIDE_FILES:
        if side in plain:
            plain[side] = str(path.parent / plain[side])
    return Settings(**plain, analyses=filled, operators=_operators(path, raw))


def _operators(path: Path, raw: Mapping[str, Any]) -> Operators:
    """The tables about the groups themselves: one for all of them, and one for each that differs."""
    named = raw.get("groups", {})
    if not isinstance(named, dict):
        raise CqError("config_type", path=path, key="groups", reason="expected a table")
    tables = {"group": raw.get("group", {}), **{f"groups.{name}": table for name, table in named.items()}}
    found = {}
    for name, table in tables.items():
        found[name] = _section(path, name, table, UNTOLD)
        if (bad := found[name].bad_date()) is not None:
            raise CqError("config_type", path=path, key=name, reason=f"{bad!r} is no date")
    return Operators(found.pop("group"), {name.removeprefix("groups."): one for name, one in found.items()})


def _section(path: Path, name: str, value: Any, default: Any) -> Any:
    _check_keys(path, name, value, type(default))
    for key, limit in value.items():
        if isinstance(limit, int | float) and not isinstance(limit, bool) and limit <= 0:
            raise CqError("config_type", path=path, key=f"{name}.{key}", reason=f"{limit} <= 0")
    try:
        return msgspec.convert({**msgspec.to_builtins(default), **value}, type(default))
    except msgspec.ValidationError as error:
        raise CqError("config_type", path=path, key=name, reason=error) from error


def _check_keys(path: Path, name: str, value: Any, shape: Any) -> None:
    """Refuse keys that no field has, in the table and in the tables inside it."""
    if not isinstance(value, dict):
        raise CqError("config_type", path=path, key=name, reason="expected a table")
    fields = {f.name: f.type for f in msgspec.structs.fields(shape) if f.name not in SIDE_FILES}
    for key in value:
        if key in SIDE_FILES:
            raise CqError("config_unknown_key", path=path, key=f"{name}.{key}", near=key)
        if key not in fields:
            raise _unknown(path, f"{name}.{key}", {f"{name}.{f}" for f in fields})
    for key, inner in value.items():
        kind = fields[key]
        if _is_struct(kind):
            _check_keys(path, f"{name}.{key}", inner, kind)
        elif (kinds := get_args(kind)) and _is_struct(kinds[0]) and isinstance(inner, list):
            for one in inner:
                _check_keys(path, f"{name}.{key}", one, kinds[0])


def commented(name: str, kept: Any, says: Mapping[str, str]) -> list[str]:
    """The table ``name`` as commented lines of TOML with its values; ``says`` explains the fields, and under
    the empty name the table.

    Side files and lists of tables have no line: the former stand at the top, the latter need an example.
    """
    about = f"  # {says['']}" if says.get("") else ""
    lines, inner = [f"# [{name}]{about}"], []
    for field in msgspec.structs.fields(kept):
        value = getattr(kept, field.name)
        said = says.get(field.name, "")
        if _is_struct(field.type):
            inner += ["", *commented(f"{name}.{field.name}", value, {"": said})]
        elif field.name not in SIDE_FILES and not any(map(_is_struct, get_args(field.type))):
            lines.append(f"# {field.name} = {_toml(value)}{f'  # {said}' if said else ''}")
    return lines + inner


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float():
            return str(value)
        case _:
            return f"[{', '.join(map(_toml, value))}]"


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _unknown(path: Path, key: str, known: set[str]) -> CqError:
    near = difflib.get_close_matches(key, sorted(known), 1, 0.5)
    return CqError(
        "config_unknown_key", path=path, key=key, near=near[0] if near else ", ".join(sorted(known))
    )
