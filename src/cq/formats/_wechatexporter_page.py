"""A message as WechatExporter's pages show it, and the scripts that hold those that are loaded later.

A script holds the same blocks as strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cq.formats import ReadOptions
from cq.formats._embedded import name_in_title, unescaped
from cq.formats._file_name import group_in
from cq.formats._markup import Node, Trees
from cq.formats._page_pieces import Piece, pieces
from cq.formats._page_rows import Told, read_told
from cq.formats._quoted_name import without_name
from cq.formats._source import Source
from cq.formats._wechat_content import SHOWN, Content, content_of, event_of, reply_of, tidy, titled, xml_of
from cq.formats._wechat_names import is_nobody, is_room
from cq.formats._wechat_talk import group_named, untyped
from cq.formats._wechat_types import kind_of
from cq.model import Batch, Kind, Problem

_START = re.compile(
    rb"(?:<|\\u003[cC])div\s[^<>]{0,200}?\bclass=(?:\\?[\"']|\\u0022)msg chat(?=[\s\"'\\-])"
    rb"[^<>]{0,2000}?(?:>|\\u003[eE])"
)
_NAME = re.compile(rb"<span[^<>]{0,200}class=\\?\"dspname[^<>]{0,200}wx[iI]d=\\?\"[^%]")
_ID = re.compile(rb"\bmsgid=\\?\"[0-9]{1,20}\\?\" msgtype=")
"""What each message has once, as a page or a script writes it."""
_TIME = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}\s{1,3}(?:上午|下午)?\s?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?"
)
_TYPE = re.compile(r"-?[0-9]{1,20}")
_QUOTE_IN_TEXT = re.compile(r"「([^\n]{0,60}[：:].{0,4000}?)」\n(?:- ?){5,40}-?\n", re.DOTALL)
_TRANSFER = "微信转账"
_APP = 49
_MEDIA = {"img": Kind.IMAGE, "audio": Kind.VOICE, "video": Kind.VIDEO}


def read_export(source: Source, options: ReadOptions, parts: Sequence[Source]) -> Iterator[Batch]:
    """The batches of a page and of the scripts that belong to it."""
    room, name = group_in(source)
    group = group_named(name_in_title(source) or name, room)
    yield from read_told(source, options, group, _told(source), carried=True)
    for part in parts:
        yield from read_told(part, options, group, _told(part), carried=True)


def _told(source: Source) -> Iterator[Told | Problem]:
    trees = Trees()
    names: set[str | None] = set()
    script = not source.peek.start.startswith("<")
    for piece in pieces(source.blocks(), _START):
        if piece.start is None:
            yield from _swallowed(piece.data, 0, f"{source.label}:{piece.line}")
        elif b"%%" not in piece.start[0]:
            yield from _of_piece(source.label, piece, script, trees, names)


def _of_piece(
    label: str, piece: Piece, script: bool, trees: Trees, names: set[str | None]
) -> Iterator[Told | Problem]:
    assert piece.start is not None
    escaped = script or b"\\" in piece.start[0]
    root = trees.of(unescaped(piece.data) if escaped else piece.data)
    nodes = [n for n in root.walk() if "msg" in n.classes and n.has(("chat", "chat-notice"))]
    where = f"{label}:{piece.line}"
    if not nodes or root.deep or piece.cut:
        yield Problem("bad_row", where, "nested too deeply" if root.deep else "too long" if piece.cut else "")
    else:
        yield _message(piece.line, nodes[0], names)
    yield from _swallowed(piece.data, 1, where)


def _swallowed(data: bytes, own: int, where: str) -> Iterator[Problem]:
    """A problem for each message whose start is damaged: it stands in what comes before it."""
    heads = max(len(_NAME.findall(data)), len(_ID.findall(data)))
    for _ in range(heads - own):
        yield Problem("bad_row", where, "a message inside another")


def _message(line: int, node: Node, names: set[str | None]) -> Told:
    native = node.attributes.get("msgid", "").strip()
    number = node.attributes.get("msgtype", "").strip()
    type_ = int(number) if _TYPE.fullmatch(number) else None
    who = node.first("dspname")
    time, place = _time(node, who)
    native_id = native if native not in ("", "0") else None
    if who is None or "chat-notice" in node.classes:
        text = _TIME.sub("", node.words([place] if place else [])).strip()
        content = event_of(Kind.SYSTEM, tidy(text), "wechat")
        return Told(line, time, content, native_id=native_id)
    person = who.attributes.get("wxid", "").strip() or None
    name = who.words().strip() or None
    names.add(name)
    content = _content(node, who, type_, names)
    if person and is_room(person):
        person = name = None
    sides = {*node.classes, *who.classes}
    own = True if "right" in sides else False if "left" in sides else None
    return Told(line, time, content, person, None if is_nobody(name) else name, own=own, native_id=native_id)


def _time(node: Node, who: Node | None) -> tuple[str | None, Node | None]:
    """When, and the element that says so: after the name, else wherever a time stands outside the words."""
    for parent in node.walk():
        if parent.tag == "pre" or who is None or who not in parent.children:
            continue
        after = parent.children[parent.children.index(who) + 1 :]
        for one in after:
            if found := _TIME.search(one if isinstance(one, str) else one.words()):
                return found[0], parent
    for parent in node.walk():
        if any("time" in name for name in parent.classes) and (found := _TIME.search(parent.words())):
            return found[0], parent
    if who is None and (found := _TIME.search(node.words())):
        return found[0], None
    return None, None


def _content(node: Node, who: Node, type_: int | None, names: set[str | None]) -> Content:
    body = next((n for n in node.walk() if n.tag == "pre"), None)
    head = _line_of(node, who)
    quote = next((n for n in node.walk() if any(re.search("quote|refer", c) for c in n.classes)), None)
    besides = [n for n in (head, quote) if n is not None]
    text = tidy((body or node).words(besides))
    if quote is not None:
        return reply_of(text, without_name(quote.words().strip().strip("「」"), names) or None)
    if text and (answered := _QUOTE_IN_TEXT.match(text)):
        return Content(
            Kind.TEXT, text[answered.end() :] or None, reply_quote=without_name(answered[1], names)
        )
    if text and (found := xml_of(text)):
        return found
    kind = kind_of(type_, None, text if type_ != 1 else None)
    if type_ == 1 or kind is Kind.TEXT:
        return Content(Kind.TEXT, text)
    return _more(node, [head], kind, text)


def _more(node: Node, head: Sequence[Node | None], kind: Kind, text: str | None) -> Content:
    passed = {id(n) for one in head if one is not None for n in one.walk()}
    nodes = [n for n in node.walk() if id(n) not in passed]
    link = next((n for n in nodes if n.tag == "a" and n.attributes.get("href", "").startswith("http")), None)
    if kind in (Kind.SYSTEM, Kind.POKE, Kind.RECALL):
        return event_of(kind, text, "wechat")
    if kind is Kind.OTHER:
        found = untyped(text) if text else None
        if found is not None and found.kind is not Kind.TEXT:
            return found
        if text and text.startswith(_TRANSFER):
            kind = Kind.TRANSFER
        elif link is not None:
            kind = Kind.LINK
        else:
            kind = next((_MEDIA[n.tag] for n in nodes if n.tag in _MEDIA and not _is_avatar(n)), Kind.OTHER)
    title = text.split("\n")[0] if text and kind is Kind.LINK else None
    found = titled(
        content_of(kind, text), title, link.attributes["href"] if link and kind is Kind.LINK else None
    )
    found.text = found.text or SHOWN.get(found.kind)
    return found


def _is_avatar(node: Node) -> bool:
    return any(
        re.search("avatar|portrait|head", name) for name in (*node.classes, node.attributes.get("src", ""))
    )


def _line_of(node: Node, who: Node) -> Node:
    """The element that holds the name and the time, or the name alone where they share one with the words."""
    for parent in node.walk():
        if who in parent.children:
            inside = any(n.tag == "pre" or n.tag in _MEDIA for n in parent.walk())
            return who if parent is node or inside else parent
    return who
