"""The Python interface: the same work as the commands, as frames and typed objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from cq import app, reading, zones
from cq.operators import NOTHING_TOLD, Operators

if TYPE_CHECKING:
    import pandas as pd

    from cq.ads.policy import Policy
    from cq.ads.verdict import Verdict
    from cq.operators import Operator
    from cq.result import Analysis

Export = str | PathLike[str]


def _paths(paths: Sequence[Export | Sequence[Export]]) -> list[str]:
    found: list[str] = []
    for path in paths:
        found += [fspath(path)] if isinstance(path, str | PathLike) else [fspath(p) for p in path]
    return found


def read(
    *paths: Export | Sequence[Export],
    tz: str = "Asia/Shanghai",
    input_format: str | None = None,
    group: str | None = None,
    me: str | None = None,
    strict: bool = False,
    map: Export | None = None,
) -> pd.DataFrame:
    """Read and merge exports (or a store) into one frame of normalised messages.

    One row per message, the columns of the contract with Arrow-backed types; ``sent_at`` is UTC.
    Rows come group by group, by time. Local times of an export are taken to be in ``tz``. ``map`` is the
    column map that ``input_format`` ``csv`` and ``jsonl`` need.

    Raises :class:`cq.errors.InputError` where there is nothing usable, :class:`cq.errors.StrictError`
    where ``strict`` and a record had a problem.
    """
    import pandas as pd
    import pyarrow as pa

    from cq.model import message_schema

    request = reading.ReadRequest(
        _paths(paths),
        zones.zone(tz),
        input_format,
        group=group,
        me=me,
        strict=strict,
        map=None if map is None else Path(map),
    )
    found = reading.read(request)
    try:
        rows = app.messages(found, request, app.WindowRequest())
        table = pa.Table.from_batches(rows, message_schema())
    finally:
        found.log.close()
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def analyze(
    source: Export | Sequence[Export] | pd.DataFrame,
    *,
    tz: str = "Asia/Shanghai",
    since: str | None = None,
    until: str | None = None,
    last: str | None = None,
    group: str | None = None,
    sections: Sequence[str] | None = None,
    roster: Export | None = None,
    alias: Export | None = None,
    labels: Export | None = None,
    ads: Policy | None = None,
    operator: Operator | None = None,
    me: str | None = None,
) -> Analysis:
    """What ``cq analyze`` finds, as typed objects; ``source`` may be a frame that :func:`read` gave.

    ``since``, ``until`` and ``last`` are as on the command line: relative to the last message,
    whole local days of ``tz``. ``ads`` is what counts as an ad here (:class:`cq.ads.policy.Policy`),
    ``labels`` a file of messages that were marked by hand; ``operator`` what only the operator knows of the
    group (:class:`cq.operators.Operator`). Errors are those of :func:`read`.
    """
    from cq import judging

    policy = judging.policy(ads, labels=labels)
    what = app.AnalyzeRequest(
        app.WindowRequest(since, until, last),
        sections,
        {"ads": policy},
        roster=Path(roster) if roster is not None else None,
        alias=Path(alias) if alias is not None else None,
        operators=Operators(operator) if operator else NOTHING_TOLD,
    )
    zone = zones.zone(tz)
    if isinstance(source, str | PathLike):
        return app.analyze(reading.ReadRequest([fspath(source)], zone, group=group, me=me), what)
    if isinstance(source, Sequence):
        return app.analyze(reading.ReadRequest([fspath(p) for p in source], zone, group=group, me=me), what)
    return app.analyze_rows(source, reading.ReadRequest([], zone, group=group, me=me), what)


def classify_ads(
    texts: Iterable[str | None],
    *,
    model: bool = True,
    ignore_kinds: Iterable[str] = (),
    labels: Export | Mapping[str, str] | None = None,
) -> list[Verdict]:
    """One verdict per text, in order: is it an ad, of which kind, and what shows it.

    Each text is judged by its words alone, without neighbours; a missing one counts as empty. Verdict ``i``
    (counted from 1) has the ``message_id`` ``line:i``. Its fields are those of ``cq ads --format jsonl``:
    ``verdict`` is ``confirmed``, ``suspected`` or ``none``; ``kind`` the best guess; ``kinds`` pairs of kind
    and weight; ``evidence`` what speaks for it, with the span in the text; ``against`` what does not.

    ``model=False`` leaves the bigram model out; ``ignore_kinds`` are no ads here; ``labels`` is a file or a
    mapping of texts to ``ad``, ``none`` or a kind, which those texts get, and from which the model learns.

    Raises :class:`TypeError` for a single string and for items that are no text,
    :class:`cq.errors.UsageError` for a kind nobody knows.
    """
    from cq import judging

    if isinstance(texts, str | bytes):
        raise TypeError("classify_ads takes a list of texts; for a single one write [text]")
    return judging.classify(texts, judging.policy(model=model, ignore=ignore_kinds, labels=labels))
