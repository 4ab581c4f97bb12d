"""Records of a QQ PC/TIM text export as message columns. Where they stand, the scan knows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cq.formats._placeholders import qq_txt_column
from cq.formats._qq_names import ROLE_TITLES, SYSTEM_IDS, leading_tag, who
from cq.formats._qq_txt_clock import AM, NOON, PM
from cq.formats._qq_txt_scan import Records, slices
from cq.formats._qq_txt_survey import Facts
from cq.formats._system_text import parse
from cq.model import Batch, Event, Group, Kind, Member, Problem, record_batch
from cq.zones import LocalClock

_PASTED_BACK_MS = 600_000
"""A header this much earlier than the one before, followed by a jump forward, may be pasted text."""

_PASTED_AT_MOST = 50
"""Records in a row that go back like that; more are another export that was appended."""


class Conversation:
    """Turns the records of one conversation into message columns."""

    def __init__(self, label: str, group: Group, facts: Facts, strict: bool) -> None:
        self._label = label
        self._group = group
        self._facts = facts
        self._strict = strict
        self._senders: dict[str, tuple[str | None, str | None, str | None, bool]] = {}

    def batch(self, piece: Records, names: frozenset[str], clock: LocalClock, segment: int) -> Batch:
        problems = []
        if piece.stray:
            line = piece.lines.line_at(piece.stray - 1)
            problems.append(Problem("stray_text", f"{self._label}:{line}"))
        if piece.half:
            line, text = piece.lines.line_at(piece.half - 1), piece.data[piece.half - 1 :]
            detail = text.decode("utf-8", "replace")[:80]
            problems.append(Problem("truncated", f"{self._label}:{line}", detail))
        if not len(piece):
            groups = (self._group,) if piece.block else ()
            return Batch(groups=groups, problems=problems, headers=piece.heads, segment=segment)
        senders, seconds = _senders_and_clock(piece, names)
        date, valid = piece.dates()
        lines = piece.line()
        local = (date * 86_400 + seconds) * 1000
        keep, body = self._merge_pasted(piece, senders)
        cut = piece.in_header and self._facts.has_ids and who(senders[-1].as_py()).id is None
        if cut:  # half a header: who that would have been is lost
            keep[-1] = False
            problems.append(
                Problem("truncated", f"{self._label}:{lines[-1]}", _line_of(piece, len(piece) - 1))
            )
        bad = np.flatnonzero(keep & ~valid)
        problems += [Problem("bad_time", f"{self._label}:{lines[i]}", _line_of(piece, int(i))) for i in bad]
        rows = np.flatnonzero(keep & valid)
        suspects = lines[rows][:0] if self._strict else lines[rows][_gone_back(local[rows])]
        notices = [Problem("suspect_split", f"{self._label}:{line}") for line in suspects]
        if piece.open_end and not cut:
            notices.append(Problem("truncated", f"{self._label}:{lines[-1]}"))
        sent_at = clock.utc(local[rows])
        texts = _line_breaks(slices(piece.data, body[rows]))
        senders = senders.take(pa.array(rows))
        if self._facts.has_ids:
            senders, texts = _join_split_names(senders, texts)
        columns, members = self.columns(senders, texts)
        columns |= {
            "sent_at": pa.array(sent_at, pa.timestamp("ms", tz="UTC")),
            "origin_record": pa.array(lines[rows]),
        }
        return Batch(
            record_batch(columns, len(rows)),
            members,
            (self._group,),
            problems,
            notices,
            headers=piece.heads,
            segment=segment,
        )

    def _merge_pasted(self, piece: Records, senders: pa.Array) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Which records are messages, and their bodies.

        Only where line ends were changed there are others: header-like lines without id, where nearly
        all headers of a conversation carry one, belong to the message before them.
        """
        keep, body = np.ones(len(piece), np.bool_), piece.body
        if self._strict:
            return keep, body
        if self._facts.ids_are_the_rule:
            nameless = {s: who(s).id is None for s in senders.unique().to_pylist()}
            keep = np.array([not nameless[s] for s in senders.to_pylist()], np.bool_)
            keep[0] = True
            firsts = np.flatnonzero(keep)
            last = np.append(firsts[1:], len(keep)) - 1
            grown = last > firsts
            body = piece.body.copy()
            body[firsts[grown], 0] = piece.sender[firsts[grown], 1] + 1
            body[firsts[grown], 1] = piece.body[last[grown], 1]
        return keep, body

    def columns(self, senders: pa.Array, texts: pa.Array) -> tuple[dict[str, object], list[Member]]:
        """Who sent what: all columns but times and places, from sender lines and bodies."""
        encoded = senders.dictionary_encode()
        who_is = [self._sender(s) for s in encoded.dictionary.to_pylist()]
        ids, names, titles, system = (
            pa.array([w[i] for w in who_is], kind).take(encoded.indices)
            for i, kind in enumerate((pa.string(), pa.string(), pa.string(), pa.bool_()))
        )
        kinds, own_text = qq_txt_column(texts)
        columns: dict[str, object] = {
            "platform": "qq",
            "group_id": self._group.group_id,
            "group_name": self._group.group_name,
            "sender_id": ids,
            "sender_name": names,
            "sender_title": titles,
            "kind": kinds,
            "text": own_text,
            "origin_file": self._label,
        }
        if pc.any(system).as_py():
            columns |= _events(system, texts, kinds, own_text)
        members = [
            Member(self._group.group_id, id_, name, role=ROLE_TITLES[title])
            for id_, name, title, _ in who_is
            if id_ and title in ROLE_TITLES and self._group.chat_kind == "group"
        ]
        return columns, members

    def _sender(self, line: str) -> tuple[str | None, str | None, str | None, bool]:
        """Member id, name, title of a sender line, and whether it is the system."""
        if line not in self._senders:
            name, id_ = who(line)
            title = None
            if id_ in SYSTEM_IDS:
                self._senders[line] = None, None, None, True
                return self._senders[line]
            if not self._facts.has_ids:
                name, id_ = line, None
            tag = leading_tag(name)
            if tag and self._group.chat_kind == "group" and self._facts.is_title(tag):
                title, name = tag, name[len(tag) + 2 :]
            self._senders[line] = id_ or (f"name:{name}" if name else None), name, title, False
        return self._senders[line]


def _gone_back(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Records in a short row that is earlier than what stands before it and what comes after it.

    In a file whose line ends were changed that may be a log somebody pasted into a message.
    """
    behind = at < np.maximum.accumulate(at) - _PASTED_BACK_MS
    edges = np.flatnonzero(np.diff(behind, append=False)) + 1
    rows = [
        np.arange(start, end)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if end - start <= _PASTED_AT_MOST and end < len(at)
    ]
    return np.concatenate(rows) if rows else np.zeros(0, np.int64)


def _senders_and_clock(piece: Records, names: frozenset[str]) -> tuple[pa.Array, NDArray[np.int64]]:
    """Sender lines, and seconds of the day on a 24-hour clock."""

    senders, mark = slices(piece.data, piece.sender), piece.mark
    if mark.any() and names:
        marked = slices(piece.data, piece.marked_sender)
        is_name = pc.is_in(marked, pa.array(list(names)))
        is_name = pc.and_(is_name, pa.array((piece.marked_sender != piece.sender)[:, 0]))
        senders = pc.if_else(is_name, marked, senders)
        mark = np.where(is_name.to_numpy(zero_copy_only=False), 0, mark)
    hour = piece.clock // 3600
    late = ((mark == PM) & (hour < 12)) | ((mark == NOON) & (hour >= 1) & (hour <= 3))
    return senders, piece.clock + 43_200 * (late.astype(np.int64) - ((mark == AM) & (hour == 12)))


def _line_breaks(texts: pa.Array) -> pa.Array:
    """CRLF and lone CR as LF, in the few texts that have any."""
    some = pc.match_substring(texts, "\r")
    if not pc.any(some).as_py():
        return texts
    found = texts.filter(some)
    return pc.replace_with_mask(
        texts, some, pc.replace_substring(pc.replace_substring(found, "\r\n", "\n"), "\r", "\n")
    )


def _join_split_names(senders: pa.Array, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A name with a line break in it: a header without id whose first body line ends in one.

    Never seen in a real export; accepted only where senders have ids, and for at most
    60 characters, so that a message that merely ends in a number is left alone.
    """
    lone = {s for s in senders.unique().to_pylist() if who(s).id is None}
    if not lone:
        return senders, texts
    names, bodies = senders.to_pylist(), texts.to_pylist()
    for i, sender in enumerate(names):
        first, _, rest = bodies[i].partition("\n")
        if sender in lone and len(first) <= 60 and who(first).id:
            names[i], bodies[i] = f"{sender}\n{first}", rest
    return pa.array(names, pa.string()), pa.array(bodies, pa.string())


def _events(system: pa.Array, texts: pa.Array, kinds: pa.Array, own_text: pa.Array) -> dict[str, object]:
    """Columns of the rows that report what happened, from the sentence in their body."""
    rows = np.flatnonzero(system.to_numpy(zero_copy_only=False))
    found = [parse(text, "qq") for text in texts.take(pa.array(rows)).to_pylist()]
    n = len(texts)
    event: list[Event | None] = [None] * n
    actor: list[str | None] = [None] * n
    target: list[list[str] | None] = [None] * n
    detail: list[str | None] = [None] * n
    mentions: list[list[str] | None] = [None] * n
    kind: list[Kind | None] = [None] * n
    for row, what in zip(rows, found, strict=True):
        event[row], kind[row] = what.event, what.kind
        actor[row], target[row], detail[row], mentions[row] = what.actor, list(what.targets), what.detail, []
    return {
        "kind": pc.coalesce(pa.array(kind, pa.string()), kinds),
        "text": pc.if_else(system, texts, own_text),
        "event": event,
        "event_actor": actor,
        "event_target": target,
        "event_detail": detail,
        "mentions": mentions,
    }


def _line_of(piece: Records, row: int) -> str:
    return piece.data[piece.start[row] : piece.sender[row, 1]].decode("utf-8", "replace")[:80]
