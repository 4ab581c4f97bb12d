"""A message as one printable line with its evidence marked, cut around it where it is long.

Marks are brackets, so that they survive a pipe and a copy; on a terminal what they enclose has a colour,
too. The message itself cannot contain them. It knows spans, not rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from cq.ads.verdict import Verdict
from cq.report._terminal_layout import cut
from cq.report.marks import UNICODE, Marks
from cq.report.wording import clean

EVIDENCE = "bold yellow"
AROUND = (18, 9, 4)
"""Characters of a long text that are shown on either side of evidence; fewer where there is much of it."""
LONGEST_EVIDENCE = 40
Span = tuple[int, int]
_UNICODE, _ASCII = ("‹", "›"), ("[[", "]]")
_HARMLESS = str.maketrans({"‹": "<", "›": ">"})


def brackets(marks: Marks) -> tuple[str, str]:
    """What stands around evidence in this alphabet."""
    return _UNICODE if marks is UNICODE else _ASCII


def excerpt(verdict: Verdict, columns: int, marks: Marks) -> str:
    """The text of a verdict in about so many columns, its evidence in brackets."""
    text = verdict.text
    # Where an ad repeats itself, its words are the evidence; the repetition only where there is no other.
    told = [
        e for e in verdict.evidence if e.span is not None and (e.kind == verdict.kind or e.kind != "flood")
    ]
    told.sort(key=lambda e: -e.weight)
    spans = [(e.span[0], min(e.span[1], len(text))) for e in told if e.span is not None]
    if len(text) > columns or cell_len(text) > columns:  # the length first: measuring takes a while
        spans, windows = _windows(text, spans, columns)
    else:
        spans, windows = _merged(spans), [(0, len(text))]
    parts: list[str] = []
    for lo, hi in windows:
        if lo > 0:
            parts.append(marks.more)
        parts.append(_piece(text, lo, hi, spans, brackets(marks)))
    if windows[-1][1] < len(text):
        parts.append(marks.more)
    joined = "".join(parts).replace(marks.more * 2, marks.more)
    return " ".join(joined.split())


def fitted(said: str, columns: int, marks: Marks) -> str:
    """An excerpt in at most so many columns; a bracket that opens still closes."""
    begin, end = brackets(marks)
    line = cut(said, columns, marks)
    if line.count(begin) > line.count(end):
        line = cut(said, columns - cell_len(end), marks) + end
    return line if line.count(begin) == line.count(end) else line.removesuffix(end)


def styled(lines: Sequence[Text], marks: Marks) -> Iterator[Text]:
    """Lines with a colour on what stands in brackets, which may go on over the end of a line."""
    begin, end = brackets(marks)
    inside = False
    for line in lines:
        at, plain = 0, line.plain
        while inside or (at := plain.find(begin, at)) >= 0:
            stop = plain.find(end, at)
            inside = stop < 0
            line.stylize(EVIDENCE, at, len(plain) if inside else stop + len(end))
            if inside:
                break
            at = stop + len(end)
        yield line


def harmless(text: str) -> str:
    """A cleaned text without the brackets that mark evidence."""
    return clean(text).translate(_HARMLESS)


def _piece(text: str, lo: int, hi: int, spans: Sequence[Span], around: tuple[str, str]) -> str:
    """``text[lo:hi]`` cleaned, with the spans inside it in brackets."""
    parts, at = [], lo
    for start, stop in spans:
        if lo <= start and stop <= hi:
            marked = _cleaned(text[start:stop]).strip()
            if marked:
                parts += [_cleaned(text[at:start]), around[0], marked, around[1]]
                at = stop
    return "".join([*parts, _cleaned(text[at:hi])])


def _cleaned(piece: str) -> str:
    """A cleaned piece that keeps a blank at either end, where it has one."""
    line = harmless(piece)
    if not line:
        return " " if piece and piece.isspace() else ""
    return f"{' ' if piece[0].isspace() else ''}{line}{' ' if piece[-1].isspace() else ''}"


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that overlap or touch as one."""
    found: list[Span] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        elif start < stop:
            found.append((start, stop))
    return found


def _windows(text: str, spans: Sequence[Span], columns: int) -> tuple[list[Span], list[Span]]:
    """The evidence, heaviest first, as far as there is room, and what is shown around it.

    Without evidence it is the beginning.
    """
    short = [(start, min(stop, start + LONGEST_EVIDENCE)) for start, stop in spans]
    kept: list[Span] = []
    windows: list[Span] = [(0, 0)]
    used = 0
    for around in AROUND:
        kept = []
        for span in short or [(0, 0)]:
            wider = _around(text, [*kept, span], around)
            cost = sum(cell_len(text[lo:hi]) + len(_UNICODE) for lo, hi in wider)
            if kept and cost > columns:
                continue
            kept, windows, used = [*kept, span], wider, cost
        if len(kept) == len(short):
            break
    # What room is left goes to the text behind the last piece; a wide character takes two columns.
    lo, hi = windows[-1]
    windows[-1] = (lo, min(len(text), hi + max(0, columns - used) // 2))
    return _merged(kept), windows


def _around(text: str, spans: Sequence[Span], around: int) -> list[Span]:
    return _merged([(max(0, start - around), min(len(text), stop + around)) for start, stop in spans])
