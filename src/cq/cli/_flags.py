"""Flags that mean the same in every command, in groups that a command can take whole.

It declares them; their help stands in ``locales/``, and what they do in the commands.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer


def option(*names: str, **more: Any) -> Any:
    # Whether a file can be read is found out where it is read: typer's own check speaks of wrong usage.
    return typer.Option(*names, show_default=False, readable=False, **more)


@dataclass(frozen=True, slots=True)
class Common:
    """Flags of every command."""

    lang: Annotated[str | None, option("--lang", metavar="LANG")] = None
    config: Annotated[Path | None, option("--config", metavar="FILE")] = None
    quiet: Annotated[bool, option("--quiet", "-q")] = False
    no_color: Annotated[bool, option("--no-color")] = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Flags of every command that reads exports."""

    tz: Annotated[str | None, option("--tz", metavar="ZONE")] = None
    input_format: Annotated[str | None, option("--input-format", metavar="ID")] = None
    date: Annotated[str | None, option("--date", metavar="DATE")] = None
    year: Annotated[int | None, option("--year", metavar="YEAR", min=1990, max=2100)] = None
    map: Annotated[Path | None, option("--map", metavar="FILE")] = None
    strict: Annotated[bool, option("--strict")] = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of the log."""

    group: Annotated[str | None, option("--group", metavar="GROUP")] = None
    since: Annotated[str | None, option("--since", metavar="TIME")] = None
    until: Annotated[str | None, option("--until", metavar="TIME")] = None
    last: Annotated[str | None, option("--last", metavar="7d")] = None
    me: Annotated[str | None, option("--me", metavar="ID")] = None


@dataclass(frozen=True, slots=True)
class Judging:
    """What counts as an ad; adds to ``[ads]`` of cq.toml."""

    labels: Annotated[Path | None, option("--labels", metavar="FILE")] = None
    no_model: Annotated[bool, option("--no-model")] = False
    ignore_kind: Annotated[str | None, option("--ignore-kind", metavar="A,B")] = None
    exempt_sender: Annotated[list[str] | None, option("--exempt-sender", metavar="ID")] = None


JobCount = Annotated[int | None, option("--jobs", metavar="N", min=1)]
Paths = Annotated[list[str], typer.Argument(metavar="PATH", show_default=False)]
Format = Annotated[str, option("--format", "-f", metavar="FORMAT")]
Output = Annotated[str, option("--output", "-o", metavar="FILE")]


class ReaderGone(Exception):
    """Whoever read our stdout has closed it. No OSError: typer would make an exit code of its own of that."""


def flattened(function: Callable[..., None]) -> Callable[..., None]:
    """Let a command take groups of flags: each parameter that is a dataclass becomes its fields."""
    hints = get_type_hints(function, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if kind in (Common, Reading, Choice, Judging)}
    parameters = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in groups:
            parameters.append(parameter.replace(annotation=hints[name]))
            continue
        inner = get_type_hints(groups[name], include_extras=True)
        parameters += [
            inspect.Parameter(f.name, parameter.KEYWORD_ONLY, default=f.default, annotation=inner[f.name])
            for f in fields(groups[name])
        ]
    parameters.sort(key=lambda p: p.kind)

    @wraps(function)
    def wrapper(**values: Any) -> None:
        packed = {
            name: kind(**{f.name: values.pop(f.name) for f in fields(kind)}) for name, kind in groups.items()
        }
        try:
            function(**values, **packed)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise ReaderGone from error

    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapper
