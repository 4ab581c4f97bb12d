"""chatlog's rendering of a message as text: markdown pictures, ``[链接|标题](url)``, quotations after ``>``.

Its CSV and its plain text show a message like this, without a type. A picture is always
``![图片](…)``: ``[图片]`` was typed by somebody. Who sent a row, and whether it is a system row, the
readers know.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

import msgspec

from cq.formats._quoted_at import when_and_who
from cq.formats._system_text import SELF, SystemText
from cq.formats._system_xml import is_raw
from cq.formats._wechat_content import Content, event_of, xml_of
from cq.formats._wechat_types import kind_of
from cq.model import NON_SPEECH, Kind

_PLACE = r"\((?P<url>[^\s()]{0,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,2000})?)\)"
_MEDIA = re.compile(rf"!?\[(?P<tag>图片|视频|动画表情|语音)\]{_PLACE}")
_TRANSFER = re.compile(r"\[转账\|(?P<said>[^\[\]]{0,200})\](?P<memo>.{0,500})", re.DOTALL)
_CARD = re.compile(
    r"\[(?P<tag>链接|文件|小程序|视频号|视频号直播|音乐|笔记|群公告|位置|合并转发)\|(?P<said>.*)\]"
    rf"(?:{_PLACE})?(?P<after>[^\[\]]{{0,500}})",
    re.DOTALL,
)
_RAW = re.compile(r"Type: (-?\d{1,20}) Content: (.*)", re.DOTALL)
_QUOTED = re.compile(
    r"(?P<who>.{1,200}?) (?:\[\d{1,20}\] )?(?P<at>(?:(?:\d{4}-)?\d{2}-\d{2} )?\d{2}:\d{2}:\d{2})"
)
_ID_AT_END = re.compile(r"(?P<name>.*)\((?P<id>[^()\s]{1,80})\)", re.DOTALL)
_ALIAS = re.compile(r"[A-Za-z][\w-]{5,30}", re.ASCII)
_MEDIA_KINDS = {"图片": Kind.IMAGE, "视频": Kind.VIDEO, "动画表情": Kind.STICKER, "语音": Kind.VOICE}
_CARDS = {
    "链接": Kind.LINK,
    "文件": Kind.FILE,
    "小程序": Kind.MINI_PROGRAM,
    "视频号": Kind.LINK,
    "视频号直播": Kind.LINK,
    "音乐": Kind.LINK,
    "笔记": Kind.LINK,
    "群公告": Kind.ANNOUNCEMENT,
    "位置": Kind.LOCATION,
    "合并转发": Kind.FORWARD,
}
_BARE = {
    "[语音]": Kind.VOICE,
    "[名片]": Kind.CONTACT_CARD,
    "[动画表情]": Kind.STICKER,
    "[GIF表情]": Kind.STICKER,
    "[语音通话]": Kind.CALL,
    "[视频通话]": Kind.CALL,
    "[红包]": Kind.RED_PACKET,
    "[红包封面]": Kind.RED_PACKET,
    "[转账]": Kind.TRANSFER,
    "[位置]": Kind.LOCATION,
    "[合并转发]": Kind.FORWARD,
    "[小程序]": Kind.MINI_PROGRAM,
    "[视频号]": Kind.LINK,
    "[视频号直播]": Kind.LINK,
    "[音乐]": Kind.LINK,
    "[笔记]": Kind.LINK,
    "[链接]": Kind.LINK,
    "[文件]": Kind.FILE,
    "[群公告]": Kind.ANNOUNCEMENT,
    "[分享]": Kind.OTHER,
}
_FIRST = frozenset("[!>T<")
"""What every rendering begins with; other texts are words."""
_LONGEST_QUOTE = 200


class Who(NamedTuple):
    """A person as chatlog writes one: ``阿北(wxid_…)``, an id alone, or ``我``."""

    id: str | None
    name: str | None


def who(text: str) -> Who:
    """``名(id)``, ``名(我)``, ``id`` or ``我`` taken apart; the owner's id is ``self``."""
    match = _ID_AT_END.fullmatch(text)
    name, id_ = (match["name"], match["id"]) if match else (None, text)
    return Who(SELF if id_ == "我" else id_ or None, name or None)


def chatlog_content(text: str) -> Content | None:
    """What a rendered message is, None for plain words.

    ``reply_to`` of an answer says when and by whom the quoted message was written, as
    :func:`~cq.formats._quoted_at.place_answers` wants it.
    """
    if text[:1] not in _FIRST:
        return None
    if text.startswith("> "):
        return _reply(text)
    if text in _BARE:
        return Content(_BARE[text], text)
    if text.startswith("<"):
        return xml_of(text)
    if raw := _RAW.fullmatch(text):
        kind, rest = kind_of(int(raw[1]), None, None), raw[2].strip()
        if kind in NON_SPEECH:
            return event_of(kind, None if rest.startswith("<") and not is_raw(rest) else rest, "wechat")
        return Content(kind, None if rest.startswith("<") else rest or None)
    if media := _MEDIA.fullmatch(text):
        return Content(_MEDIA_KINDS[media["tag"]], f"[{media['tag']}]")
    return _card(text)


def _card(text: str) -> Content | None:
    if text.startswith("[合并转发|") or (text.startswith("[笔记|") and "]\n  " in text):
        text = text.partition("\n")[0].rstrip()  # its children follow, indented
    if transfer := _TRANSFER.fullmatch(text):
        words = (part.strip() for part in (transfer["said"], transfer["memo"]))
        return Content(Kind.TRANSFER, " ".join(filter(None, words)) or None)
    match = _CARD.fullmatch(text)
    if match is None:
        return None
    kind, said = _CARDS[match["tag"]], match["said"].strip()
    after = match["after"].strip()
    if kind is Kind.LOCATION:
        label = said.split("|")[0].strip() or said.strip("|").split("|")[0]
        return Content(kind, label or None)
    if after:  # somebody wrote on: these are words
        return None
    if kind is Kind.ANNOUNCEMENT:
        return Content(kind, said or None)
    title = said.partition("\n")[0].strip() if match["tag"] == "笔记" else said
    url = match["url"] if kind in (Kind.LINK, Kind.MINI_PROGRAM) else None
    return Content(kind, said or f"[{match['tag']}]", url or None, title or None)


def _reply(text: str) -> Content | None:
    """``> 阿北(wxid_…) 02-01 06:53:20``, the quoted lines after ``> ``, the answer."""
    head, _, rest = text[2:].partition("\n")
    said = _QUOTED.fullmatch(head) if len(head) < 300 else None
    if said is None:
        return None
    at, quoted = 0, []
    while rest.startswith("> ", at):
        end = rest.find("\n", at)
        end = len(rest) if end < 0 else end
        quoted.append(rest[at + 2 : end])
        at = min(end + 1, len(rest))
    person = who(said["who"])
    return Content(
        Kind.TEXT,
        rest[at:].strip("\n") or None,
        reply_to=when_and_who(said["at"], person.id or f"name:{person.name}"),
        reply_quote=_shown(quoted),
    )


def _shown(lines: list[str]) -> str | None:
    """The own words of a quoted message: without what it quotes itself, a picture as ``[图片]``."""
    first = next((i for i, line in enumerate(lines) if not line.startswith("> ")), len(lines))
    words = "\n".join(lines[first:]).strip() or "\n".join(lines).strip()
    content = None if words.startswith("> ") else chatlog_content(words)
    return (content.text if content else words) or words or None


def with_ids(said: SystemText, known: Collection[str | None]) -> SystemText:
    """A system sentence whose names end in ``(username)``, as chatlog puts it, with these as ids.

    A username that looks like a wxid is known for one; of others only those in ``known``, and all of
    them beside one that is: chatlog adds them to everybody in a sentence or to nobody.
    """
    people = (said.actor, *said.targets)
    sure = any(p and not p.startswith("name:") and p != SELF for p in people)
    actor = _id(said.actor, None if sure else known)
    targets = tuple(t for t in (_id(target, None if sure else known) for target in said.targets) if t)
    if actor == said.actor and targets == said.targets:
        return said
    return msgspec.structs.replace(said, actor=actor, targets=targets)


def _id(person: str | None, known: Collection[str | None] | None) -> str | None:
    if not person or not person.startswith("name:") or not person.endswith(")"):
        return person
    match = _ID_AT_END.fullmatch(person, 5)
    found = match["id"] if match else None
    is_one = found and _ALIAS.fullmatch(found) and (known is None or found in known)
    return found if is_one else person
