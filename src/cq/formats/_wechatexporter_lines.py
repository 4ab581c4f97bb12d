"""What WechatExporter's text says: notices, answers and the rest of a text below a head, placeholders.

Words only: who and when is the reader's business (:mod:`_wechatexporter_txt`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cq.formats._quoted_name import without_name
from cq.formats._system_patterns import QUOTES
from cq.formats._system_text import parse
from cq.formats._wechat_content import Content, content_of
from cq.formats._wechat_talk import untyped
from cq.model import Event, Kind

TRANSFER = "微信转账"
QUOTED = "「"
_SYSTEM = "System Message: "
_RAW, _RAW_END = "<sysmsg", "</sysmsg>"
_DASHES = re.compile(r"(?:- ){4,40}-?\s{0,3}")
_MOST_LINES = 200
"""Lines of a quotation, or of a raw notice."""
_LONGEST = 1_000
_AMOUNT = re.compile(rf"{TRANSFER}\s?[￥¥]?\d[\d,]{{0,15}}(?:\.\d{{2}})?")
_ABOUT_ME = ("你", "我", "You ")
_PRIVACY = "朋友关系，请注意隐私安全"
_WORD = re.compile(
    "加入了|邀请|移出|退出|群名|撤回了|拍了拍|置顶|新群主|管理员|解散|红包"
    "| group chat|group name|acket| a message|tickled|nudged|poked|patted"
)
"""Every one of WeChat's sentences holds one of these."""
_SURE = frozenset(
    {Event.JOIN, Event.REMOVE, Event.OWNER_CHANGE, Event.RED_PACKET, Event.DISMISS, Event.RENAME_GROUP}
)
"""Events whose sentences are notices even where no name is quoted."""


_MORE = re.compile(rf"{_WORD.pattern}|{_SYSTEM}|{_PRIVACY}|{_RAW}|^- - ", re.MULTILINE)
_TAGS = (
    (re.compile(r"\[(?:语音|Audio)[^\[\]\n]{0,20}\]"), Kind.VOICE),
    (re.compile(r"\[(?:图片|Photo|Image)\]"), Kind.IMAGE),
    (
        re.compile(r"(?:\[(?:视频|Video)\])?\s?(?:（视频丢失）|\(视频丢失\)|\(Video Missing\))|\[Video\]"),
        Kind.VIDEO,
    ),
    (re.compile(r"\[(?:Emoji|Sticker)\]"), Kind.STICKER),
    (re.compile(r"\[(?:视频/语音通话|语音/视频通话|Video/Audio Call|Call)\]"), Kind.CALL),
    (re.compile(r"\[(?:实时位置共享|Real-time Location)\]"), Kind.LOCATION),
)
_FILE = re.compile(r"\[(?:文件|File)[:：\s]{0,3}([^\[\]\n]{1,255})\]")
_PLACE = re.compile(r"\[(?:位置|Location)\]\s?(.*?)\s?\(-?[\d.]{1,20},\s?-?[\d.]{1,20}\)", re.DOTALL)


class Said(NamedTuple):
    """A part of a body, ``below`` lines under the head. ``notice``: nobody sent it; ``bare``: headless."""

    below: int
    text: str
    notice: bool = False
    bare: bool = True
    quote: str | None = None


def is_told(line: str) -> bool:
    """Is the line one of WeChat's sentences, as a notice has them?"""
    if len(line) > _LONGEST:
        return False
    if line.startswith(_SYSTEM) or _PRIVACY in line:
        return True
    if not _WORD.search(line):
        return False
    event = parse(line, "wechat").event
    if event is Event.OTHER:
        return False
    quoted = any(mark in line for mark in QUOTES)
    return quoted or event in _SURE or (event is not Event.POKE and line.startswith(_ABOUT_ME))


def may_be_more(body: str) -> bool:
    """May there be anything else in the lines below a head than the rest of its text?"""
    return _MORE.search(body) is not None


def words(notice: str) -> str:
    """A notice without what WechatExporter puts before it."""
    return notice.removeprefix(_SYSTEM)


def parts(lines: Sequence[str], *, headed: bool) -> list[Said]:
    """The messages in the lines. The first line is what stands behind the head, if there is one."""
    quotations = _quotations(lines)
    found: list[Said] = []
    i = 0
    while i < len(lines):
        if (end := quotations.get(i)) is not None:
            quote = "\n".join(lines[i:end])[1:-1]
            found.append(Said(i, "", bare=not (headed and i == 0), quote=without_name(quote, ())))
            i = end + 1
            if i < len(lines):
                found[-1] = found[-1]._replace(text=lines[i])
        elif headed and i == 0:
            found.append(Said(0, lines[0], bare=False))
        elif lines[i].startswith(_RAW):
            end = next((j for j in range(i, min(i + _MOST_LINES, len(lines))) if _RAW_END in lines[j]), i)
            found.append(Said(i, "\n".join(lines[i : end + 1]), notice=True))
            i = end
        elif is_told(lines[i]) or not found or found[-1].notice:
            if lines[i].strip():
                found.append(Said(i, words(lines[i]), notice=True))
        else:
            i = _goes_on(found, lines, i, quotations)
        i += 1
    return [one._replace(text=one.text.rstrip("\n")) for one in found]


def _goes_on(found: list[Said], lines: Sequence[str], i: int, quotations: dict[int, int]) -> int:
    """Add the lines from ``i`` that continue a text to it; the last of them."""
    end = i + 1
    while (
        end < len(lines)
        and end not in quotations
        and not lines[end].startswith(_RAW)
        and not is_told(lines[end])
    ):
        end += 1
    found[-1] = found[-1]._replace(text="\n".join([found[-1].text, *lines[i:end]]))
    return end - 1


def _quotations(lines: Sequence[str]) -> dict[int, int]:
    """Where quotations begin, and where the dashes below each of them are."""
    found: dict[int, int] = {}
    for end, line in enumerate(lines):
        if (
            end == 0
            or line[:2] != "- "
            or not _DASHES.fullmatch(line)
            or not lines[end - 1].rstrip().endswith("」")
        ):
            continue
        for begin in range(end - 1, max(end - _MOST_LINES, 0) - 1, -1):
            if lines[begin].startswith(QUOTED):
                found[begin] = end
                break
            if begin in found.values():
                break
    return found


class Glued(NamedTuple):
    """The text of a transfer and the name of whoever comes after it; ``known``: that is one of the file."""

    text: str
    name: str
    known: bool


def unglued(text: str, names: Sequence[str]) -> Glued:
    """Parts what stands before a time behind a transfer. ``names``: those of the file, the longest first."""
    amount = _AMOUNT.match(text)
    begin = amount.end() if amount else 0
    for name in names:
        if name and text.endswith(name) and len(text) - len(name) >= begin:
            return Glued(text[: len(text) - len(name)].rstrip(), name, True)
    return Glued(text[:begin], text[begin:].strip(), False)


def without_notice(text: str) -> tuple[str, str | None]:
    """A transfer, and the notice or quotation that is glued to it."""
    amount = _AMOUNT.match(text)
    rest = text[amount.end() :] if amount else ""
    if rest and (rest.startswith((QUOTED, _RAW)) or is_told(rest)):
        return text[: len(text) - len(rest)], rest
    return text, None


def content(text: str) -> Content | None:
    """What a body that is no plain text says; None for plain text."""
    if _AMOUNT.match(text):
        return Content(Kind.TRANSFER, text.removeprefix(TRANSFER).strip())
    for tag, kind in _TAGS:
        if tag.fullmatch(text):
            return Content(kind, text)
    if file := _FILE.fullmatch(text):
        return Content(Kind.FILE, file[1], card_title=file[1])
    if place := _PLACE.fullmatch(text):
        return Content(Kind.LOCATION, place[1] or text)
    found = untyped(text)
    if found is not None and found.kind is Kind.LINK and "://" in text:
        return content_of(Kind.LINK, text)
    return found
