"""QQ PC and TIM: the official text export (全部消息记录.txt).

How to get it: QQ for Windows up to 9.7.2x and TIM: 消息管理器 → right-click a group (or 导出全部消息记录)
→ 导出消息记录 → type 文本文件 (*.txt). QQ NT has no such export any more.

What it looks like: UTF-8 with BOM, CRLF; a first line 消息记录（此消息记录为文本格式，不支持重新导入）,
then for each conversation 消息分组:… and 消息对象:… between lines of 64 equal signs, then records: a
line `2021-03-05 9:45:37 【管理员】name(10086001)`, the body, an empty line. The hour has one digit
where it can; 12-hour clocks (AM/PM behind, 上午/下午 before the time) follow the Windows locale. A
whole-database export holds many conversations.

What it carries: QQ numbers (or e-mail addresses and phone numbers), names and titles as they were,
text, system rows (recalls, joins, files).

What it lacks: group numbers (a stand-in is made from the group's name), message ids, replies,
structured mentions (`@name` is looked up in the text), media, the time zone (`--tz`), the content of
recalled messages, joins before the exporter joined. Private chats and discussion groups carry no
sender ids.

Re-saved copies: GBK and UTF-16 copies, and copies whose line ends an editor changed, are read; in
the latter a pasted log inside a message can be mistaken for messages, which is counted where it
shows. Seen: byte-exact exports of 2016 and one of unknown year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cq.formats import Format, Peek, ReadOptions, Source
from cq.formats._qq_names import KNOWN_TITLES, ROLE_TITLES, SYSTEM_IDS, leading_tag, who
from cq.model import Batch, ChatKind, Event, Group, Kind, Member, Problem, surrogate_group_id

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cq.formats._qq_txt_scan import Block, Records
    from cq.zones import LocalClock

_MAGIC = "消息记录（此消息记录为文本格式，不支持重新导入）"
_RULE = "=" * 64
_PASTED_BACK_MS = 600_000
"""A header this much earlier than the one before, followed by a jump forward, may be pasted text."""

_PASTED_AT_MOST = 50
"""Records in a row that go back like that; more are another export that was appended."""

_NAMES_OF_A_GROUP = 3
"""Distinct names that make a conversation without sender ids a group, and a tag a title."""


def _sniff(peek: Peek) -> str | None:
    if peek.first_line == _MAGIC:
        return "first line 消息记录（此消息记录为文本格式…）"
    if "短消息记录(" in peek.first_line:  # Discuz! private messages borrow the layout
        return None
    lines = [line.rstrip("\r") for line in peek.start[: 1 << 16].split("\n")[:400]]
    if lines.count(_RULE) >= 3 and any(line.startswith("消息对象:") for line in lines):
        return "消息对象 between lines of 64 equal signs (the first line is missing)"
    return None


@dataclass(slots=True)
class _Facts:
    """What only a look at a whole conversation tells."""

    headers: int = 0
    with_id: int = 0
    ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    tags: dict[str, set[str]] = field(default_factory=dict)

    @property
    def chat_kind(self) -> ChatKind:
        if self.has_ids or len(self.names) >= _NAMES_OF_A_GROUP:
            return "group"
        return "private" if self.names else "unknown"

    @property
    def ids_are_the_rule(self) -> bool:
        """Whether everybody here has an id, and a header without one is none (or a damaged one)."""
        share = 0.8 if len(self.ids) >= _NAMES_OF_A_GROUP else 0.95
        return 0 < self.with_id >= share * self.headers

    @property
    def has_ids(self) -> bool:
        """Whether ``(digits)`` behind a name is an id.

        In a private chat nobody has one: there it is part of what the friend is called, 张三(2019).
        """
        many = len(self.names) >= _NAMES_OF_A_GROUP and 2 * self.with_id >= self.headers > 0
        return self.ids_are_the_rule or many

    def is_title(self, tag: str) -> bool:
        return tag in KNOWN_TITLES or len(self.tags.get(tag, ())) >= _NAMES_OF_A_GROUP

    def add(self, sender: str, count: int) -> None:
        name, id_ = who(sender)
        if id_ in SYSTEM_IDS:
            return
        self.headers += count
        self.with_id += count if id_ else 0
        if len(self.names) < _NAMES_OF_A_GROUP:
            self.names.add(name)
        if id_ and len(self.ids) < _NAMES_OF_A_GROUP:
            self.ids.add(id_)
        tag = leading_tag(name)
        if tag and tag not in KNOWN_TITLES:
            holders = self.tags.setdefault(tag, set())
            if len(holders) < _NAMES_OF_A_GROUP:
                holders.add(id_ or name)


@dataclass(slots=True)
class _Survey:
    """The first pass over a file."""

    conversations: dict[Block | None, _Facts] = field(default_factory=dict)
    records: int = 0
    heads: int = 0
    mixed: bool = False
    marked: dict[str, bool] = field(default_factory=dict)
    marked_records: int = 0

    def groups(self) -> dict[Block | None, Group]:
        """The group or person each conversation is with; a friend and a group may have one name."""
        kinds = {block: facts.chat_kind for block, facts in self.conversations.items()}
        of_groups = {block.name for block, kind in kinds.items() if block and kind == "group"}
        found = {}
        for block, kind in kinds.items():
            name = block.name if block else None
            id_ = surrogate_group_id(name)
            found[block] = Group(
                f"{id_}#private" if kind == "private" and name in of_groups else id_, name, "qq", kind
            )
        return found

    def names_that_begin_with_a_mark(self) -> frozenset[str]:
        """Sender lines whose AM or PM belongs to the name, not to the clock.

        Certain where such a line occurs with an hour no 12-hour clock shows; assumed where a file
        is plainly on a 24-hour clock and at most two senders carry the word.
        """
        plainly_24 = self.records >= 20 and 2 * self.marked_records < self.records
        if plainly_24 and len(self.marked) < _NAMES_OF_A_GROUP:
            return frozenset(self.marked)
        return frozenset(sender for sender, impossible in self.marked.items() if impossible)


def _survey(source: Source, strict: bool) -> _Survey:
    import numpy as np

    from cq.formats._qq_txt_scan import AM, PM, scan

    survey = _Survey()
    for piece in scan(source, strict):
        facts = survey.conversations.setdefault(piece.block, _Facts())
        survey.records += len(piece)
        survey.heads += piece.heads
        survey.mixed |= piece.lines.mixed
        if not len(piece):
            continue
        for entry in _slices(piece.data, piece.sender).value_counts().to_pylist():
            facts.add(entry["values"], entry["counts"])
        marked = np.flatnonzero(
            ((piece.mark == AM) | (piece.mark == PM)) & (piece.marked_sender != piece.sender)[:, 0]
        )
        survey.marked_records += len(marked)
        hours = piece.clock[marked] // 3600
        senders = _slices(piece.data, piece.marked_sender).take(marked).to_pylist() if len(marked) else []
        for sender, hour in zip(senders, hours, strict=True):
            survey.marked[sender] = survey.marked.get(sender, False) or hour == 0 or hour > 12
    return survey


def _read(source: Source, options: ReadOptions) -> Iterator[Batch]:
    from cq.formats._qq_txt_scan import is_strict, scan
    from cq.zones import LocalClock

    strict = is_strict(source)
    survey = _survey(source, strict)
    if strict and (survey.mixed or not survey.records):
        strict = False
        survey = _survey(source, strict)
    notices = [*source.notices(), *(() if strict else [Problem("line_ends_changed", f"{source.label}:1")])]
    first = int(source.peek.first_line == _MAGIC)
    if not survey.records:
        problem = Problem("no_records", f"{source.label}:1")
        yield Batch(problems=(problem,), notices=notices, headers=first + survey.heads)
        return
    names, groups = survey.names_that_begin_with_a_mark(), survey.groups()
    clock = LocalClock(options.zone)
    segment, block = -1, None
    yield Batch(headers=first)
    for piece in scan(source, strict):
        if segment < 0 or piece.block is not block:
            segment, block = segment + 1, piece.block
        conversation = _Conversation(source.label, groups[block], survey.conversations[block], strict)
        yield conversation.batch(piece, names, clock, segment)
    yield Batch(notices=notices)


class _Conversation:
    """Turns the records of one conversation into message columns."""

    def __init__(self, label: str, group: Group, facts: _Facts, strict: bool) -> None:
        self._label = label
        self._group = group
        self._facts = facts
        self._strict = strict
        self._senders: dict[str, tuple[str | None, str | None, str | None, bool]] = {}

    def batch(self, piece: Records, names: frozenset[str], clock: LocalClock, segment: int) -> Batch:
        import numpy as np
        import pyarrow as pa

        problems = []
        if piece.stray:
            line = piece.lines.line_at(piece.stray - 1)
            problems.append(Problem("stray_text", f"{self._label}:{line}"))
        if not len(piece):
            groups = (self._group,) if piece.block else ()
            return Batch(groups=groups, problems=problems, headers=piece.heads, segment=segment)
        senders, seconds = _senders_and_clock(piece, names)
        date, valid = piece.dates()
        lines = piece.line()
        local = (date * 86_400 + seconds) * 1000
        keep, body = self._merge_pasted(piece, senders)
        bad = np.flatnonzero(keep & ~valid)
        problems += [Problem("bad_time", f"{self._label}:{lines[i]}", _line_of(piece, int(i))) for i in bad]
        rows = np.flatnonzero(keep & valid)
        suspects = lines[rows][:0] if self._strict else lines[rows][_gone_back(local[rows])]
        notices = [Problem("suspect_split", f"{self._label}:{line}") for line in suspects]
        sent_at = clock.utc(local[rows])
        texts = _line_breaks(_slices(piece.data, body[rows]))
        senders = senders.take(pa.array(rows))
        if self._facts.ids_are_the_rule:
            senders, texts = _join_split_names(senders, texts)
        columns, members = self._columns(senders, texts)
        columns |= {
            "sent_at": pa.array(sent_at, pa.timestamp("ms", tz="UTC")),
            "origin_record": pa.array(lines[rows]),
        }
        return Batch(
            _record_batch(columns, len(rows)),
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
        import numpy as np

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

    def _columns(self, senders: pa.Array, texts: pa.Array) -> tuple[dict[str, object], list[Member]]:
        import pyarrow as pa
        import pyarrow.compute as pc

        from cq.formats._placeholders import qq_txt_column

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
    import numpy as np

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
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from cq.formats._qq_txt_scan import AM, NOON, PM

    senders, mark = _slices(piece.data, piece.sender), piece.mark
    if mark.any() and names:
        marked = _slices(piece.data, piece.marked_sender)
        is_name = pc.is_in(marked, pa.array(list(names)))
        is_name = pc.and_(is_name, pa.array((piece.marked_sender != piece.sender)[:, 0]))
        senders = pc.if_else(is_name, marked, senders)
        mark = np.where(is_name.to_numpy(zero_copy_only=False), 0, mark)
    hour = piece.clock // 3600
    late = ((mark == PM) & (hour < 12)) | ((mark == NOON) & (hour >= 1) & (hour <= 3))
    return senders, piece.clock + 43_200 * (late.astype(np.int64) - ((mark == AM) & (hour == 12)))


def _slices(data: bytes, spans: NDArray[np.int64]) -> pa.Array:
    """The strings at rising, disjoint [start, end) offsets of UTF-8 text."""
    import numpy as np
    import pyarrow as pa

    if not len(spans):
        return pa.array([], pa.string())
    offsets = pa.py_buffer(np.ascontiguousarray(spans).reshape(-1))
    pieces = pa.Array.from_buffers(pa.large_string(), 2 * len(spans) - 1, [None, offsets, pa.py_buffer(data)])
    return pieces.take(pa.array(np.arange(0, 2 * len(spans), 2))).cast(pa.string())


def _line_breaks(texts: pa.Array) -> pa.Array:
    """CRLF and lone CR as LF, in the few texts that have any."""
    import pyarrow.compute as pc

    some = pc.match_substring(texts, "\r")
    if not pc.any(some).as_py():
        return texts
    found = texts.filter(some)
    return pc.replace_with_mask(
        texts, some, pc.replace_substring(pc.replace_substring(found, "\r\n", "\n"), "\r", "\n")
    )


def _join_split_names(senders: pa.Array, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A name with a line break in it: a header without id whose first body line ends in one.

    Never seen in a real export; accepted only where every other sender has an id, and for at most
    60 characters, so that a message that merely ends in a number is left alone.
    """
    import pyarrow as pa

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
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from cq.formats._system_text import parse

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


def _record_batch(columns: dict[str, object], rows: int) -> pa.RecordBatch:
    from cq.model import record_batch

    return record_batch(columns, rows)


FORMAT = Format(
    id="qq-pc-txt",
    title="QQ PC / TIM text export (全部消息记录.txt)",
    platform="qq",
    sniff=_sniff,
    read=_read,
)
