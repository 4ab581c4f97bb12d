"""The commands about ads: verdicts, and which messages to label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cq import app
from cq.cli._flags import Choice, Common, Format, Judging, Output, Paths, Reading, option
from cq.cli._run import Run
from cq.errors import UsageError
from cq.reading import read
from cq.streams import output as opened

if TYPE_CHECKING:
    from cq.ads.verdict import Verdict
    from cq.judging import Listing

DEFAULT_COUNT = 60
"""Messages to label at a time: what one marks in a quarter of an hour."""


def ads(
    paths: Paths,
    common: Common,
    reading: Reading,
    choice: Choice,
    judging: Judging,
    format: Format = "text",
    output: Output = "-",
    texts: Annotated[bool, option("--texts")] = False,
    all: Annotated[bool, option("--all")] = False,
    alias: Annotated[Path | None, option("--alias", metavar="FILE")] = None,
    verbose: Annotated[bool, option("--verbose", "-v")] = False,
) -> None:
    run = Run(common, format, ("text", "jsonl", "csv"))
    if texts:
        _only_texts(paths, choice, reading, judging, alias)
    kept = run.configured()
    policy = run.policy(judging, kept)
    from cq import judging as use

    if texts:
        listing, notices = use.texts(paths[0], policy, every=all)
        _put(run, [listing], format, output, verbose, every=all)
        run.doubts(notices())
        return
    window = app.WindowRequest(choice.since, choice.until, choice.last)
    what = use.AdsRequest(window, policy, alias or (Path(kept.alias) if kept.alias else None), all)
    request = run.request(paths, reading, choice, kept)
    found = read(request, run.watch)
    run.done()
    try:
        listings = use.ads(found, request, what)
        _put(run, listings, format, output, verbose, every=all)
        run.account(found.sources, found.passed_over)
    finally:
        found.log.close()


def _only_texts(
    paths: list[str], choice: Choice, reading: Reading, judging: Judging, alias: Path | None
) -> None:
    """Bare texts know no group, sender or time: an option about these would silently do nothing."""
    if len(paths) > 1:
        raise UsageError("texts_one_file", count=len(paths))
    given = {
        **{f"--{name}": getattr(choice, name) for name in ("group", "since", "until", "last", "me")},
        **{
            f"--{n.replace('_', '-')}": getattr(reading, n)
            for n in ("tz", "input_format", "date", "year", "map")
        },
        "--strict": reading.strict or None,
        "--alias": alias,
        "--exempt-sender": judging.exempt_sender or None,
    }
    for name, value in given.items():
        if value is not None:
            raise UsageError("texts_no_log", option=name)


def _put(
    run: Run, listings: Iterable[Listing], format: str, output: str, verbose: bool, *, every: bool
) -> None:
    if format == "text":
        from cq.report import ads as page

        run.show(
            output,
            lambda console: page.render(
                listings, console, lang=run.lang, color=run.color, verbose=verbose, every=every
            ),
        )
        return
    from cq.export.verdicts import write

    tally: Counter[str] = Counter()
    with opened(output) as stream:
        write(_counted(listings, tally), format, stream)
    run.say("judged", **{key: tally[key] for key in ("n", "confirmed", "suspected", "flood")})


def _counted(listings: Iterable[Listing], tally: Counter[str]) -> Iterator[list[Verdict]]:
    for listing in listings:
        for looked_at, verdicts in listing.pieces:
            tally["n"] += looked_at
            tally.update("flood" if v.kind == "flood" else v.verdict for v in verdicts)
            yield verdicts


def label(
    paths: Paths,
    common: Common,
    reading: Reading,
    choice: Choice,
    judging: Judging,
    output: Annotated[Path, option("--output", "-o", metavar="FILE")],
    count: Annotated[int, option("--count", metavar="N", min=1, max=100_000)] = DEFAULT_COUNT,
    alias: Annotated[Path | None, option("--alias", metavar="FILE")] = None,
) -> None:
    run = Run(common, "csv", ("csv",))
    kept = run.configured()
    from cq import judging as use
    from cq import labelling

    window = app.WindowRequest(choice.since, choice.until, choice.last)
    policy = run.policy(judging, kept)
    what = use.AdsRequest(window, policy, alias or (Path(kept.alias) if kept.alias else None))
    request = run.request(paths, reading, choice, kept)
    before = labelling.existing(output)
    found = read(request, run.watch)
    run.done()
    try:
        added = labelling.candidates(found, request, what, before, count, run.lang)
    finally:
        found.log.close()
    if not added:
        run.say("labels_none", path=output)
        return
    labelling.write(output, before, added)
    given = sum(row.label is not None for row in before)
    run.say("labels_written", path=output, added=len(added), kept=len(before), given=given)
