"""The messages of WeFlow's web page: objects with a fragment of HTML each.

What the page is for (avatars, the way messages are drawn) is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from cq.formats import ReadOptions
from cq.formats._embedded import assigned, name_in_title, read_script
from cq.formats._file_name import group_in
from cq.formats._json_values import identifiers
from cq.formats._markup import Node, Trees, plain
from cq.formats._quoted_name import without_name
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._wechat_content import Content, event_of, tidy, xml_of
from cq.formats._wechat_json import Columns, Dialect, Export
from cq.formats._wechat_names import chat_kind, is_nobody
from cq.formats._wechat_talk import untyped
from cq.model import Batch, Event, Kind


class _Row(msgspec.Struct, gc=False):
    t: Any = None
    s: Any = None
    b: Any = None
    p: Any = None
    r: Any = None


class _Shown(NamedTuple):
    """What a fragment shows. ``quoted`` with the name of whoever is quoted before a colon."""

    name: str | None
    text: str
    quoted: str | None = None
    kind: Kind | None = None
    url: str | None = None
    system: bool = False


_FLAT = re.compile(r'<div class="(sender-name|message-text|message-time|quoted-message)">([^<>]*+)</div>\s*+')
_SERVER_ID = re.compile(r"[0-9]{15,20}")
_MEDIA = {"video": Kind.VIDEO, "audio": Kind.VOICE}
_TAG = {Kind.IMAGE: "[图片]", Kind.VIDEO: "[视频]", Kind.VOICE: "[语音消息]", Kind.STICKER: "[表情包]"}


def read_page(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a page."""
    page = _Page(source)
    dialect = Dialect(_Row, attrgetter("t"), page.columns, array="", begin=page.begin, trailing=True)
    return read_script(source, options, dialect, assigned("window.WEFLOW_DATA", "["))


class _Page:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._trees = Trees()
        self._names: set[str | None] = set()

    def begin(self, export: Export) -> None:
        room, name = group_in(self._source)
        export.meet(room, name_in_title(self._source) or name, chat_kind(None, room))

    def columns(self, rows: Sequence[Any], export: Export) -> Columns:
        shown = [self._shown(row.b) for row in rows]
        own = [_own(row.s) for row in rows]
        names = [one.name for one in shown]
        self._names.update(names)
        contents = {
            i: found for i, one in enumerate(shown) if (found := _content(one, self._names)) is not None
        }
        if not any(names) and export.group is not None and export.group.group_id.startswith("name:"):
            names = [
                None if mine else export.group.group_name for mine in own
            ]  # two people, who need no names
        more = {"native_id": _ids([row.p for row in rows]), "reply_to": _ids([row.r for row in rows])}
        return Columns(
            [None] * len(rows), names, [one.text or None for one in shown], contents, own, more=more
        )

    def _shown(self, fragment: Any) -> _Shown:
        if not isinstance(fragment, str):
            return _Shown(None, "")
        parts: dict[str, str] = {}
        at = 0
        for match in _FLAT.finditer(fragment):
            if match.start() != at or match[1] in parts:
                break
            at = match.end()
            parts[match[1]] = plain(match[2])
        if at == len(fragment):
            return _Shown(
                parts.get("sender-name"), parts.get("message-text", ""), parts.get("quoted-message") or None
            )
        return _of_tree(self._trees.of(fragment.encode("utf-8", "replace")))


def _of_tree(root: Node) -> _Shown:
    name, quoted = root.first("sender-name"), root.first("quoted-message")
    time, body = root.first("message-time"), root.first("message-text")
    besides = [node for node in (name, quoted, time) if node is not None]
    text = (body or root).words(besides)
    nodes = list((quoted and [n for n in root.walk() if n not in quoted.walk()]) or root.walk())
    kind = next((_MEDIA[n.tag] for n in nodes if n.tag in _MEDIA), None)
    if kind is None and any(
        n.tag == "img" and not n.attributes.get("alt", "").startswith("[") for n in nodes
    ):
        sticker = any(re.search("sticker|emoji", n.attributes.get("class", "")) for n in nodes)
        kind = Kind.STICKER if sticker else Kind.IMAGE
    if body is None and kind is not None:
        text = ""
    link = next((n for n in nodes if n.tag == "a" and n.attributes.get("href", "").startswith("http")), None)
    shown = link.words().strip() if link is not None else ""
    card = link is not None and shown == text.strip() and not shown.startswith("http")
    url = link.attributes["href"] if link is not None and card else None
    system = any(c == "system" or c.startswith("system-") for n in nodes for c in n.classes)
    words = quoted.words().strip() if quoted is not None else None
    return _Shown(name.words() if name is not None else None, text, words, kind, url, system)


def _content(one: _Shown, names: Collection[str | None]) -> Content | None:
    """None if it is plain text."""
    text = tidy(one.text) if one.text else None
    if one.quoted:
        return Content(Kind.TEXT, text, reply_quote=without_name(one.quoted, names))
    if one.system or is_nobody(one.name):
        said = parse(text, "wechat")
        if one.system or one.name or said.event is not Event.OTHER:
            return event_of(Kind.SYSTEM, text, "wechat")
    if one.kind is not None:
        return Content(one.kind, text or _TAG[one.kind])
    if text is None:
        return Content(Kind.TEXT, None)
    found = (
        (xml_of(text) if text[0] == "<" else untyped(text)) if text[0] in "[<" or text[-1] == "]" else None
    )
    if one.url and (found is None or found.kind in (Kind.LINK, Kind.MINI_PROGRAM)):
        title = (found.card_title if found else None) or text.split("\n")[0]
        return Content(found.kind if found else Kind.LINK, found.text if found else text, one.url, title)
    return found or (Content(Kind.TEXT, text) if text != one.text else None)


def _own(value: Any) -> bool | None:
    return {1: True, 0: False, "1": True, "0": False}.get(value) if isinstance(value, int | str) else None


def _ids(values: list[Any]) -> list[str | None]:
    """Server ids, where the page has them: fields of that name held other things in some versions."""
    ids, _ = identifiers(values)
    return [id_ if id_ and _SERVER_ID.fullmatch(id_) else None for id_ in ids]
