"""ChatLab's records, the same in its JSON and its JSON lines: from structs to message columns.

It knows no container: who reads lines or a document hands over records with their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from cq.formats._json import decode
from cq.formats._placeholders import wechat_tag
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._system_xml import is_raw
from cq.formats._weflow import (
    MAX_ROWS,
    Content,
    Sparse,
    chat_kind,
    content_of,
    event_of,
    identifiers,
    is_nobody,
    is_room,
    leaked,
    reply_of,
    strings,
    tidy,
    timed,
    whole,
)
from cq.model import (
    NON_SPEECH,
    Batch,
    Event,
    Group,
    Kind,
    Member,
    MemberRole,
    Problem,
    record_batch,
    surrogate_group_id,
)

if TYPE_CHECKING:
    import pyarrow as pa


class Record(msgspec.Struct, gc=False, rename={"tag": "_type"}):
    """A header, a member or a message. Anything may stand anywhere: values are checked by column."""

    tag: Any = None
    sender: Any = None
    accountName: Any = None
    groupNickname: Any = None
    timestamp: Any = None
    type: Any = None
    content: Any = None
    platformMessageId: Any = None
    replyToMessageId: Any = None
    platformId: Any = None
    roles: Any = None
    chatlab: Any = None
    meta: Any = None


_TEXT, _REPLY = 0, 25
_KINDS = {
    _TEXT: Kind.TEXT,
    1: Kind.IMAGE,
    2: Kind.VOICE,
    3: Kind.VIDEO,
    4: Kind.FILE,
    5: Kind.STICKER,
    7: Kind.LINK,
    8: Kind.LOCATION,
    20: Kind.RED_PACKET,
    21: Kind.TRANSFER,
    22: Kind.POKE,
    23: Kind.CALL,
    24: Kind.LINK,
    _REPLY: Kind.TEXT,
    26: Kind.FORWARD,
    27: Kind.CONTACT_CARD,
    80: Kind.SYSTEM,
    81: Kind.RECALL,
    99: Kind.OTHER,
}
_AS_IT_IS = frozenset(
    {(1, "[图片]"), (2, "[语音]"), (2, "[语音消息]"), (3, "[视频]"), (5, "[表情包]"), (5, "[动画表情]")}
)
"""Types with contents that say nothing more: every third row that is no text."""
_LOOSE = frozenset({7, 24, 99})
"""Types that WeFlow uses for what ChatLab has other types for: the content tells."""

_WECHAT_ID = re.compile(r"wxid_\w+|gh_\w+|[\w.-]+@\w+|[0-9]{5,}", re.ASCII)
_QQ_SYSTEM = frozenset({"10000", "1000000"})


class Reader:
    """What is known so far of one export; turns records into the pieces of batches."""

    def __init__(self, source: Source) -> None:
        self.label = source.label
        self.group: Group | None = None
        self.headers = 0
        self.skipped: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.source = source
        self._new_groups: list[Group] = []
        self._owners: dict[str, str | None] = {}
        self._members: list[tuple[Group | None, Record]] = []
        self._people: dict[str | None, str | None] = {None: None, "": None}
        self._known: set[str | None] = set()  # ids of members and senders, as exported
        self._senders: set[str | None] = set()
        self._rounded: list[str] = []

    # -- beside the messages -----------------------------------------------------------------------

    def header(self, meta: Any) -> None:
        """What ``meta`` says holds for the messages from here on."""
        meta = meta if isinstance(meta, dict) else {}
        name, platform = map(whole, strings([meta.get("name"), meta.get("platform")]))
        ids, _ = identifiers([meta.get(key) for key in ("groupId", "sourceSessionId", "ownerId")])
        native = whole(ids[0] or ids[1])
        platform = {"weixin": "wechat", None: "unknown", "": "unknown"}.get(platform, platform) or "unknown"
        group_id = native or surrogate_group_id(name)
        group = Group(group_id, name, platform, chat_kind(meta.get("type"), native))
        if group != self.group:
            if self.group is None or platform != self.group.platform:
                self._people = {None: None, "": None}
            self.group = group
            self._new_groups.append(group)
        self._owners[group_id] = whole(ids[2]) or self._owners.get(group_id)

    def member(self, record: Record) -> None:
        """Members wait for the end: only then it is known who has sent something."""
        self._members.append((self.group, record))
        self._known.update(identifiers([record.platformId])[0])

    def skip(self, reason: str, count: int = 1) -> None:
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count

    def batch(self, messages: pa.RecordBatch | None) -> Batch:
        """``messages`` with the groups and problems that have turned up."""
        self._need_group()
        groups, self._new_groups = self._new_groups, []
        problems, self.problems = self.problems, []
        return Batch(messages, groups=groups, problems=problems)

    def last(self, messages: pa.RecordBatch | None = None) -> Batch:
        """The last batch: members, counts and doubts."""
        members, records = self._roster()
        notices = list(self.source.notices())
        if self._rounded:
            notices.append(Problem("rounded_id", self._rounded[0], str(len(self._rounded))))
        batch = self.batch(messages)
        return Batch(
            batch.messages,
            groups=batch.groups,
            problems=batch.problems,
            members=members,
            notices=notices,
            headers=self.headers,
            member_records=records,
            skipped=self.skipped,
        )

    def _need_group(self) -> Group:
        if self.group is None:
            self.header(None)
        assert self.group is not None
        return self.group

    def _roster(self) -> tuple[list[Member], int]:
        """The members, and how many records they come from (an owner may have none)."""
        members = []
        for known, record in self._members:
            group = known or self._need_group()
            ids, lost = identifiers([record.platformId])
            raw = whole(ids[0])
            name, card = map(whole, strings([record.accountName, record.groupNickname]))
            self._rounded += [self.label] * len(lost)
            if raw is None or is_room(raw) or self._is_stranger(group, raw, (name, card)):
                self.skip("not_a_member")
                continue
            owner = self._owners.get(group.group_id) == raw
            role: MemberRole | None = "owner" if owner else _role(record.roles)
            person = _person(raw, group.platform) or raw
            members.append(Member(group.group_id, person, name or None, card or None, role))
        records = len(members)
        named = {(m.group_id, m.member_id) for m in members}
        for group_id, owner_id in self._owners.items():
            if owner_id and (group_id, owner_id) not in named:
                members.append(Member(group_id, owner_id, role="owner"))
        return members, records

    def _is_stranger(self, group: Group, raw: str, names: tuple[str | None, ...]) -> bool:
        """Is this a name out of a forwarded chat, which WeFlow and CipherTalk put among the members?"""
        return (
            group.platform == "wechat"
            and raw in names
            and not _WECHAT_ID.fullmatch(raw)
            and _person(raw, group.platform) not in self._senders
        )

    # -- messages ------------------------------------------------------------------------------------

    def messages(self, rows: Sequence[Record], numbers: Sequence[int]) -> pa.RecordBatch | None:
        """The columns of ``rows``; ``numbers`` are their lines or ordinals. None if no row is left."""
        group = self._need_group()
        rows, numbers, stamps = timed(
            rows, numbers, [row.timestamp for row in rows], self.label, self.problems
        )
        if not rows:
            return None
        people = self._ids([row.sender for row in rows], numbers)
        names = strings([row.groupNickname or row.accountName for row in rows])
        senders = self._resolve(people, names)
        native = self._ids([row.platformMessageId for row in rows], numbers)
        replies = self._ids([row.replyToMessageId for row in rows], numbers)
        texts = strings([row.content for row in rows])
        types = _types([row.type for row in rows])
        sparse = Sparse(len(rows))
        kinds = self._contents(types, texts, people, names, senders, sparse)
        if any(replies):
            quoted = sparse.columns.get("reply_to", replies)
            sparse.columns["reply_to"] = [a or b for a, b in zip(replies, quoted, strict=True)]
        self._senders.update(senders)
        return record_batch(
            {
                "platform": group.platform,
                "group_id": group.group_id,
                "group_name": group.group_name,
                "sent_at": stamps,
                "sender_id": senders,
                "sender_name": [
                    None if sender is None else name or None
                    for sender, name in zip(senders, names, strict=True)
                ],
                "kind": kinds,
                "text": texts,
                "native_id": native,
                "origin_file": self.label,
                "origin_record": numbers,
                **sparse.columns,
            },
            len(rows),
        )

    def _contents(
        self,
        types: list[Any],
        texts: list[str | None],
        people: list[str | None],
        names: list[str | None],
        senders: list[str | None],
        sparse: Sparse,
    ) -> list[str]:
        """The kind of each row; ``texts``, ``senders`` and ``sparse`` get what its content says."""
        kinds = [_NAMES.get(one, "other") for one in types]
        for i, (one, text) in enumerate(zip(types, texts, strict=True)):
            if one == _TEXT:
                if text and text[0] not in "<\n" and not (":\n" in text or "\r" in text or "\0" in text):
                    continue  # nine of ten rows
            elif (one, text) in _AS_IT_IS:
                continue
            content = self._content(one, text, people[i])
            kinds[i], texts[i] = content.kind.value, content.text
            sparse.put_content(i, content, senders[i], names[i], SELF)
            if content.kind in NON_SPEECH:
                senders[i] = None
        return kinds

    def _ids(self, values: list[Any], numbers: Sequence[int]) -> list[str | None]:
        ids, lost = identifiers(values)
        self._rounded += [f"{self.label}:{numbers[i]}" for i in lost]
        return ids

    def _resolve(self, people: list[str | None], names: list[str | None]) -> list[str | None]:
        """Sender ids of the exported ones; a name stands in where there is no id at all."""
        platform = self._need_group().platform
        raws = set(people)
        for raw in raws - self._people.keys():
            assert raw is not None
            self._people[raw] = _person(raw, platform)
        self._known |= raws
        senders = [self._people[raw] for raw in people]
        if None in raws:
            for i, raw in enumerate(people):
                if raw is None and not is_nobody(names[i]):
                    senders[i] = f"name:{names[i]}"
        return senders

    def _content(self, one: Any, text: str | None, person: str | None) -> Content:
        kind = _KINDS.get(one, Kind.OTHER)
        platform = self._need_group().platform
        wechat = platform == "wechat"
        if text and wechat:
            text = tidy(text, self._known)
        elif text:
            text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        text = text or None
        if kind in NON_SPEECH:
            return self._event(kind, text, person, platform)
        if text and wechat:
            if raw := leaked(text):
                return raw
            if is_raw(text[:1_000]):
                return event_of(Kind.SYSTEM, text, platform)
            if one in _LOOSE:
                return _loose(kind, text)
        if one == _TEXT:
            return Content(kind, text)
        return reply_of(text) if one == _REPLY else content_of(kind, text)

    def _event(self, kind: Kind, text: str | None, person: str | None, platform: str) -> Content:
        row = event_of(kind, text, platform)
        tag = wechat_tag(text) if text else None
        sent = tag is not None and tag not in NON_SPEECH and person is not None and not is_room(person)
        if sent and row.event is not None and row.event.event is Event.OTHER:
            return _loose(Kind.OTHER, text or "")  # a person's red packet under a system type
        return row


def _loose(kind: Kind, text: str) -> Content:
    tag = wechat_tag(text)
    if tag is None and "拍了拍" in text:
        row = event_of(Kind.SYSTEM, text, "wechat")
        if row.kind is Kind.POKE:
            return row
    if tag in NON_SPEECH:
        return event_of(tag, text, "wechat")
    return content_of(tag or kind, text)


def _types(values: list[Any]) -> list[Any]:
    if set(map(type, values)) <= {int}:
        return values
    return [
        int(v) if isinstance(v, str) and re.fullmatch("[0-9]{1,4}", v) else v if _is_number(v) else -1
        for v in values
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_NAMES = {one: kind.value for one, kind in _KINDS.items()}


def _person(raw: str, platform: str) -> str | None:
    """The sender id for a ``platformId``; None for the chat itself and other nobodies.

    Converters of logs without ids put names there: no id of WeChat or QQ has Chinese characters
    or blanks in it.
    """
    if is_room(raw) or (platform == "qq" and raw in _QQ_SYSTEM):
        return None
    if platform not in ("wechat", "qq") or ":" in raw:
        return raw
    if not raw.isascii() or " " in raw:
        return f"name:{raw}"
    if platform == "qq" and not raw.isdecimal():
        return f"uid:{raw}" if raw.startswith("u_") else f"email:{raw}" if "@" in raw else raw
    return raw


def _role(roles: Any) -> MemberRole | None:
    if not isinstance(roles, list):
        return None
    ids = [role.get("id") if isinstance(role, dict) else role for role in roles]
    return "owner" if "owner" in ids else "admin" if "admin" in ids else None


# -- JSON lines ------------------------------------------------------------------------------------

_BLANKS = b" \t\r\n"
_HEADER = re.compile(rb'[^\n]*"_type"\s*:\s*"header"[^\n]*')


def read_lines(source: Source) -> Iterator[Batch]:
    """The batches of a file with one record per line."""
    reader = Reader(source)
    decoder = msgspec.json.Decoder(Record)
    line = 1
    for block in source.lines():
        records, numbers = _records(reader, decoder, block, line)
        line += block.count(b"\n")
        for messages in _messages(reader, records, numbers):
            yield reader.batch(messages)
    yield reader.last()


def _records(
    reader: Reader, decoder: msgspec.json.Decoder[Record], block: bytes, line: int
) -> tuple[list[Record], Any]:
    """The records of ``block`` with their line numbers."""
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    try:
        records = decoder.decode_lines(block)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        records = []
    if len(records) == count:
        return records, range(line, line + count)
    return _one_by_one(reader, block, line)


def _one_by_one(reader: Reader, block: bytes, line: int) -> tuple[list[Record], list[int]]:
    records, numbers = [], []
    lines = block.split(b"\n")
    for number, raw in enumerate(lines, line):
        text = raw.strip(_BLANKS)
        if not text:
            continue
        if text.startswith(b"#"):
            reader.skip("comment")
            continue
        try:
            records.append(decode(text, Record))
        except ValueError as error:
            cut = number == line + len(lines) - 1 and text.startswith(b"{") and not text.endswith(b"}")
            where = f"{reader.label}:{number}"
            reader.problems.append(Problem("truncated" if cut else "bad_json", where, str(error)))
        else:
            numbers.append(number)
    return records, numbers


def _messages(reader: Reader, records: list[Record], numbers: Any) -> Iterator[pa.RecordBatch | None]:
    """Message batches; headers and members on the way go to ``reader``."""
    tags = [record.tag for record in records]
    if tags.count("message") < len(tags):
        rows: list[Record] = []
        lines: list[int] = []
        for record, number in zip(records, numbers, strict=True):
            match record.tag:
                case "message":
                    pass
                case None if record.timestamp is not None:
                    pass
                case "header":
                    if rows:
                        yield from _messages_only(reader, rows, lines)
                        rows, lines = [], []
                    reader.headers += 1
                    reader.header(record.meta)
                    continue
                case "member":
                    reader.member(record)
                    continue
                case _:
                    reader.skip("unknown_record")
                    continue
            rows.append(record)
            lines.append(number)
        records, numbers = rows, lines
    yield from _messages_only(reader, records, numbers)


def _messages_only(reader: Reader, rows: list[Record], numbers: Any) -> Iterator[pa.RecordBatch | None]:
    if rows and reader.group is None:
        reader.header(_header_ahead(reader))
    for at in range(0, len(rows), MAX_ROWS):
        yield reader.messages(rows[at : at + MAX_ROWS], numbers[at : at + MAX_ROWS])


def _header_ahead(reader: Reader) -> Any:
    """The ``meta`` of a header that comes after the first message."""
    source = reader.source
    for block in Source(source.label, source.open, source.size).lines():
        if line := _HEADER.search(block):
            try:
                return decode(line[0], Record).meta
            except ValueError:
                continue
    return None
