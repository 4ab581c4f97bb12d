"""The body of one record in QCE's text export: its text, and the fields behind it.

The text may hold lines that look like those fields, so they are read from the end. Who wrote it and
when, the head of the record says (:mod:`_qce_txt`).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cq.formats._qce_message import Reply, event, is_event, segments_of, spoken
from cq.formats._qce_record import Message, Said
from cq.formats._wechat_content import Content
from cq.model import Kind

_BODY = re.compile(r"(?:类型: ?([^\n]{0,40})\n)?内容:[ \n]?")
_REPLY = re.compile(r"(?:(\d{2}-\d{2} \d{2}:\d{2}) )?(.{1,200}?) - (.*)", re.DOTALL)
_RESOURCES = re.compile(r"资源: (\d{1,4}) 个文件")
_NEXT_MENTION = re.compile(r", (?=@)")
_INLINE_REPLY = re.compile(r"\[回复 [^:：\[\]\n]{1,80}: ([^\[\]]{0,500})\]")
_SYSTEM = frozenset({"系统", "系统消息", "system"})
_FORWARD = re.compile(r"\[(?:转发消息|合并转发)[:：] ?\d{1,6} ?条\](?=\n|\Z)")
_WHOLE = {
    "[位置消息]": Kind.LOCATION,
    "[JSON消息]": Kind.OTHER,
    "[Markdown消息]": Kind.OTHER,
    "[动画表情]": Kind.STICKER,
    "[表情]": Kind.STICKER,
    "[QQ红包]": Kind.RED_PACKET,
}
"""Texts that stand for the whole message, without a word of its sender's."""
_ALL = frozenset({"@全体成员", "@all", "@所有人"})
_ONE_PICTURE = re.compile(r"\[图片[:：][^\[\]\n]{0,300}\]")
_WORD = re.compile("[a-z_0-9]{1,20}")


class Body(NamedTuple):
    """``said``: when, to the minute, and by whom the answered message was written, and what it says.

    ``other``: how the body reads if a line 回复 in it begins a quotation of several lines. It may be text.
    """

    text: str
    type: str = "text"
    mentions: list[str] | None = None
    said: tuple[str | None, str, str] | None = None
    resources: tuple[dict[str, str], ...] = ()
    other: Body | None = None


CONTENT = "内容: "
_REPLY_TAG = "[回复消息]"
_FIELDS = ("\n回复: ", "\n提及: ", "\n资源: ")


def is_more(raw: str) -> bool:
    """Is a body anything but plain text? Most are not."""
    if not raw.startswith(CONTENT) or "[" in raw:
        return True
    return "\n" in raw and any(field in raw for field in _FIELDS)


def body_of(raw: str) -> Body | None:
    """A body taken apart; None where its text is missing."""
    head = _BODY.match(raw)
    if head is None:
        return None
    text, kind = raw[head.end() :], head[1] or "text"
    before, mark, rest = text.rpartition("\n回复: ")
    said = _REPLY.fullmatch(rest) if mark else None
    if said is None:
        return _fields(text, kind)
    answer = _fields(before, kind, (said[1], said[2], said[3]))
    if "\n" not in rest:
        return answer
    return _fields(text, kind)._replace(other=answer if said[1] else None)


def _fields(text: str, kind: str, said: tuple[str | None, str, str] | None = None) -> Body:
    text, mentions = _cut_mentions(text)
    text, resources = _cut_resources(text)
    return Body(text, kind, mentions, said, resources)


def _cut_mentions(text: str) -> tuple[str, list[str] | None]:
    before, mark, rest = text.rpartition("\n提及: ")
    if not mark or "\n" in rest or not rest:
        return text, None
    names = _NEXT_MENTION.split(rest) if rest.startswith("@") else rest.split(", ")
    if not rest.startswith("@") and not all(f"@{name}" in before for name in names):
        return text, None
    people = [f"@{name.removeprefix('@').strip()}" for name in names]
    return before, ["@all" if name in _ALL else f"name:{name[1:]}" for name in people if len(name) > 1]


def _cut_resources(text: str) -> tuple[str, tuple[dict[str, str], ...]]:
    before, mark, rest = text.rpartition("\n资源: ")
    lines = rest.split("\n")
    count = _RESOURCES.fullmatch(f"资源: {lines[0]}")
    if not mark or count is None or not all(line.startswith("  - ") for line in lines[1:]):
        return text, ()
    if len(lines) - 1 not in (0, int(count[1])):
        return text, ()
    files = (line[4:].partition(": ") for line in lines[1:])
    return before, tuple({"type": kind, "filename": name} for kind, _, name in files)


def _words_only(body: Body) -> str | None:
    """The words of a mention or a reply that hold nothing else."""
    if body.said is not None and body.text.startswith(_REPLY_TAG):
        words = body.text[len(_REPLY_TAG) :].lstrip()
    else:
        words = body.text
    return words if "[" not in words and words.strip() and not body.resources else None


def content_of(body: Body, system: bool) -> Content:
    """What a body says. ``system``: its sender is the system."""
    if not system and body.said is None and body.type == "text" and _ONE_PICTURE.fullmatch(body.text):
        return Content(Kind.IMAGE, body.text)  # by far the most frequent
    if not system and body.type == "text" and (words := _words_only(body)):
        return Content(Kind.TEXT, words, reply_quote=body.said[2] or None if body.said else None)
    kind = body.type.strip()
    kind = "system" if kind in _SYSTEM else kind if _WORD.fullmatch(kind) else "text"
    resources: tuple[Any, ...] = body.resources
    row = Message(type=kind, content=Said(text=body.text, resources=resources), system=system)
    segments = segments_of(row)
    if is_event(row, segments):
        return event(row, segments, lambda person: person)
    if forward := _FORWARD.match(body.text):
        return Content(Kind.FORWARD, forward[0])
    if body.text in _WHOLE:
        return Content(_WHOLE[body.text], body.text)
    quoted = _INLINE_REPLY.match(body.text)
    quote = body.said[2] if body.said else quoted[1] if quoted else None
    reply = None if quote is None else Reply(None, None, None, quoted[1] if quoted else quote)
    content = spoken(row, segments, reply, lambda data: "")
    content.reply_quote = quote or None
    return content
