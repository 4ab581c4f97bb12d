"""The command line: flags in, one call to :mod:`cq.app`, one exit code out.

Words (help, errors) stand in ``locales/``. Nothing heavy is imported here: help, a wrong option and
a file that is no export load no pandas, no pyarrow and no jieba.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.exceptions import TyperException

from cq import __version__, app, locales, settings, zones
from cq.errors import CqError, UsageError
from cq.streams import output, refuse_terminal

if TYPE_CHECKING:
    from collections import Counter

    from rich.console import Console

    from cq.section import Severity

DEFAULT_ZONE = "Asia/Shanghai"
DEFAULT_LANGUAGE = "zh"
_LEVELS: tuple[Severity, ...] = ("info", "warning", "alert")

cli = typer.Typer(
    name="cq",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _option(*names: str, **more: Any) -> Any:
    return typer.Option(*names, show_default=False, **more)


@dataclass(frozen=True, slots=True)
class Common:
    """Flags of every command."""

    lang: Annotated[str | None, _option("--lang")] = None
    config: Annotated[Path | None, _option("--config")] = None
    quiet: Annotated[bool, _option("--quiet", "-q")] = False
    no_color: Annotated[bool, _option("--no-color")] = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Flags of every command that reads exports."""

    tz: Annotated[str | None, _option("--tz")] = None
    input_format: Annotated[str | None, _option("--input-format")] = None
    date: Annotated[str | None, _option("--date")] = None
    year: Annotated[int | None, _option("--year", min=1990, max=2100)] = None
    strict: Annotated[bool, _option("--strict")] = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of the log."""

    group: Annotated[str | None, _option("--group")] = None
    since: Annotated[str | None, _option("--since")] = None
    until: Annotated[str | None, _option("--until")] = None
    last: Annotated[str | None, _option("--last")] = None
    me: Annotated[str | None, _option("--me")] = None


Paths = Annotated[list[str], typer.Argument()]
Format = Annotated[str, _option("--format", "-f")]
Output = Annotated[str, _option("--output", "-o")]


def flattened(function: Callable[..., None]) -> Callable[..., None]:
    """Let a command take groups of flags: each parameter that is a dataclass becomes its fields."""
    hints = get_type_hints(function, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if kind in (Common, Reading, Choice)}
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
        packed = {name: kind(**{f.name: values.pop(f.name) for f in fields(kind)}) for name, kind in groups.items()}
        function(**values, **packed)

    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapper


@cli.command()
@flattened
def analyze(
    paths: Paths,
    common: Common,
    reading: Reading,
    choice: Choice,
    format: Format = "text",
    output: Output = "-",
    section: Annotated[str | None, _option("--section")] = None,
    roster: Annotated[Path | None, _option("--roster")] = None,
    alias: Annotated[Path | None, _option("--alias")] = None,
    fail_on: Annotated[str | None, _option("--fail-on")] = None,
    verbose: Annotated[bool, _option("--verbose", "-v")] = False,
) -> None:
    run = _Run(common, format, ("text", "json"))
    if fail_on is not None and fail_on not in _LEVELS[1:]:
        raise UsageError("unknown_level", level=fail_on, known=", ".join(_LEVELS[1:]))
    sections = [s.strip() for s in section.split(",") if s.strip()] if section else None
    app.check_sections(sections)
    kept = run.settings(app.default_settings())
    what = app.AnalyzeRequest(
        app.WindowRequest(choice.since, choice.until, choice.last),
        sections,
        kept.analyses,
        roster or (Path(kept.roster) if kept.roster else None),
        alias or (Path(kept.alias) if kept.alias else None),
    )
    result = app.analyze(run.request(paths, reading, choice, kept), what, run.watch)
    run.done()
    if format == "json":
        from cq.report import json

        _emit(output, json.dumps(result) + "\n")
        run.account(result.sources)
    else:
        from cq.report import terminal

        run.show(output, lambda console: terminal.render(
            result, console, lang=run.lang, color=run.color, verbose=verbose
        ))
    level = _LEVELS.index(fail_on) if fail_on else len(_LEVELS)  # type: ignore[arg-type]
    found = [f for g in result.groups for s in g.sections.values() for f in s.findings if f.status == "finding"]
    if any(_LEVELS.index(f.severity) >= level for f in found):
        raise typer.Exit(10)


@cli.command()
@flattened
def messages(
    paths: Paths,
    common: Common,
    reading: Reading,
    choice: Choice,
    format: Format = "jsonl",
    output: Output = "-",
) -> None:
    run = _Run(common, format, ("jsonl", "csv", "parquet"))
    if format == "parquet" and output == "-":
        refuse_terminal(format)
    kept = run.settings({})
    request = run.request(paths, reading, choice, kept)
    read = app.read(request, run.watch)
    run.done()
    try:
        from cq import export
        from cq.streams import output as opened

        rows = app.messages(read, request, app.WindowRequest(choice.since, choice.until, choice.last))
        with opened(output) as stream:
            export.write(rows, format, stream, request.zone)
        run.account(read.sources, read.passed_over)
    finally:
        read.log.close()


@cli.command(name="import")
@flattened
def import_(
    paths: Paths,
    common: Common,
    reading: Reading,
    store: Annotated[Path, _option("--store")],
    me: Annotated[str | None, _option("--me")] = None,
    format: Format = "text",
    output: Output = "-",
) -> None:
    run = _Run(common, format, ("text", "json"))
    kept = run.settings({})
    request = run.request(paths, reading, Choice(me=me), kept)
    report = app.import_(request, store, run.watch)
    run.done()
    from cq.report import json, terminal

    if format == "json":
        _emit(output, json.dumps(report) + "\n")
    else:
        run.show(output, lambda console: terminal.render_import(report, console, lang=run.lang, color=run.color))


@cli.command()
@flattened
def identify(
    paths: Paths, common: Common, reading: Reading, format: Format = "text", output: Output = "-"
) -> None:
    run = _Run(common, format, ("text", "json"))
    kept = run.settings({})
    result, passed_over = app.identify(run.request(paths, reading, Choice(), kept), run.watch)
    run.done()
    from cq.report import json, terminal

    if format == "json":
        _emit(output, json.dumps(result) + "\n")
    else:
        run.show(output, lambda console: terminal.render_identify(
            result, console, lang=run.lang, color=run.color, verbose=True
        ))
    run.passed_over(passed_over)


@cli.command()
@flattened
def formats(common: Common, format: Format = "text", output: Output = "-") -> None:
    run = _Run(common, format, ("text", "json"))
    found = app.formats()
    from cq.report import json, terminal

    if format == "json":
        _emit(output, json.dumps({"schema": "cq.formats/1", "formats": found}) + "\n")
    else:
        run.show(output, lambda console: terminal.render_formats(found, console, lang=run.lang, color=run.color))


@cli.command()
@flattened
def explain(
    common: Common,
    code: Annotated[str | None, typer.Argument()] = None,
    format: Format = "text",
    output: Output = "-",
) -> None:
    run = _Run(common, format, ("text", "json"))
    from cq.report import explain, json, terminal

    found = explain.explain(code, run.lang)
    if format == "json":
        _emit(output, json.dumps({"schema": "cq.explain/1", "codes": found}) + "\n")
    else:
        run.show(output, lambda console: terminal.render_explain(found, console, lang=run.lang, color=run.color))


@cli.command()
@flattened
def schema(name: Annotated[str, typer.Argument()], common: Common, output: Output = "-") -> None:
    _Run(common, "json", ("json",))
    from cq.report import json

    if name not in json.SCHEMAS:
        raise UsageError("unknown_schema", name=name, known=" ".join(json.SCHEMAS))
    _emit(output, json.dumps(json.schema(name)) + "\n")


@cli.command()
@flattened
def init(folder: Annotated[Path, typer.Argument()], common: Common) -> None:
    run = _Run(common, "text", ("text",))
    for path in app.init(folder, run.lang):
        run.say("init.written", path=path)


@cli.callback(invoke_without_command=True)
def _top(version: Annotated[bool, _option("--version", is_eager=True)] = False) -> None:
    if version:
        sys.stdout.write(f"cq {__version__}\n")
        raise typer.Exit


class _Run:
    """What every command does around its one call: language, settings, streams."""

    def __init__(self, common: Common, format: str, known: tuple[str, ...]) -> None:
        if format not in known:
            raise UsageError("unknown_output_format", format=format, known=", ".join(known))
        self._common = common
        self.lang = language(common.lang)
        self.color = not (common.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb")
        self._status: Any = None

    def settings(self, analyses: dict[str, Any]) -> settings.Settings:
        """``cq.toml``; its language applies unless ``--lang`` was given."""
        kept = settings.load(self._common.config, analyses or app.default_settings())
        if self._common.lang is None and kept.lang:
            self.lang = language(kept.lang)
        return kept

    def request(self, paths: list[str], reading: Reading, choice: Choice, kept: settings.Settings) -> app.ReadRequest:
        """The read request behind the flags."""
        day = None
        if reading.date is not None:
            try:
                day = date.fromisoformat(reading.date)
            except ValueError as error:
                raise UsageError("bad_date", value=reading.date) from error
        return app.ReadRequest(
            paths,
            zones.zone(reading.tz or kept.tz or DEFAULT_ZONE),
            reading.input_format,
            day,
            reading.year,
            choice.group,
            choice.me or kept.me,
            reading.strict,
        )

    def watch(self, label: str) -> None:
        """A spinner on a terminal while a file is read."""
        if self._common.quiet or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.text import Text

        line = Text(locales.fill(self._words["reading"], {"path": label}))
        if self._status is None:
            self._status = Console(stderr=True).status(line)
            self._status.start()
        self._status.update(line)

    def done(self) -> None:
        """End the spinner."""
        if self._status is not None:
            self._status.stop()

    @property
    def _words(self) -> dict[str, Any]:
        words: dict[str, Any] = locales.load(self.lang)["cli"]["says"]
        return words

    def say(self, key: str, **values: object) -> None:
        """A line on stderr, unless ``--quiet``."""
        if not self._common.quiet:
            template: Any = self._words
            for part in key.split("."):
                template = template[part]
            sys.stderr.write(locales.fill(template, values) + "\n")

    def show(self, path: str, draw: Callable[[Console], None]) -> None:
        """Draw on stdout or into a file."""
        import io

        from rich.console import Console

        if path == "-":
            draw(Console(highlight=False, no_color=not self.color))
            return
        page = io.StringIO()
        draw(Console(file=page, width=100, highlight=False, no_color=True))
        _emit(path, page.getvalue())

    def account(self, sources: Any, passed_over: Counter[str] | None = None) -> None:
        """The counting law, on stderr."""
        if self._common.quiet:
            return
        from rich.console import Console

        from cq.report import terminal

        terminal.render_counting(sources, Console(stderr=True), lang=self.lang, color=self.color)
        if passed_over:
            self.passed_over(passed_over)

    def passed_over(self, reasons: Counter[str]) -> None:
        """Files in folders and zips that are no exports."""
        if reasons:
            self.say("passed_over", count=reasons.total())


def _emit(path: str, text: str) -> None:
    with output(path) as stream:
        stream.write(text.encode("utf-8", "replace"))


def language(wanted: str | None) -> str:
    """``--lang``, else ``CQ_LANG``, else Chinese."""
    lang = wanted or os.environ.get("CQ_LANG") or DEFAULT_LANGUAGE
    if lang not in locales.LANGUAGES:
        raise UsageError("unknown_language", lang=lang, known=", ".join(locales.LANGUAGES))
    return lang


def _typed_language(arguments: list[str]) -> str:
    """The language for help and errors, before anything is parsed."""
    wanted = os.environ.get("CQ_LANG", DEFAULT_LANGUAGE)
    for i, argument in enumerate(arguments):
        if argument == "--lang" and i + 1 < len(arguments):
            wanted = arguments[i + 1]
        elif argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
    return wanted if wanted in locales.LANGUAGES else DEFAULT_LANGUAGE


def command(lang: str) -> Any:
    """The command tree with its help in one language."""
    words = locales.load(lang)["cli"]
    top = typer.main.get_command(cli)
    top.help = words["help"]
    for name, sub in {"": top, **getattr(top, "commands", {})}.items():
        if name:
            sub.help = words["commands"][name]["help"]
            sub.short_help = words["commands"][name]["short"]
        for parameter in sub.params:
            own = words["commands"].get(name, {}).get(parameter.name)
            said = own or words["options"].get(parameter.name)
            if said:
                parameter.help = said
    return top


def run(arguments: list[str]) -> int:
    """One command; its exit code."""
    lang = _typed_language(arguments)
    try:
        code = command(lang).main(args=arguments, prog_name="cq", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except CqError as error:
        _complain(lang, *error.lines(lang))
        return error.exit_code
    except typer.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone; what Python would flush at exit must have somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except TyperException as error:
        return _usage(lang, error)
    except MemoryError:
        _complain(lang, *CqError("out_of_memory").lines(lang))
        return 1
    except Exception as error:
        if os.environ.get("CQ_DEBUG"):
            raise
        if isinstance(error, OSError):
            from cq.streams import unwritable

            _complain(lang, *unwritable(error.filename or "-", error).lines(lang))
        else:
            _complain(lang, *CqError("internal", kind=type(error).__name__, detail=error).lines(lang))
        return 1


def _usage(lang: str, error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "cq"
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(context.get_help() + "\n")
        return 2
    message = _said(lang, error)
    _complain(lang, *CqError("usage", message=message, command=where).lines(lang))
    return 2


def _said(lang: str, error: TyperException) -> str:
    """What is wrong with the call, in the user's language where the kind of mistake is known."""
    words = locales.load(lang)["cli"]["says"]["usage"]
    parameter = getattr(error, "param", None)
    values = {
        "option": getattr(error, "option_name", None),
        "parameter": max(parameter.opts, key=len) if parameter is not None else None,
        "near": ", ".join(getattr(error, "possibilities", None) or ()),
    }
    template = words.get(type(error).__name__)
    if template is None or any(f"{{{k}}}" in template and not v for k, v in values.items() if k != "near"):
        return error.format_message()
    near = locales.fill(words["near"], values) if values["near"] else ""
    return locales.fill(template, values) + near


def _complain(lang: str, what: str, hint: str) -> None:
    labels = locales.load(lang)["cli"]["says"]
    sys.stderr.write(f"{labels['error']}{what}\n{labels['hint']}{hint}\n")


def main() -> None:
    """The console entry point."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a GBK console cannot show every name
    sys.exit(run(sys.argv[1:]))
