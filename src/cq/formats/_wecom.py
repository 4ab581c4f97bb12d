"""Records of WeCom's message archive (会话内容存档): one object each, whose body stands under its type.

It knows no container: arrays, lines and the SDK's wrapper hold the same objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from cq.formats._json import converted, decode
from cq.formats._json_values import identifiers, strings
from cq.formats._system_text import SystemText
from cq.formats._wechat_content import SHOWN, Content
from cq.formats._wechat_json import Columns, Dialect, Export, first_of
from cq.model import Event, Kind, Problem


class _Words(msgspec.Struct, gc=False):
    content: Any = None


class _Row(msgspec.Struct, gc=False, rename={"sender": "from"}):
    """The fields that are read. ``msg`` is the decrypted object, where dumps keep it in its wrapper.

    ``tolist`` names the whole group in every message: it stays as it is written.
    """

    msgid: Any = None
    action: Any = None
    sender: Any = None
    tolist: msgspec.Raw = msgspec.Raw()
    roomid: Any = None
    msgtime: Any = None
    time: Any = None
    msgtype: Any = None
    msg: Any = None
    text: _Words | str | int | float | bool | list[Any] | None = None
    revoke: Any = None
    card: Any = None
    location: Any = None
    file: Any = None
    link: Any = None
    weapp: Any = None
    chatrecord: Any = None
    mixed: Any = None
    todo: Any = None
    vote: Any = None
    collect: Any = None
    redpacket: Any = None
    doc: Any = None
    info: Any = None
    voiptext: Any = None
    meeting: Any = None
    calendar: Any = None
    sphfeed: Any = None


_FIELDS = frozenset(_Row.__struct_fields__)
_BODIES = {
    "docmsg": "doc",
    "markdown": "info",
    "news": "info",
    "qydiskfile": "info",
    "external_redpacket": "redpacket",
}
"""Types whose body stands under another name."""
_LARGEST_BODY = 1 << 20


# -- what a message says -----------------------------------------------------------------------------


def _body(row: _Row) -> dict[str, Any]:
    """The object under the message's type; some dumps write it as a string."""
    name = row.msgtype if isinstance(row.msgtype, str) else ""
    name = _BODIES.get(name, name)
    value = getattr(row, name) if name in _FIELDS else None
    return {"content": value.content} if isinstance(value, _Words) else _object(value)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str) and value[:1] == "{" and len(value) < _LARGEST_BODY:
        try:
            value = decode(value.encode())
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _lines(*texts: str | None) -> str | None:
    return "\n".join(text for text in texts if text) or None


def _titled(kind: Kind, *names: str, link: str = "link_url") -> Callable[[dict[str, Any]], Content]:
    def read(body: dict[str, Any]) -> Content:
        title = first_of(body, *names)
        return Content(kind, title or SHOWN.get(kind), first_of(body, link), title)

    return read


def _spoken(kind: Kind, *names: str) -> Callable[[dict[str, Any]], Content]:
    def read(body: dict[str, Any]) -> Content:
        return Content(kind, _lines(*(first_of(body, name) for name in names)) or SHOWN.get(kind))

    return read


def _news(body: dict[str, Any]) -> Content:
    item = next(iter(_items(body)), {})
    return Content(
        Kind.LINK, first_of(item, "title"), first_of(item, "url", "link_url"), first_of(item, "title")
    )


def _items(body: dict[str, Any]) -> list[dict[str, Any]]:
    items = body.get("item")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _mixed(body: dict[str, Any]) -> Content:
    """Words and pictures in one message: the words, or what the first piece is."""
    words: list[str] = []
    kinds: list[Kind] = []
    for item in _items(body):
        piece = _read(item.get("type"), _object(item.get("content")))
        if piece.kind is Kind.TEXT and piece.text:
            words.append(piece.text)
        else:
            kinds.append(piece.kind)
    if words:
        return Content(Kind.TEXT, "\n".join(words))
    kind = kinds[0] if kinds else Kind.OTHER
    return Content(kind, SHOWN.get(kind))


def _vote(body: dict[str, Any]) -> Content:
    choices = body.get("voteitem")
    listed = [one for one in choices if isinstance(one, str)] if isinstance(choices, list) else []
    return Content(Kind.OTHER, _lines(first_of(body, "votetitle"), *listed))


def _event(event: Event, kind: Kind = Kind.SYSTEM) -> Callable[[dict[str, Any]], Content]:
    return lambda body: Content(kind, None, event=SystemText(event, kind))


_READERS: dict[str, Callable[[dict[str, Any]], Content]] = {
    "text": _spoken(Kind.TEXT, "content"),
    "markdown": _spoken(Kind.TEXT, "content"),
    "image": _spoken(Kind.IMAGE),
    "voice": _spoken(Kind.VOICE),
    "video": _spoken(Kind.VIDEO),
    "emotion": _spoken(Kind.STICKER),
    "file": _titled(Kind.FILE, "filename"),
    "qydiskfile": _titled(Kind.FILE, "filename"),
    "voip_doc_share": _titled(Kind.FILE, "filename"),
    "link": _titled(Kind.LINK, "title", "description"),
    "docmsg": _titled(Kind.LINK, "title"),
    "sphfeed": _titled(Kind.LINK, "feed_desc", "sph_name"),
    "news": _news,
    "weapp": _titled(Kind.MINI_PROGRAM, "title", "displayname", "description"),
    "chatrecord": _titled(Kind.FORWARD, "title"),
    "card": _titled(Kind.CONTACT_CARD, "userid", "corpname"),
    "location": _spoken(Kind.LOCATION, "title", "address"),
    "redpacket": _spoken(Kind.RED_PACKET, "wish"),
    "external_redpacket": _spoken(Kind.RED_PACKET, "wish"),
    "mixed": _mixed,
    "todo": _spoken(Kind.OTHER, "title", "content"),
    "vote": _vote,
    "collect": _spoken(Kind.OTHER, "title"),
    "calendar": _spoken(Kind.OTHER, "title", "place"),
    "meeting": _spoken(Kind.CALL, "topic"),
    "meeting_voice_call": _spoken(Kind.CALL),
    "voiptext": _spoken(Kind.CALL),
    "revoke": _event(Event.RECALL, Kind.RECALL),
    "agree": _event(Event.OTHER),
    "disagree": _event(Event.OTHER),
}


def _read(kind: Any, body: dict[str, Any]) -> Content:
    """A body by its type. Pieces of other messages have types such as ``ChatRecordText``."""
    name = kind.removeprefix("ChatRecord").lower() if isinstance(kind, str) else ""
    reader = _READERS.get(name)
    return reader(body) if reader else Content(Kind.OTHER, first_of(body, "content", "title"))


# -- records -------------------------------------------------------------------------------------------


def _screen(
    rows: Sequence[_Row], numbers: Sequence[int], export: Export
) -> tuple[Sequence[_Row], Sequence[int]]:
    """Messages only: out of their wrapper, without the records of who changed the enterprise."""
    if all(row.msg is None and row.action == "send" for row in rows):
        return rows, numbers
    kept: list[_Row] = []
    left: list[int] = []
    for row, number in zip(rows, numbers, strict=True):
        if row.msg is not None and row.msgtype is None:
            try:
                row = converted(_object(row.msg), _Row)
            except msgspec.ValidationError:
                row = _Row()
        if row.action == "switch":
            export.skipped["not_a_message"] += 1
        elif row.msgtype is None and row.msgtime is None:
            where = f"{export.source.label}:{number}"
            export.problems.append(Problem("bad_row", where, "encrypted, or no message"))
        else:
            kept.append(row)
            left.append(number)
    return kept, left


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.sender for row in rows])
    native, _ = identifiers([row.msgid for row in rows])
    rooms, _ = identifiers([row.roomid for row in rows])
    met = {room: export.meet(room, None, "group") for room in dict.fromkeys(rooms) if room}
    chats = [
        met[room] if room else _pair(row, people[i], export)
        for i, (room, row) in enumerate(zip(rooms, rows, strict=True))
    ]
    texts: list[str | None] = [None] * len(rows)
    contents: dict[int, Content] = {}
    earlier: tuple[Sequence[str | None], Sequence[str | None]] = export.last or ((), ())
    export.last = native, people
    for i, row in enumerate(rows):
        words = row.text.content if row.msgtype == "text" and isinstance(row.text, _Words) else None
        if isinstance(words, str) and words and "\r" not in words and "\0" not in words:
            texts[i] = words
        else:
            contents[i] = _content(row)
    recalls = [i for i, content in contents.items() if content.kind is Kind.RECALL]
    if recalls:
        authors = dict(zip([*earlier[0], *native], [*earlier[1], *people], strict=True))
        for i in recalls:
            author = authors.get(contents[i].reply_to)
            targets = (author,) if author else ()
            contents[i].event = SystemText(Event.RECALL, Kind.RECALL, people[i], targets)
    return Columns(people, [None] * len(rows), texts, contents, chats=chats, more={"native_id": native})


def _content(row: _Row) -> Content:
    found = _read("revoke" if row.action == "recall" else row.msgtype, _body(row))
    if found.text:
        found.text = found.text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "") or None
    if found.kind is Kind.RECALL:
        found.reply_to = identifiers([_object(row.revoke).get("pre_msgid")])[0][0]
    return found


def _pair(row: _Row, person: str | None, export: Export) -> str:
    """The chat of two people, which has no id: both of them, in order."""
    try:
        others = decode(bytes(row.tolist))
    except ValueError:
        others = None
    if isinstance(others, str):
        try:
            others = decode(others.encode())
        except ValueError:
            others = others.split(",")
    first = strings(others[:1]) if isinstance(others, list) else []
    both = sorted({one.strip() for one in (person, *first) if one and one.strip()})
    return export.meet(None, "、".join(both), "private")


WECOM = Dialect(
    record=_Row,
    time=lambda row: row.msgtime,
    columns=_columns,
    array="",
    inside="chatdata",
    keys=("errcode",),
    screen=_screen,
    platform="wecom",
    rows=8_192,
)
WECOM_LINES = replace(WECOM, array=None, inside=None)
