"""The commands: each is one call to :mod:`cq.app` and one way of showing the answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cq import __version__, app
from cq.cli import _ads, _roles
from cq.cli._flags import Choice, Common, Format, JobCount, Judging, Output, Paths, Reading, flattened, option
from cq.cli._run import Run, emit
from cq.errors import UsageError
from cq.jobs import processors
from cq.reading import read
from cq.streams import output as opened
from cq.streams import refuse_terminal

_LEVELS: tuple[str, ...] = ("info", "warning", "alert")

cli = typer.Typer(
    name="cq",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.command()
@flattened
def analyze(
    paths: Paths,
    common: Common,
    reading: Reading,
    choice: Choice,
    judging: Judging,
    format: Format = "text",
    output: Output = "-",
    section: Annotated[str | None, option("--section", metavar="A,B")] = None,
    roster: Annotated[Path | None, option("--roster", metavar="FILE")] = None,
    alias: Annotated[Path | None, option("--alias", metavar="FILE")] = None,
    fail_on: Annotated[str | None, option("--fail-on", metavar="LEVEL")] = None,
    jobs: JobCount = None,
    verbose: Annotated[bool, option("--verbose", "-v")] = False,
) -> None:
    run = Run(common, format, ("text", "json"))
    if fail_on is not None and fail_on not in _LEVELS[1:]:
        raise UsageError("unknown_level", level=fail_on, known=", ".join(_LEVELS[1:]))
    sections = [s.strip() for s in section.split(",") if s.strip()] if section else None
    app.check_sections(sections)
    kept = run.configured()
    what = app.AnalyzeRequest(
        app.WindowRequest(choice.since, choice.until, choice.last),
        sections,
        {**kept.analyses, "ads": run.policy(judging, kept)},
        roster or (Path(kept.roster) if kept.roster else None),
        alias or (Path(kept.alias) if kept.alias else None),
        operators=kept.operators,
        jobs=jobs or processors(),
    )
    result = app.analyze(run.request(paths, reading, choice, kept), what, run.watch)
    run.done()
    if format == "json":
        from cq.report import json

        emit(output, json.dumps(result) + "\n")
        run.account(result.sources)
    else:
        from cq.report import terminal

        run.show(
            output,
            lambda console: terminal.render(result, console, lang=run.lang, color=run.color, verbose=verbose),
        )
    run.passed_over(result.passed_over)
    level = _LEVELS.index(fail_on) if fail_on else len(_LEVELS)
    found = [
        f for g in result.groups for s in g.sections.values() for f in s.findings if f.status == "finding"
    ]
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
    run = Run(common, format, ("jsonl", "csv", "parquet", "chatlab-jsonl"))
    if format == "parquet" and output == "-":
        refuse_terminal(format)
    kept = run.configured()
    request = run.request(paths, reading, choice, kept)
    found = read(request, run.watch)
    run.done()
    try:
        from cq import export

        rows = app.messages(found, request, app.WindowRequest(choice.since, choice.until, choice.last))
        only = app.only_group(found, request) if format == "chatlab-jsonl" else None
        with opened(output) as stream:
            if only:
                export.write_chatlab(rows, stream, only, found.log.members)
            else:
                export.write(rows, format, stream, request.zone)
        run.account(found.sources, found.passed_over)
    finally:
        found.log.close()


cli.command(name="ads")(flattened(_ads.ads))
cli.command(name="ads label")(flattened(_ads.label))
cli.command()(flattened(_roles.roles))


@cli.command(name="import")
@flattened
def import_(
    paths: Paths,
    common: Common,
    reading: Reading,
    store: Annotated[Path, option("--store", metavar="DIR")],
    me: Annotated[str | None, option("--me", metavar="ID")] = None,
    format: Format = "text",
    output: Output = "-",
) -> None:
    run = Run(common, format, ("text", "json"))
    kept = run.configured()
    request = run.request(paths, reading, Choice(me=me), kept)
    report, passed_over = app.import_(request, store, run.watch)
    run.done()
    from cq.report import json, terminal

    if format == "json":
        emit(output, json.dumps(report) + "\n")
    else:
        run.show(
            output, lambda console: terminal.render_import(report, console, lang=run.lang, color=run.color)
        )
    run.passed_over(passed_over)


@cli.command()
@flattened
def identify(
    paths: Paths, common: Common, reading: Reading, format: Format = "text", output: Output = "-"
) -> None:
    run = Run(common, format, ("text", "json"))
    kept = run.configured()
    result, passed_over = app.identify(run.request(paths, reading, Choice(), kept), run.watch)
    run.done()
    from cq.report import json, terminal

    if format == "json":
        emit(output, json.dumps(result) + "\n")
    else:
        run.show(
            output,
            lambda console: terminal.render_identify(
                result, console, lang=run.lang, color=run.color, verbose=True
            ),
        )
    run.passed_over(passed_over)


@cli.command()
@flattened
def formats(common: Common, format: Format = "text", output: Output = "-") -> None:
    run = Run(common, format, ("text", "json"))
    found = app.formats(run.lang)
    from cq.report import json, terminal

    if format == "json":
        emit(output, json.dumps({"schema": "cq.formats/1", "formats": found}) + "\n")
    else:
        run.show(
            output, lambda console: terminal.render_formats(found, console, lang=run.lang, color=run.color)
        )


@cli.command()
@flattened
def explain(
    common: Common,
    code: Annotated[str | None, typer.Argument(metavar="CODE")] = None,
    format: Format = "text",
    output: Output = "-",
) -> None:
    run = Run(common, format, ("text", "json"))
    from cq.report import explain, json, terminal

    found = explain.explain(code, run.lang)
    if format == "json":
        emit(output, json.dumps({"schema": "cq.explain/1", "codes": found}) + "\n")
    else:
        run.show(
            output, lambda console: terminal.render_explain(found, console, lang=run.lang, color=run.color)
        )


@cli.command()
@flattened
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME")], common: Common, output: Output = "-"
) -> None:
    Run(common, "json", ("json",))
    from cq.report import json

    if name not in json.SCHEMAS:
        raise UsageError("unknown_schema", name=name, known=" ".join(json.SCHEMAS))
    emit(output, json.dumps(json.schema(name)) + "\n")


@cli.command()
@flattened
def init(folder: Annotated[Path, typer.Argument(metavar="DIR")], common: Common) -> None:
    run = Run(common, "text", ("text",))
    for path in app.init(folder, run.lang):
        run.say("init.written", path=path)


@cli.callback(invoke_without_command=True)
def _top(version: Annotated[bool, option("--version", is_eager=True)] = False) -> None:
    if version:
        sys.stdout.write(f"cq {__version__}\n")
        raise typer.Exit
