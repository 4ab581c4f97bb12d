"""QCE's text export as message columns: heads and footers of files, heads of records, times.

What a record's body says, :mod:`_qce_txt_record` knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cq.formats._assembly import assemble
from cq.formats._qce_txt_record import CONTENT, Body, body_of, content_of, is_more
from cq.formats._qce_txt_times import Times
from cq.formats._source import Source
from cq.formats._transcript import Records, records
from cq.model import Batch, ChatKind, Group, Problem, surrogate_group_id

_HEAD = re.compile(r"(?<=\n\n\n)(?:\[\d{1,9}\]\n)?([^\n]*):\n时间: ?([^\n]*)$", re.MULTILINE)
_FOOTER = re.compile(
    r"\n*+={47}\n {0,20}导出完成\n={47}\n总计导出 (\d{1,12}) 条消息(?:\n导出时间: [^\n]*+)?\s*+"
    r"(?:\Z|(?=\[QQChatExporter V))"
)
_FIELD = re.compile(r"^(聊天名称|聊天类型|消息总数): ?([^\n]*)$", re.MULTILINE)
_TITLE = re.compile(r"\[([^\[\]\n]{1,40})\] (?=[^\n])")
_KINDS: dict[str, ChatKind] = {"群聊": "group", "私聊": "private", "临时会话": "private"}
_ASKED = re.compile(r"\n回复: (\d{2}-\d{2} \d{2}:\d{2}) ([^\n]{1,200}?) - ")
_NOBODY = frozenset({"系统消息", "系统", "未知", "0", ""})
_MAX_ROWS = 65_536
_BEGINNING = 40
_TO_THE_MINUTE = len("2026-01-01 09:13")
_REMEMBERED = 500_000
"""Minutes that replies may name."""


class _Head(NamedTuple):
    group: Group
    total: int | None


def _head(text: str) -> _Head:
    fields = dict(_FIELD.findall(text))
    name = fields.get("聊天名称") or None
    total = fields.get("消息总数", "")
    kind = _KINDS.get(fields.get("聊天类型", ""), "unknown")
    return _Head(Group(surrogate_group_id(name), name, "qq", kind), int(total) if total.isdecimal() else None)


class Reader:
    """Reads one export, or several that somebody has joined."""

    def __init__(self, source: Source, times: Times, asked: Mapping[str, Collection[str]]) -> None:
        self._source = source
        self._label = source.label
        self._times = times
        self._head = _head("")
        self._seen = 0
        self._line = 1
        self._footed = False
        self._notices: list[Problem] = []
        self._asked = asked
        self._said: dict[tuple[str, str], list[tuple[int, str]]] = {}

    def batches(self) -> Iterator[Batch]:
        """All batches. :class:`InputError` where times cannot be known."""
        any_records = False
        for piece in records(self._source, _HEAD, lines_of_head=3):
            self._notices += piece.notices
            if piece.preamble is not None:
                self._head = _head(piece.preamble)
                yield Batch(groups=(self._head.group,), headers=1)
            any_records |= bool(piece.lines)
            yield from self._piece(piece)
        self._end(None)
        problems = () if any_records else (Problem("no_records", f"{self._label}:1"),)
        if any_records and not self._footed:
            self._notices.append(Problem("truncated", f"{self._label}:{self._line}"))
        yield Batch(
            problems=problems, notices=[*self._notices, *self._times.notices(), *self._source.notices()]
        )

    def _piece(self, piece: Records) -> Iterator[Batch]:
        """The records of a piece; where an export ends in it, those before and behind that."""
        first = 0
        ends = [i for i, body in enumerate(piece.bodies) if "导出完成" in body and _FOOTER.search(body)]
        for i in ends:
            footer = _FOOTER.search(piece.bodies[i])
            assert footer is not None
            rest = piece.bodies[i][footer.end() :]
            piece.bodies[i] = piece.bodies[i][: footer.start()]
            yield from self._rows(piece, first, i + 1)
            self._footed = True
            self._end(int(footer[1]))
            first = i + 1
            if rest:
                self._head, self._seen, self._footed = _head(rest), 0, False
                yield Batch(groups=(self._head.group,), headers=1)
        yield from self._rows(piece, first, len(piece.lines))

    def _end(self, total: int | None) -> None:
        """Compare the number of records with what the head or the footer says, once for each export."""
        wanted = self._head.total if total is None else total
        if wanted is not None and wanted != self._seen:
            where = f"{self._label}:{self._line}"
            self._notices.append(Problem("count_mismatch", where, f"{self._seen} / {wanted}"))
        self._head, self._seen = self._head._replace(total=None), 0

    def _rows(self, piece: Records, first: int, end: int) -> Iterator[Batch]:
        for start in range(first, end, _MAX_ROWS):
            part = slice(start, min(start + _MAX_ROWS, end))
            yield self._batch(piece.lines[part], piece.heads[part], piece.bodies[part])

    def _batch(self, lines: list[int], heads: list[tuple[str | None, ...]], raw: list[str]) -> Batch:
        self._seen += len(lines)
        self._line = lines[-1]
        times = [head[1] or "" for head in heads]
        stamps, sound = self._times.column(times)
        texts = [text[len(CONTENT) :] for text in raw]
        bodies = {
            i: body_of(text)
            for i, text in enumerate(raw)
            if ("[" in text or "\n" in text or not text.startswith(CONTENT)) and is_more(text)
        }
        bad = {
            i: Problem("bad_row", f"{self._label}:{lines[i]}", raw[i][:80])
            for i, b in bodies.items()
            if not b
        }
        for i in np.flatnonzero(~sound).tolist():
            bad.setdefault(i, Problem("bad_time", f"{self._label}:{lines[i]}", times[i][:80]))
        who = [head[0] or "" for head in heads]
        messages = self._messages(lines, who, times, stamps, texts, {i: b for i, b in bodies.items() if b})
        if bad:
            messages = messages.filter(pa.array([i not in bad for i in range(len(lines))]))
        return Batch(messages, groups=(self._head.group,), problems=[bad[i] for i in sorted(bad)])

    def _messages(
        self,
        lines: list[int],
        who: list[str],
        times: list[str],
        stamps: NDArray[np.int64],
        texts: list[str],
        bodies: dict[int, Body],
    ) -> pa.RecordBatch:
        titles: dict[int, str] = {}
        names: list[str | None] = list(who)
        for i, line in enumerate(who):
            if line[:1] == "[" and (title := _TITLE.match(line)):
                titles[i], names[i] = title[1], line[title.end() :]
            elif line in _NOBODY:
                names[i] = None
                bodies.setdefault(i, Body(texts[i]))
        for i, body in bodies.items():
            texts[i] = body.text
        self._remember(names, times, stamps.tolist(), texts)
        contents = {}
        for i, body in list(bodies.items()):
            if body.other is not None and self._meant(body.other, stamps[i]):
                bodies[i] = body = body.other
                texts[i] = body.text
            contents[i] = content_of(body, system=names[i] is None)
            meant = self._meant(body, stamps[i]) if contents[i].event is None else []
            if body.said and len(set(meant)) == 1:
                contents[i].reply_to = f"at:{meant[0]}:name:{body.said[1]}"
        return assemble(
            self._label,
            self._head.group,
            numbers=lines,
            stamps=stamps,
            people=[None] * len(lines),
            names=names,
            texts=texts,
            contents=contents,
            mentions=[bodies[i].mentions if i in bodies else None for i in range(len(lines))],
            sender_title=[titles.get(i) for i in range(len(lines))]
            if titles
            else pa.nulls(len(lines), pa.string()),
        )

    def _remember(
        self, names: list[str | None], times: list[str], stamps: list[int], texts: list[str]
    ) -> None:
        """Keep what replies may mean."""
        if not self._asked:
            return
        for i in [i for i, time in enumerate(times) if time[5:16] in self._asked]:
            name, minute = names[i], times[i][5:16]
            if name is not None and name in self._asked[minute]:
                self._said.setdefault((minute, name), []).append((stamps[i], texts[i][:_BEGINNING]))

    def _meant(self, body: Body, at: int) -> list[int]:
        """The moments of the messages that a reply may answer: the sender's only one in that minute, or
        those with these words."""
        if body.said is None or not (minute := body.said[0]):
            return []
        _, sender, quote = body.said
        found = [one for one in self._said.get((minute, sender), ()) if one[0] <= at]
        if len(found) > 1 or "\n" in quote:
            beginning = quote.rstrip("….").strip()[:_BEGINNING]
            found = [one for one in found if one[1].startswith(beginning)]
        return [one[0] for one in found]


def asked(source: Source) -> Mapping[str, Collection[str]]:
    """The minutes and senders that replies name, from a first pass over the file."""
    found: dict[str, set[str]] = {}
    for block in source.lines():
        for minute, sender in _ASKED.findall(block.decode()):
            found.setdefault(minute, set()).add(sender)
            if len(found) > _REMEMBERED:
                return found
    return found
