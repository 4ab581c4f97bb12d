"""The command about members: which part each of them plays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cq import app
from cq.cli._flags import Choice, Common, Format, JobCount, Judging, Output, Paths, Reading, option
from cq.cli._run import Run, emit
from cq.jobs import processors
from cq.streams import output as opened

if TYPE_CHECKING:
    from cq.result import Analysis

SECTION = "roles"


def roles(
    paths: Paths,
    common: Common,
    reading: Reading,
    choice: Choice,
    judging: Judging,
    format: Format = "text",
    output: Output = "-",
    roster: Annotated[Path | None, option("--roster", metavar="FILE")] = None,
    alias: Annotated[Path | None, option("--alias", metavar="FILE")] = None,
    jobs: JobCount = None,
    verbose: Annotated[bool, option("--verbose", "-v")] = False,
) -> None:
    run = Run(common, format, ("text", "json", "csv"))
    kept = run.configured()
    what = app.AnalyzeRequest(
        app.WindowRequest(choice.since, choice.until, choice.last),
        (SECTION,),
        {**kept.analyses, "ads": run.policy(judging, kept)},
        roster or (Path(kept.roster) if kept.roster else None),
        alias or (Path(kept.alias) if kept.alias else None),
        compared=False,
        operators=kept.operators,
        jobs=jobs or processors(),
    )
    result = app.analyze(run.request(paths, reading, choice, kept), what, run.watch)
    run.done()
    _put(run, result, format, output, verbose)
    run.account(result.sources)
    run.passed_over(result.passed_over)


def _put(run: Run, result: Analysis, format: str, output: str, verbose: bool) -> None:
    if format == "json":
        from cq.report import json

        emit(output, json.dumps(json.roles(result)) + "\n")
    elif format == "csv":
        from cq.export.roles import write
        from cq.result import role_rows

        sections = ((g.group, g.sections[SECTION]) for g in result.groups)
        with opened(output) as stream:
            write(((group, role_rows(section.tables["members"])) for group, section in sections), stream)
    else:
        from cq.report import roles as page

        run.show(
            output,
            lambda console: page.render(result, console, lang=run.lang, color=run.color, verbose=verbose),
        )
