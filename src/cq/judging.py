"""The use cases around ads: verdicts on exports and on bare texts, and which messages to label.

Here the log meets the judge. Like :mod:`cq.app` it returns values and never prints.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cq import app, locales
from cq.ads.policy import Label, Policy
from cq.ads.verdict import AD_KINDS, AdKind, Verdict
from cq.errors import InputError, UsageError
from cq.logs import chosen
from cq.model import Kind, Problem
from cq.result import GroupInfo
from cq.views import views

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cq.ads.group import GroupAds
    from cq.analysis import GroupView
    from cq.formats._source import Source
    from cq.reading import Reading, ReadRequest

CHUNK = 8192
"""Rows or lines that are judged, and written, at a time."""
_BLOCK = 1 << 20
"""Bytes of bare texts that are split into lines at a time."""


class Piece(NamedTuple):
    """Some messages judged: how many human messages (or lines) were looked at, and the verdicts asked for."""

    looked_at: int
    verdicts: list[Verdict]


@dataclass(frozen=True, slots=True)
class Listing:
    """The verdicts of one group in log order, or of bare texts (``group`` is None), as they are judged.

    ``names``: sender id → the name shown last. ``unseen``: pictures, voice, files and the like, whose content
    is not in the export. ``set_aside``: messages that are no ads here only by the policy, by reason.
    """

    group: GroupInfo | None
    pieces: Iterator[Piece]
    names: Mapping[str, str] = field(default_factory=dict)
    unseen: int = 0
    set_aside: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdsRequest:
    """Over which window and by which policy; ``every``: verdicts on what is no ad, too."""

    window: app.WindowRequest
    policy: Policy
    alias: Path | None = None
    every: bool = False


# -- policy ------------------------------------------------------------------------------------------


def kinds(typed: Iterable[str]) -> list[AdKind]:
    """Ad kinds as somebody typed them, by id or by name. Raises :class:`UsageError` for one nobody knows."""
    words = typed.split(",") if isinstance(typed, str) else typed
    known = {word: label for word, label in label_words().items() if label in AD_KINDS}
    found = []
    for word in filter(None, (w.strip() for w in words)):
        if word.lower() not in known:
            raise UsageError("unknown_kind", kind=word, known=", ".join(AD_KINDS))
        found.append(AdKind(known[word.lower()]))
    return found


def label_words() -> dict[str, str]:
    """What may stand in the column ``label`` of a labels file, in any language: word → label."""
    found: dict[str, str] = {}
    for lang in locales.LANGUAGES:
        words = locales.load(lang)["ads"]
        for label in ("ad", "none"):
            found |= dict.fromkeys(words["labels"][label], label)
        for kind in AD_KINDS:
            entry = words["kinds"][kind]
            found |= dict.fromkeys((str(kind), entry["name"].lower(), *entry["also"]), str(kind))
    return found


def given_labels(given: str | PathLike[str] | Mapping[str, str]) -> list[Label]:
    """The labels of a labels file, or of a mapping of texts to labels."""
    from cq import sidefiles

    words = label_words()
    if not isinstance(given, Mapping):
        rows = sidefiles.read_labels(Path(given), words)
        return [Label(r.label, r.message_id, r.text) for r in rows if r.label is not None]
    for said in given.values():
        if said.strip().lower() not in words:
            raise UsageError("unknown_kind", kind=said, known=", ".join(("ad", "none", *AD_KINDS)))
    return [Label(words[said.strip().lower()], text=text) for text, said in given.items()]


def policy(
    base: Policy | None = None,
    *,
    model: bool = True,
    ignore: Iterable[str] = (),
    exempt: Iterable[str] = (),
    labels: str | PathLike[str] | Mapping[str, str] | None = None,
) -> Policy:
    """A policy with what the call adds to it: an option never takes back what ``cq.toml`` says."""
    base = base or Policy()
    return msgspec.structs.replace(
        base,
        model=base.model and model,
        ignore_kinds=list(dict.fromkeys([*base.ignore_kinds, *kinds(ignore)])),
        exempt_senders=list(dict.fromkeys([*base.exempt_senders, *exempt])),
        labels=[*base.labels, *(given_labels(labels) if labels is not None else ())],
    )


# -- exports -----------------------------------------------------------------------------------------


def ads(reading: Reading, request: ReadRequest, what: AdsRequest) -> Iterator[Listing]:
    """The verdicts on the chosen groups and window, group by group; an error if no message lies in it.

    A listing is to be read before the next one is taken: one group is in memory at a time.
    """
    found = _listings(reading, request, what)
    first = next(found, None)
    if first is None:
        raise _empty(reading, request, what.window)
    return itertools.chain([first], found)


def _listings(reading: Reading, request: ReadRequest, what: AdsRequest) -> Iterator[Listing]:
    for view, rows, judged in judged_groups(reading, request, what):
        yield _listing(view, rows, judged, what.every)


def judged_groups(
    reading: Reading, request: ReadRequest, what: AdsRequest
) -> Iterator[tuple[GroupView, slice, GroupAds]]:
    """The groups with messages in the window, judged: view, rows in the window, judgement."""
    from cq import sidefiles
    from cq.analysis import _ads

    alias = sidefiles.read_alias(what.alias) if what.alias else {}
    spans = chosen(reading.log, request.group)
    window = what.window.over(spans, request.zone)
    for view in views(reading.log, request, spans, alias, elsewhere=True):
        rows = view.rows(window)
        if rows.start < rows.stop:
            yield view, rows, _ads.judged(view, what.policy)


def _empty(reading: Reading, request: ReadRequest, window: app.WindowRequest) -> InputError:
    from cq.analysis._window import empty

    spans = chosen(reading.log, request.group)
    bounds = window.over(spans, request.zone)
    return empty(bounds, min(s.first for s in spans), max(s.last for s in spans))


def _listing(view: GroupView, rows: slice, judged: GroupAds, every: bool) -> Listing:
    import numpy as np

    from cq.analysis.ads import UNSEEN

    unseen = np.isin(view.kind[rows], [i for i, kind in enumerate(Kind) if kind in UNSEEN])
    reasons = {"exempt_sender": judged.exempted, "allowed": judged.allowed, "ignored_kind": judged.ignored}
    group = view.group
    return Listing(
        GroupInfo(group.group_id, group.group_name, group.platform, group.chat_kind),
        _pieces(view, rows, judged, every),
        {person.id: person.name for person in view.people},
        int((unseen & view.human[rows] & ~judged.judged[rows]).sum()),
        {reason: int(which[rows].sum()) for reason, which in reasons.items() if which[rows].any()},
    )


def _pieces(view: GroupView, rows: slice, judged: GroupAds, every: bool) -> Iterator[Piece]:
    import numpy as np

    shown = (judged.outcome > 0) | judged.flood
    told = shown | (judged.score > 0) | judged.exempted | judged.allowed | judged.ignored
    told[list(judged.labels)] = True
    for start in range(rows.start, rows.stop, CHUNK):
        piece = slice(start, min(start + CHUNK, rows.stop))
        if every:
            found = _every(view, judged, np.arange(piece.start, piece.stop), told[piece])
        else:
            found = _verdicts(view, judged.verdicts, np.flatnonzero(shown[piece]) + start)
        yield Piece(int(view.human[piece].sum()), found)


def _every(
    view: GroupView, judged: GroupAds, rows: NDArray[np.int64], told: NDArray[np.bool_]
) -> list[Verdict]:
    """A verdict per row. What there is to tell of most rows is nothing, and need not be looked for."""
    import pyarrow as pa

    texts = view.text.take(pa.array(rows)).fill_null("").to_pylist()
    ids = view.message_id.take(pa.array(rows)).to_pylist()
    labels = judged.judge.labels

    def verdicts(rows: NDArray[np.int64]) -> list[Verdict]:
        worth = [
            bool(t) or (bool(labels) and text.strip() in labels) for t, text in zip(told, texts, strict=True)
        ]
        explained = iter(judged.verdicts(rows[worth]))
        return [
            next(explained) if much else Verdict(id_, None, None, text, "none", AdKind.NONE)
            for much, id_, text in zip(worth, ids, texts, strict=True)
        ]

    return _verdicts(view, verdicts, rows)


def _verdicts(
    view: GroupView, verdicts: Callable[[NDArray[np.int64]], list[Verdict]], rows: NDArray[np.int64]
) -> list[Verdict]:
    """Verdicts with time and sender, who is a person where an alias file joins several ids."""
    import pyarrow as pa

    from cq.export.messages import timestamps

    if not len(rows):
        return []
    times = pa.array(view.sent_at[rows], pa.timestamp("ms", "UTC"))
    stamps = timestamps(times, view.zone).to_pylist()
    senders = [view.people[p].id if p >= 0 else None for p in view.person[rows].tolist()]
    return [
        msgspec.structs.replace(verdict, sent_at=at, sender_id=sender)
        for verdict, at, sender in zip(verdicts(rows), stamps, senders, strict=True)
    ]


# -- bare texts --------------------------------------------------------------------------------------


def texts(path: str, policy: Policy, *, every: bool) -> tuple[Listing, Callable[[], Sequence[Problem]]]:
    """The verdicts on a file (``-``: stdin) with one text per line, and, once read, the doubts about it.

    Lines end at LF, one CR before it is dropped; an empty line is a text, the end of the last line begins
    no other. The encoding is found as for exports.
    """
    source = _text_source(path)
    if not source.size:
        raise InputError("empty_file", path=path)

    from cq.ads.cascade import judge

    judging = judge(policy)

    def pieces() -> Iterator[Piece]:
        first = 1
        for lines in _lines(source):
            found = judging.verdicts(lines, first)
            first += len(lines)
            yield Piece(len(lines), found if every else [v for v in found if v.verdict != "none"])

    return Listing(None, pieces()), source.notices


def _text_source(path: str) -> Source:
    from cq.formats._source import file_source, spooled, unreadable

    if path == "-":
        return spooled("-")
    try:
        whole = Path(path).is_file() or not Path(path).exists()
        if Path(path).is_dir():
            raise IsADirectoryError(21, "Is a directory")
    except OSError as error:
        raise unreadable(path, error) from error
    return file_source(Path(path)) if whole else spooled(path)


def _lines(source: Source) -> Iterator[list[str]]:
    for block in source.lines(_BLOCK):
        lines = block.decode().split("\n")
        if not lines[-1]:
            lines.pop()
        for start in range(0, len(lines), CHUNK):
            yield [line.removesuffix("\r") for line in lines[start : start + CHUNK]]


def classify(found: Iterable[Any], policy: Policy) -> list[Verdict]:
    """The verdicts on texts that are at hand; see :func:`cq.classify_ads`."""
    from cq.ads.cascade import judge

    judging = judge(policy)
    verdicts: list[Verdict] = []
    every = iter(found)
    while chunk := [_text(value) for value in itertools.islice(every, CHUNK)]:
        verdicts += judging.verdicts(chunk, len(verdicts) + 1)
    return verdicts


_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs: no text, and nothing that could be written."""


def _text(value: object) -> str:
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value)
    # What pandas puts where a text is missing: None, NaN or its own NA, which equals nothing.
    if value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and value != value):
        return ""
    raise TypeError(f"classify_ads takes texts, got {type(value).__name__}")
