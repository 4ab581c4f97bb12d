"""WeFlow, its relatives, and what they put into a message: shared by the JSON formats.

The upper half reads a content (placeholders, quotations, leaked XML, media paths) and JSON
scalars; ChatLab files, most of which WeFlow writes, use it too. The lower half reads the document
``{session, messages, …}`` of WeFlow (detailed and Arkme) and EchoTrace.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from cq.formats._json import Items, Key, walk_ordered
from cq.formats._placeholders import wechat, wechat_tag
from cq.formats._source import Source
from cq.formats._system_text import SELF, SystemText, clean, parse
from cq.formats._system_xml import is_raw, unpack
from cq.formats._wechat_types import kind_of
from cq.model import (
    NON_SPEECH,
    Batch,
    ChatKind,
    Event,
    Group,
    Kind,
    Member,
    Problem,
    record_batch,
    surrogate_group_id,
)

MAX_ROWS = 65_536
"""Messages in one batch."""

_ROOM = ("@chatroom", "@im.chatroom")
_NOBODY = frozenset({"SYSTEM", "system", "系统消息", "系统", "群成员"})
"""Senders and names that exporters give to rows nobody sent."""

_Row = TypeVar("_Row")

_LATEST = 4_102_444_800
"""Seconds. A message from 2100 on has a damaged time."""
_MILLISECONDS = 100_000_000_000
_DECIMAL = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?")
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_MAX_DIGITS = 10**30


# -- JSON scalars ----------------------------------------------------------------------------------


def millis(values: Sequence[Any]) -> list[int | None]:
    """UTC milliseconds of epoch seconds or milliseconds, as numbers or strings; None if neither."""
    if set(map(type, values)) == {int} and min(values) > 0 and max(values) < _LATEST:
        return [value * 1000 for value in values]
    return [_milli(value) for value in values]


def _milli(value: Any) -> int | None:
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    stamp = value if value >= _MILLISECONDS else value * 1000
    return round(stamp) if 0 < stamp < _LATEST * 1000 else None


def timed(
    rows: Sequence[_Row], numbers: Sequence[int], values: Sequence[Any], label: str, problems: list[Problem]
) -> tuple[Sequence[_Row], Sequence[int], list[int | None]]:
    """The rows that have a time in ``values``, with their times; a problem ``bad_time`` per other one."""
    stamps = millis(values) if values else []
    if None not in stamps:
        return rows, numbers, stamps
    sound = [i for i, stamp in enumerate(stamps) if stamp is not None]
    problems += [
        Problem("bad_time", f"{label}:{number}", shown(value))
        for number, value, stamp in zip(numbers, values, stamps, strict=True)
        if stamp is None
    ]
    return [rows[i] for i in sound], [numbers[i] for i in sound], [stamps[i] for i in sound]


def strings(values: list[Any]) -> list[str | None]:
    """Names and texts: numbers as they are written, anything with a structure as JSON."""
    if set(map(type, values)) <= {str, type(None)}:
        return values
    return [v if v is None or isinstance(v, str) else _written(v) for v in values]


def _written(value: Any) -> str | None:
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, TypeError, RecursionError, msgspec.MsgspecError):
        return None  # half a surrogate pair deep inside, or a number of a thousand digits


def whole(text: str | None) -> str | None:
    """Without half surrogate pairs, which no encoding can hold (batches mend them by themselves)."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def identifiers(values: list[Any]) -> tuple[list[str | None], list[int]]:
    """Ids as strings, ``""``, ``"0"`` and ``"null"`` as None; and where a float has destroyed one."""
    lost: list[int] = []
    if not set(map(type, values)) <= {str, type(None)}:
        lost = [i for i, v in enumerate(values) if isinstance(v, float) or _is_rounded(v)]
        values = [_identifier(v) for v in values]
    elif "E+" in (joined := "".join(filter(None, values))) or "e+" in joined:
        lost = [i for i, v in enumerate(values) if _is_rounded(v)]
        values = [None if _is_rounded(v) else v for v in values]
    return [v if v and v != "0" and v != "null" else None for v in values], lost


def shown(value: Any) -> str:
    """A scalar for a problem's detail; of anything else the type."""
    return (
        repr(value)[:60]
        if isinstance(value, str | float | None)
        else _identifier(value) or type(value).__name__
    )


def _is_rounded(value: Any) -> bool:
    return isinstance(value, str) and _ROUNDED.fullmatch(value) is not None


def _identifier(value: Any) -> str | None:
    if isinstance(value, str) and not _is_rounded(value):
        return value
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole and abs(value) < _MAX_DIGITS else None


# -- a content -------------------------------------------------------------------------------------


class Content(msgspec.Struct):
    """A message that is not plain text, worked out. ``event`` makes it a row of the log."""

    kind: Kind
    text: str | None = None
    url: str | None = None
    card_title: str | None = None
    reply_to: str | None = None
    reply_quote: str | None = None
    event: SystemText | None = None


_SHOWN = {Kind.IMAGE: "[图片]", Kind.VOICE: "[语音消息]", Kind.VIDEO: "[视频]", Kind.STICKER: "[表情包]"}
_MEDIA = re.compile(
    r"(?:[^\n\"<>|*?]{1,300}[\\/])?[^\n\\/\"<>|*?]{1,200}\."
    r"(?:jpe?g|png|gif|webp|bmp|heic|avif|tiff?|dat|mp4|mov|m4v|avi|mkv|3gp|mp3|wav|amr|silk|slk|ogg|opus|m4a|aac)"
    r"|https?://\S+",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s\"'<>，。；、）】」》]+")
_TITLED = frozenset({Kind.LINK, Kind.MINI_PROGRAM, Kind.FILE, Kind.CONTACT_CARD, Kind.FORWARD})
_PREFIX = re.compile(r"([\w@.-]{3,64}):[ \t]*\n", re.ASCII)
_FILLED = re.compile(r"\$\{([^${}]+)\}")
_QUOTE = "[引用 "
_MAX_SENTENCE = 4_000
_MAX_NAME = 40


def tidy(text: str, people: Collection[str | None] = ()) -> str | None:
    """``text`` with LF line ends, without NUL, the line breaks that WeFlow leaves at the start,
    and the ``wxid:`` of one of ``people`` that WeChat stores before it. None if nothing is left."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\0", "")
    if ":" in text and (prefix := _PREFIX.match(text)) and prefix[1] in people:
        text = text[prefix.end() :]
    return text.lstrip("\n") or None


def content_of(kind: Kind, text: str | None) -> Content:
    """What a content of a known kind says: title of a card, transcript of a recording, …"""
    if not text:
        return Content(kind, None)
    tag = wechat_tag(text)
    if tag is not None and (tag is kind or kind is Kind.OTHER):
        kind, own, title = wechat(text)
        return Content(kind, own, _first_url(kind, text), title)
    if kind in _SHOWN:
        return Content(kind, _SHOWN[kind] if _MEDIA.fullmatch(text) else text)
    if kind is Kind.FORWARD:
        text = text.partition("\n")[0]
    elif kind is Kind.FILE and "\n" not in text:
        text = re.split(r"[\\/]", text)[-1] or text
    return Content(kind, text, _first_url(kind, text), text if kind in _TITLED and "\n" not in text else None)


def _first_url(kind: Kind, text: str) -> str | None:
    found = _URL.search(text) if kind in (Kind.LINK, Kind.MINI_PROGRAM) else None
    return found[0] if found else None


def event_of(kind: Kind, text: str | None, platform: str) -> Content:
    """A row that the export types as system, recall or poke, by its sentence."""
    said = parse(text, platform)
    if said.event is Event.OTHER and kind is not Kind.SYSTEM:
        event = Event.RECALL if kind is Kind.RECALL else Event.POKE
        said = SystemText(event, kind)
    if text and is_raw(text[:1_000]):
        text = _FILLED.sub(r"\1", unpack(text)[0]) or text
    elif text and len(text) <= _MAX_SENTENCE:
        text = clean(text) or text
    return Content(said.kind, text, event=said)


def reply_of(text: str | None, quote: str | None = None) -> Content:
    """A reply: its own words without the ``[引用 名：预览]`` at the end, and the quotation.

    A quoted reply brings its own quotation along, so the first ``[引用`` begins it.
    """
    at = text.find(_QUOTE) if text else -1
    if text and at >= 0 and text.endswith("]"):
        shown = text[at + len(_QUOTE) : -1]
        name, colon, words = shown.partition("：")
        if quote is None:
            quote = words if colon and len(name) <= _MAX_NAME and "\n" not in name else shown
        text = text[:at].rstrip() or None
    kind = Kind.TEXT
    if text and (tag := wechat_tag(text)):
        kind, text, _ = wechat(text)
        kind = Kind.TEXT if tag in NON_SPEECH else kind
    return Content(kind, text, reply_quote=quote or None)


_XML = re.compile(r"\s{0,8}(?:<\?xml[^<>]{0,200}\?>\s{0,8})?<(?:msg|appmsg|voipmsg)[\s>]")
_MAX_XML = 1 << 20
_PARTS = {"img": Kind.IMAGE, "voicemsg": Kind.VOICE, "videomsg": Kind.VIDEO, "emoji": Kind.STICKER}


def leaked(text: str) -> Content | None:
    """A content that is still WeChat's own XML; None if it is not, or must not be parsed."""
    if not _XML.match(text) or len(text) > _MAX_XML or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        root = ET.fromstring(text.strip())
    except (ET.ParseError, ValueError):  # ValueError: half a surrogate pair
        return None
    card = root if root.tag == "appmsg" else root.find("appmsg")
    if card is not None:
        return _card(card)
    for tag, kind in _PARTS.items():
        if root.find(tag) is not None:
            return Content(kind, _SHOWN[kind])
    place = root.find("location")
    if place is not None:
        words = (place.get(name, "").strip() for name in ("poiname", "label"))
        return Content(Kind.LOCATION, " ".join(filter(None, words)) or None)
    if root.tag == "voipmsg":
        return Content(Kind.CALL, "[通话]")
    if root.tag == "msg" and root.get("username") and root.get("nickname"):
        return Content(Kind.CONTACT_CARD, root.get("nickname"), card_title=root.get("nickname"))
    return None


def _card(card: ET.Element) -> Content:
    def of(path: str) -> str | None:
        return (card.findtext(path) or "").strip() or None

    kind = kind_of(49, None, None, of("type"))
    text = of("title") or of("des")
    match kind:
        case Kind.TEXT:
            reply_to, _ = identifiers([of("refermsg/svrid")])
            return Content(kind, text, reply_to=reply_to[0], reply_quote=of("refermsg/content"))
        case Kind.RED_PACKET:
            text = of("wcpayinfo/sendertitle") or text
        case Kind.ANNOUNCEMENT:
            text = of("textannouncement") or text
        case Kind.OTHER:
            kind = Kind.LINK if of("url") else kind
    return Content(kind, text, of("url"), text if kind in _TITLED else None)


# -- columns ---------------------------------------------------------------------------------------


class Sparse:
    """Columns that most rows leave null: only those that some row fills come into being."""

    def __init__(self, rows: int) -> None:
        self.columns: dict[str, list[Any]] = {}
        self._rows = rows

    def put(self, name: str, row: int, value: Any) -> None:
        if value is not None:
            if name not in self.columns:
                self.columns[name] = [None] * self._rows
            self.columns[name][row] = value

    def put_content(self, row: int, content: Content, sender: str | None, name: str | None, me: str) -> None:
        """Everything of ``content`` but kind and text.

        ``sender`` with its ``name`` acts where the sentence names nobody, and where it names him.
        """
        for column in ("url", "card_title", "reply_to", "reply_quote"):
            value = getattr(content, column)
            if value is not None:
                self.put(column, row, value)
        if (said := content.event) is None:
            return
        same = {SELF: me} if sender is None else {SELF: me, f"name:{name}": sender}
        actor, targets = said.actor, said.targets
        if actor is None and said.event in (Event.POKE, Event.RECALL):
            actor = sender
            if said.event is Event.RECALL and actor is not None:
                targets = targets or (actor,)
        self.put("event", row, said.event.value)
        self.put("event_actor", row, same.get(actor or "", actor))
        self.put("event_target", row, [same.get(target, target) for target in targets])
        self.put("event_detail", row, said.detail)
        self.put("mentions", row, [])


def is_room(sender: str) -> bool:
    """Is this "sender" the chat itself? Exporters put that before system rows."""
    return sender.endswith(_ROOM) or sender in _NOBODY


def is_nobody(name: str | None) -> bool:
    """Does this name stand for nobody in particular?"""
    return not name or name in _NOBODY


def chat_kind(word: Any, group_id: str | None) -> ChatKind:
    """Group or private chat, by the room's id or else by what the export says."""
    if group_id and group_id.endswith(_ROOM):
        return "group"
    match word:
        case "group" | "群聊":
            return "group"
        case "private" | "私聊" | "单聊" | "好友":
            return "private"
        case _:
            return "unknown"


# -- the document of WeFlow and EchoTrace ------------------------------------------------------------


class _Message(msgspec.Struct, gc=False):
    createTime: Any = None
    type: Any = None
    localType: Any = None
    content: Any = None
    isSend: Any = None
    senderUsername: Any = None
    senderDisplayName: Any = None
    senderID: Any = None
    source: Any = None
    platformMessageId: Any = None
    replyToMessageId: Any = None
    quotedContent: Any = None
    quotedSvrid: Any = None
    appMsgType: Any = None
    linkTitle: Any = None
    linkUrl: Any = None
    musicTitle: Any = None
    musicUrl: Any = None
    finderTitle: Any = None
    finderDesc: Any = None
    contactCardNickname: Any = None


class _Person(msgspec.Struct, gc=False):
    senderID: Any = None
    wxid: Any = None
    username: Any = None
    displayName: Any = None
    nickname: Any = None
    groupNickname: Any = None


_OWN = re.compile(r"(wxid_[0-9a-z]+)_[0-9a-f]{4}")
"""The folder of an account, which stands for the owner's id in some rows."""
_AT_LIST = re.compile(r"<atuserlist>(.*?)</atuserlist>", re.DOTALL)
_AT_ALL = frozenset({"notify@all", "announcement@all"})
_IS_SEND: Mapping[Any, bool] = {1: True, 0: False, "1": True, "0": False}


def read_document(source: Source, *, ids: bool, table: bool = False) -> Iterator[Batch]:
    """The batches of a WeFlow or EchoTrace document.

    ``ids``: its message ids are WeChat's own. ``table``: the senders stand in a table of their own.
    """
    reader = _Reader(source, ids, table)
    arrays = {"messages": _Message, "senders": _Person, "groupMembers": _Person}
    keys = {"weflow", "session"}
    first = {"session", "senders"} if table else {"session"}
    yield from reader.batches(walk_ordered(source.blocks, source.label, arrays, keys, "messages", first))


class _Reader:
    def __init__(self, source: Source, ids: bool, table: bool) -> None:
        self._source = source
        self._ids = ids
        self._table = table
        self._session: dict[str, Any] = {}
        self._group: Group | None = None
        self._senders: dict[str, tuple[str | None, str | None]] = {}
        self._members: list[Member] = []
        self._member_records = 0
        self._headers = 0
        self._skipped: dict[str, int] = {}
        self._problems: list[Problem] = []
        self._notices: list[Problem] = []
        self._rounded: list[str] = []
        self._known: set[str | None] = set()  # ids of senders and members, as exported
        self._me: str | None = None
        self._sought_me = False

    def batches(self, parts: Iterator[Any]) -> Iterator[Batch]:
        rows: list[_Message] = []
        numbers: list[int] = []
        seen = 0
        for part in parts:
            match part:
                case Problem():
                    self._problems.append(part)
                case Key(name, value):
                    self._headers = 1
                    if name == "session" and isinstance(value, dict):
                        self._session = value
                case Items("messages", first, values):
                    seen = first + len(values) - 1
                    rows += values
                    numbers += range(first, first + len(values))
                    while len(rows) >= MAX_ROWS:
                        yield self._batch(rows[:MAX_ROWS], numbers[:MAX_ROWS])
                        del rows[:MAX_ROWS], numbers[:MAX_ROWS]
                case Items("senders", _, values):
                    self._member_records += len(values)
                    self._learn_senders(values)
                case Items(_, _, values):
                    self._learn_members(values)
        stated, _ = identifiers([self._session.get("messageCount")])
        if stated[0] is not None and stated[0] != str(seen):
            detail = f"messageCount={stated[0]} messages={seen}"
            self._notices.append(Problem("count_mismatch", self._source.label, detail))
        yield self._batch(rows, numbers, last=True)

    def _batch(self, rows: list[_Message], numbers: list[int], *, last: bool = False) -> Batch:
        groups = () if self._group else (self._found_group(),)
        messages = self._messages(rows, numbers) if rows else None
        problems, self._problems = self._problems, []
        if not last:
            return Batch(messages, groups=groups, problems=problems)
        if self._rounded:
            self._notices.append(Problem("rounded_id", self._rounded[0], str(len(self._rounded))))
        return Batch(
            messages,
            groups=groups,
            members=self._members,
            problems=problems,
            notices=(*self._notices, *self._source.notices()),
            headers=self._headers,
            member_records=self._member_records,
            skipped=self._skipped,
        )

    def _found_group(self) -> Group:
        session = self._session
        ids, _ = identifiers([session.get("wxid")])
        names = strings([session.get(key) for key in ("displayName", "nickname")])
        room, name = whole(ids[0]), whole(next(filter(None, names), None))
        kind = chat_kind(session.get("type"), room)
        self._group = Group(room or surrogate_group_id(name), name, "wechat", kind)
        self._members = [msgspec.structs.replace(m, group_id=self._group.group_id) for m in self._members]
        return self._group

    def _learn_senders(self, people: list[_Person]) -> None:
        keys = [_table_key(p.senderID) for p in people]
        wxids, _ = identifiers([p.wxid for p in people])
        names = strings([p.groupNickname or p.displayName or p.nickname for p in people])
        self._senders.update(zip(keys, zip(wxids, names, strict=True), strict=True))

    def _learn_members(self, people: list[_Person]) -> None:
        wxids, _ = identifiers([p.wxid or p.username for p in people])
        names = strings([p.nickname or p.displayName or None for p in people])
        cards = strings([p.groupNickname or None for p in people])
        self._known.update(wxids)
        group_id = self._group.group_id if self._group else ""
        for wxid, name, card in zip(wxids, names, cards, strict=True):
            if wxid is None or is_room(wxid):
                self._skipped["not_a_member"] = self._skipped.get("not_a_member", 0) + 1
            else:
                self._member_records += 1
                self._members.append(Member(group_id, whole(wxid) or "", whole(name), whole(card)))

    # -- messages --------------------------------------------------------------------------------

    def _messages(self, rows: Sequence[_Message], numbers: Sequence[int]) -> Any:
        times = [row.createTime for row in rows]
        rows, numbers, stamps = timed(rows, numbers, times, self._source.label, self._problems)
        if not rows:
            return None
        assert self._group is not None
        own = [_own_flag(row.isSend) for row in rows]
        people, names = self._people(rows, own)
        texts = strings([row.content for row in rows])
        sparse = Sparse(len(rows))
        kinds = self._contents(rows, people, names, texts, sparse)
        quiet = [kind in NON_SPEECH for kind in kinds]
        senders = [
            None if hush else self._sender(person, name, mine)
            for hush, person, name, mine in zip(quiet, people, names, own, strict=True)
        ]
        if self._ids:
            native = self._identifiers([row.platformMessageId for row in rows], numbers)
            replies = self._identifiers([row.replyToMessageId or row.quotedSvrid for row in rows], numbers)
            for i, reply in enumerate(replies):
                sparse.put("reply_to", i, reply)
            sparse.columns["native_id"] = native
        self._mentions(rows, quiet, sparse)
        return record_batch(
            {
                "platform": "wechat",
                "group_id": self._group.group_id,
                "group_name": self._group.group_name,
                "sent_at": stamps,
                "sender_id": senders,
                "sender_name": [
                    None if sender is None or is_nobody(name) else name
                    for sender, name in zip(senders, names, strict=True)
                ],
                "kind": [kind.value for kind in kinds],
                "text": texts,
                "is_self": own,
                "origin_file": self._source.label,
                "origin_record": numbers,
                **sparse.columns,
            },
            len(rows),
        )

    def _identifiers(self, values: list[Any], numbers: Sequence[int]) -> list[str | None]:
        ids, lost = identifiers(values)
        self._rounded += [f"{self._source.label}:{numbers[i]}" for i in lost]
        return ids

    def _people(
        self, rows: Sequence[_Message], own: list[bool | None]
    ) -> tuple[list[str | None], list[str | None]]:
        """Id and name of each row's sender as the export has them; learns the owner's id."""
        if self._table:
            nobody = (None, None)
            pairs = [self._senders.get(_table_key(row.senderID), nobody) for row in rows]
            people, names = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        else:
            people, _ = identifiers([row.senderUsername for row in rows])
            names = strings([row.senderDisplayName or None for row in rows])
        self._known.update(people)
        for i, mine in enumerate(own):
            person = people[i]
            if mine and person and not is_room(person):
                whole = _OWN.fullmatch(person)
                people[i] = self._me = whole[1] if whole else person
        return people, names

    def _sender(self, person: str | None, name: str | None, mine: bool | None) -> str | None:
        if person and not is_room(person):
            return person
        if mine:
            return self._owner()
        return f"name:{name}" if not person and not is_nobody(name) else None

    def _owner(self) -> str:
        """The owner's id, for 你 in system rows. Looked for ahead if no own message has come yet."""
        if self._me is None and not self._sought_me:
            self._sought_me = True
            ahead = _Reader(self._source, self._ids, self._table)
            arrays = {"messages": _Message, "senders": _Person}
            first = {"senders"} if self._table else set()
            blocks = Source(self._source.label, self._source.open, self._source.size).blocks
            for part in walk_ordered(blocks, "", arrays, (), "messages", first):
                match part:
                    case Items("senders", _, people):
                        ahead._learn_senders(people)
                    case Items(_, _, rows):
                        own = [row for row in rows if _own_flag(row.isSend)]
                        ahead._people(own, [True] * len(own))
                if ahead._me:
                    break
            self._me = ahead._me
        return self._me or SELF

    def _contents(
        self,
        rows: Sequence[_Message],
        people: list[str | None],
        names: list[str | None],
        texts: list[str | None],
        sparse: Sparse,
    ) -> list[Kind]:
        """The kind of each row; ``texts`` and ``sparse`` get what its content says."""
        kinds = [_kind(_number(row.localType), row.type, row.appMsgType) for row in rows]
        for i, (row, kind, text) in enumerate(zip(rows, kinds, texts, strict=True)):
            if kind is Kind.TEXT and text and _number(row.localType) == 1 and not _is_odd(text):
                continue
            content = self._content(row, kind, tidy(text, self._known) if text else None)
            kinds[i], texts[i] = content.kind, content.text
            said, person = content.event, people[i]
            about_me = said is not None and SELF in (said.actor, *said.targets)
            sender = person if person and not is_room(person) else None
            sparse.put_content(i, content, sender, names[i], self._owner() if about_me else SELF)
        return kinds

    def _content(self, row: _Message, kind: Kind, text: str | None) -> Content:
        if kind is Kind.OTHER and text:
            kind = kind_of(_number(row.localType), _word(row.type), text, _word(row.appMsgType))
        if kind in NON_SPEECH:
            return event_of(kind, text, "wechat")
        if text and (content := leaked(text)):
            return content
        if text and is_raw(text[:1_000]):
            return event_of(Kind.SYSTEM, text, "wechat")
        if kind is Kind.TEXT:
            if _number(row.localType) == 1:
                return Content(kind, text)
            return _odd_text(row, text)
        content = content_of(kind, text)
        title = _first(
            row.linkTitle, row.musicTitle, row.finderTitle, row.finderDesc, row.contactCardNickname
        )
        content.url = _first(row.linkUrl, row.musicUrl) or content.url
        content.card_title = title or content.card_title
        if title and (not content.text or content.text == content.card_title or wechat_tag(content.text)):
            content.text = title
        return content

    def _mentions(self, rows: Sequence[_Message], quiet: list[bool], sparse: Sparse) -> None:
        """From the ``<msgsource>`` of the row, where it has a list; else the text has to tell."""
        for i, row in enumerate(rows):
            if row.source and not quiet[i] and isinstance(row.source, str) and "<atuserlist" in row.source:
                sparse.put("mentions", i, _mentioned(row.source))


def _odd_text(row: _Message, text: str | None) -> Content:
    """Text that is not of WeChat's type 1: a reply, a solitaire, or unknown after all."""
    quote = strings([row.quotedContent])[0]
    if quote or row.replyToMessageId or (text and _QUOTE in text):
        return reply_of(text, quote or None)
    if text and wechat_tag(text):
        kind, text, _ = wechat(text)
        return Content(Kind.OTHER if kind in NON_SPEECH else kind, text)
    return Content(Kind.TEXT, text)


def _mentioned(source: str) -> list[str]:
    found = _AT_LIST.search(source)
    inside = found[1].replace("<![CDATA[", "").replace("]]>", "") if found else ""
    people = (one.strip().lstrip("@") for one in re.split(r"[,\s;|]+", inside))
    return list(dict.fromkeys("@all" if one in _AT_ALL else one for one in people if one))


def _is_odd(text: str) -> bool:
    return text[0] in "<\n" or ":" in text or "\r" in text or "\0" in text


def _own_flag(value: Any) -> bool | None:
    return _IS_SEND.get(value) if isinstance(value, int | str) else None


def _table_key(value: Any) -> str:
    """A ``senderID`` as written; unlike other ids it may be 0."""
    return value if isinstance(value, str) else _identifier(value) or ""


def _number(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        return int(value)
    return int(value) if isinstance(value, int | float) and abs(value) < 1 << 63 else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else None


def _kind(local_type: int | None, word: Any, app_type: Any) -> Kind:
    return _known_kind(local_type, _word(word), _word(app_type))


@lru_cache(4096)
def _known_kind(local_type: int | None, word: str | None, app_type: str | None) -> Kind:
    return kind_of(local_type, word, None, app_type)


def _first(*values: Any) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)
