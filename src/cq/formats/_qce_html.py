"""A message as QCE's modern pages show it: single pages and the chunks of large exports.

What stands in a bubble becomes the segments that QCE's JSON has (:mod:`_qq_segments`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from cq.formats._markup import Node, without_layout
from cq.formats._qq_segments import content_of
from cq.formats._system_text import parse
from cq.formats._wechat_content import Content
from cq.model import Event, Kind

Segments = list[tuple[str, Mapping[str, Any]]]

_ID = re.compile(r"(?:msg-)?([0-9]{5,20})")
_JUMP = re.compile(r"msg-([0-9]{5,20})")
_NO_UID = frozenset({"", "0", "未知", "unknown", "undefined", "null", "system"})
_SYSTEM = "system-message-container"
_TIMES = ("time", "system-message-time")
_AT_ALL = frozenset({"all", "@全体成员", "@all", "全体成员"})
# What an element's class says of it: the first that fits, from specific to general.
_KINDS = (
    (re.compile(r"reply|quote"), "reply"),
    (re.compile(r"at-mention|mention"), "at"),
    (re.compile(r"market-?face|sticker"), "market_face"),
    (re.compile(r"face|emoji"), "face"),
    (re.compile(r"forward"), "forward"),
    (re.compile(r"location"), "location"),
    (re.compile(r"audio|voice"), "audio"),
    (re.compile(r"video"), "video"),
    (re.compile(r"(?:message|attachment)-file|file-(?:card|content|message|info)|^file$"), "file"),
    (re.compile(r"json-card|json-content|card-message|ark|light-app"), "json"),
    (re.compile(r"red-?packet|wallet"), "wallet"),
    (re.compile(r"image|photo"), "image"),
)
_TAGS = {"img": "image", "video": "video", "audio": "audio"}
_SIZES = re.compile(r"size|icon|meta|time|duration|progress|action|button")
_PLACEHOLDER = re.compile(r"\s*\[(图片|视频|语音|文件|转发消息|合并转发)[:： ]\s?([^\[\]]{0,300})\]\s*")
_TAGGED = {
    "图片": "image",
    "视频": "video",
    "语音": "audio",
    "文件": "file",
    "转发消息": "forward",
    "合并转发": "forward",
}
_LINES = ("div", "p", "li", "pre", "blockquote")
_NEW_LINE = ("text", {"text": "\n"})
_TITLES = (
    "json-title",
    "forward-title",
    "file-name",
    "card-title",
    "location-title",
    "title",
    "filename",
    "name",
)


class Shown(NamedTuple):
    """A message of a page. ``where`` is the time as shown, with the day if only the clock is."""

    id: str | None
    uid: str | None
    own: bool | None
    name: str | None
    title: str | None
    time: str | None
    content: Content
    mentions: list[str] | None
    recalled: bool


def shown(root: Node, day: str | None = None) -> Shown | None:
    """The message in a fragment; None if there is none. ``day``: that of the block around it."""
    for node in root.walk():
        if "message" in node.classes:
            return _message(root, node, day)
        if _SYSTEM in node.classes:
            return _event(root, node, day)
    return None


def messages_in(root: Node) -> int:
    """How many messages seem to stand in the fragment of one: each shows its time."""
    return sum(node.has(_TIMES) for node in root.walk() if node.classes)


def uid_of(value: str | None) -> str | None:
    """The sender id for QQ NT's own id."""
    return None if value is None or value in _NO_UID else f"uid:{value}"


def id_of(value: str | None) -> str | None:
    """The message id in ``msg-<id>``."""
    found = _ID.fullmatch(value) if value else None
    return found[1] if found else None


def _message(root: Node, node: Node, day: str | None) -> Shown:
    parts = node.by_class()
    name, title = parts.get("sender"), parts.get("sender-title")
    segments: Segments = []
    reply = Content(Kind.TEXT)
    mentions: list[str] = []
    body = parts.get("content") or parts.get("message-bubble")
    if body is not None:
        _collect(body, segments, reply, mentions)
    content = _spoken(segments, body.words() if body is not None else "")
    content.reply_to, content.reply_quote = reply.reply_to, reply.reply_quote
    return Shown(
        id_of(node.attributes.get("id")),
        uid_of(node.attributes.get("data-sender-uid")),
        True if "self" in node.classes else False if "other" in node.classes else None,
        name.words().strip() or None if name is not None else None,
        title.words().strip() or None if title is not None else None,
        _time(root, parts.get("time"), day),
        content,
        mentions or None,
        "recalled" in node.classes or any("recalled" in c for c in node.classes),
    )


def _event(root: Node, node: Node, day: str | None) -> Shown:
    time = node.first(*_TIMES)
    text = node.words([time] if time is not None else ()).strip()
    said = parse(text, "qq")
    if said.event is Event.OTHER and any("recalled" in name for name in node.classes):
        said = parse("撤回了一条消息", "qq")
    content = Content(said.kind, text or None, event=said)
    id_ = id_of(node.attributes.get("id")) or next(
        (one for n in root.walk() if (one := id_of(n.attributes.get("id")))), None
    )
    return Shown(id_, None, None, None, None, _time(root, time, day), content, None, False)


def _time(root: Node, at: Node | None, day: str | None) -> str | None:
    """As written; with the date of the block where only the clock is."""
    written = at.words().strip() if at is not None else ""
    if ":" in written and not re.search(r"\d{4}", written):
        day = day or next(
            (n.attributes["data-date"] for n in root.walk() if n.attributes.get("data-date")), None
        )
        return f"{day} {written}" if day else written
    return written or None


def _collect(node: Node, segments: Segments, reply: Content, mentions: list[str]) -> None:
    """The segments that a bubble is made of, and what it answers."""
    for child in _parts(node):
        if isinstance(child, str):
            segments.append(("text", {"text": child}))
            continue
        kind = _kind(child)
        words = child.words()
        match kind:
            case None:
                if child.tag in _LINES and segments and segments[-1] != _NEW_LINE:
                    segments.append(_NEW_LINE)
                _collect(child, segments, reply, mentions)
            case "reply":
                _answered(child, reply)
            case "at":
                segments.append(("text", {"text": words}))
                mentions += _mentioned(child, words)
            case "face" | "market_face" if child.tag != "img" and words.strip():
                segments.append(("text" if kind == "face" else kind, {"text": words, "summary": words}))
            case "image" | "market_face" | "face":
                segments.append(_picture(child, kind))
            case _:
                segments.append((kind, _card(child, words)))


def _parts(node: Node) -> Iterator[Node | str]:
    """Children in order; text runs and what only lays them out as text."""
    for child in node.children:
        if isinstance(child, str):
            if not (child.isspace() and "\n" in child):
                yield child
        elif child.tag == "br":
            yield "\n"
        elif child.tag in ("script", "style") or not (child.children or child.tag in ("img", *_TAGS)):
            yield _alone(child)
        else:
            yield child


def _alone(node: Node) -> str:
    wrapper = Node("", {}, [])
    wrapper.children = [node]
    return wrapper.words()


def _kind(node: Node) -> str | None:
    return (_kind_of_class(" ".join(node.classes)) if node.classes else None) or _TAGS.get(node.tag)


@lru_cache(1024)
def _kind_of_class(classes: str) -> str | None:
    names = classes.split()
    return next((kind for pattern, kind in _KINDS if any(map(pattern.search, names))), None)


def _picture(node: Node, kind: str) -> tuple[str, Mapping[str, Any]]:
    image = next((n for n in node.walk() if n.tag == "img"), node)
    alt = image.attributes.get("alt", "")
    if kind == "face" or (kind == "image" and re.fullmatch(r"\[[^\[\]]{1,20}\]|/\S{1,12}", alt)):
        return "text", {"text": alt}
    name = "summary" if kind == "market_face" else "filename"
    classes = " ".join(c for n in node.walk() for c in n.classes)
    if kind == "market_face" or "sticker" in classes:
        return "market_face", {"summary": alt if alt.startswith("[") else ""}
    return "image", {name: alt}


def _card(node: Node, words: str) -> Mapping[str, Any]:
    title = node.first(*_TITLES)
    said = title.words().strip() if title is not None else ""
    link = next((n.attributes["href"] for n in node.walk() if n.tag == "a" and n.attributes.get("href")), "")
    if not said:
        kept = [n for n in node.walk() if any(_SIZES.search(c) for c in n.classes)]
        said = node.words(kept).strip().split("\n")[0]
    found = _PLACEHOLDER.fullmatch(said)
    said = found[2] if found else said
    file = node.attributes.get("download") or said
    return {"title": said, "name": file, "filename": file, "url": link if link.startswith("http") else ""}


def _answered(node: Node, reply: Content) -> None:
    for one in node.walk():
        for value in one.attributes.values():
            if reply.reply_to is None and (found := _JUMP.search(value)):
                reply.reply_to = found[1]
    quoted = node.first("reply-content-text", "reply-text", "reply-body", "quote-text", "quoted-text")
    heads = [
        n
        for n in node.walk()
        if n.tag == "strong" or any(re.search("sender|header|name|time", c) for c in n.classes)
    ]
    words = (quoted or node).words(() if quoted is not None else heads).strip().removeprefix(":").strip()
    reply.reply_quote = words or reply.reply_quote


def _mentioned(node: Node, words: str) -> list[str]:
    uid = next(
        (v for k, v in node.attributes.items() if k in ("data-uid", "data-at-uid", "data-user-uid")), None
    )
    if words.strip() in _AT_ALL or uid == "all":
        return ["@all"]
    person = uid_of(uid)
    return [person] if person else []


def _spoken(segments: Segments, words: str) -> Content:
    texts = "".join(str(data["text"]) for kind, data in segments if kind == "text")
    found = _PLACEHOLDER.fullmatch(texts) if all(kind == "text" for kind, _ in segments) else None
    if found:
        segments = [(_TAGGED[found[1]], {"title": found[2], "name": found[2], "filename": found[2]})]
    return content_of(segments, lambda data: str(data.get("text", "")), without_layout, words)
