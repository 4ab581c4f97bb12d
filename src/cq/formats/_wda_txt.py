"""WeChatDataAnalysis' text export: its head, its lines, and what it puts behind a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cq.formats import ReadOptions
from cq.formats._placeholders import wechat_tag
from cq.formats._source import Source
from cq.formats._system_text import SELF
from cq.formats._transcript import Records, records
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
from cq.formats._wechat_talk import (
    ME,
    Pasted,
    People,
    contents_of,
    doubts,
    group_named,
    group_of,
    in_time,
    messages,
    stray,
    untyped,
)
from cq.model import Batch, Group, Kind

# The first ``(id): `` ends the name: texts hold another one more often than names do.
_HEAD = re.compile(
    r"^\[(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})\] "
    r"(?:(\[系统\])|(.{0,200}?)\(([^()\s]{1,80})\)(?: \[avatar=[^\]\n]{0,500}\])?:)(?: (.*))?$",
    re.MULTILINE,
)
_TIME, _SYSTEM, _NAME, _ID, _TEXT = range(5)
_CHAT = re.compile(r"^会话: (.*?)(?: \(([^()\n]{0,80})\))?$", re.MULTILINE)
_ACCOUNT = re.compile(r"^账号: (\S{1,80})$", re.MULTILINE)
_HIDDEN = "hidden"
_MEMBER = re.compile(r"member_\d{1,6}")

_SIZE = re.compile(r"(?P<said>.*?) ?\bsize=\d{1,15}(?: (?P<path>\S+))?", re.DOTALL)
_MONEY = re.compile(
    r"(?P<said>.*?) ?金额=(?P<sum>[^\n=]{0,40}?)(?: 状态=(?P<state>[^\n=]{0,40}))?", re.DOTALL
)
_PLACE_AT = re.compile(r" ?(?:地点|地址|坐标)=")
_PLACE = re.compile(
    r"(?: ?地点=([^\n=]{0,300}?))?(?: ?地址=([^\n=]{0,300}?))?(?: ?坐标=-?[\d.]{1,20}, ?-?[\d.]{1,20})?"
)
_HEARD = re.compile(r"(?P<said>\[语音[^\]\n]{0,9}\])[^\n]{0,300}? ?转写=(?P<words>.*)", re.DOTALL)
_RECORDING = re.compile(r"[^\s\\/]{1,80}[\\/]\S{1,400}\.(?:mp3|wav|amr|silk|slk|ogg|opus|m4a|aac)")
_LINKED = re.compile(r"(?P<said>.+) (?P<url>https?://\S+)", re.DOTALL)
_FILE_NAME = re.compile(r"[^\n]{1,255}\.\w{1,8}")
_PATH = re.compile(r"(?P<tag>\[[^\[\]\n]{1,20}\]) \S{0,400}[\\/]\S{1,200}\.\w{1,5}")


def read_log(source: Source, options: ReadOptions) -> Iterator[Batch]:
    label, clock = source.label, WallClock(options)
    group, account, split = group_of(source), None, Pasted()
    for piece in records(source, _HEAD):
        if piece.preamble is not None:
            group, account = _preamble(piece.preamble, group)
            found = _CHAT.search(piece.preamble) is not None
            problems = [] if found else stray(piece.preamble, label)
            yield Batch(groups=(group,), headers=int(found), problems=problems)
        times = [head[_TIME] for head in piece.heads]
        piece, stamps, bad = in_time(piece, clock.column(times), label, times)
        piece = piece._replace(bodies=[_joined(*row) for row in zip(piece.heads, piece.bodies, strict=True)])
        yield Batch(problems=bad, notices=piece.notices)
        split.look(piece, stamps)
        nobody = [i for i, head in enumerate(piece.heads) if head[_SYSTEM]]
        looked_at = [
            i
            for i, text in enumerate(piece.bodies)
            if not text or text[0] in "[<\n" or text[-1] == "]" or "=" in text or "://" in text
        ]
        contents = contents_of(piece.bodies, looked_at, _content, nobody)
        people = _people(piece, account)
        for rows in messages(label, group, piece, stamps, people, contents):
            yield Batch(rows)
    yield Batch(notices=[*source.notices(), *doubts(label, {"suspect_split": split.lines})])


def _joined(head: tuple[str | None, ...], body: str) -> str:
    first = head[_TEXT] or ""
    return f"{first}\n{body}" if body else first


def _preamble(text: str, group: Group) -> tuple[Group, str | None]:
    """The chat and the owner's id, by the head of the file."""
    account = _ACCOUNT.search(text)
    own = account[1] if account and account[1] != _HIDDEN else None
    chat = _CHAT.search(text)
    if chat is None:
        return group, own
    room = chat[2] if chat[2] and chat[2] != _HIDDEN else None
    named = group_named(chat[1] or None, room)
    return (
        named if room is None or named.chat_kind != "unknown" else group_named(chat[1], room, "private")
    ), own


def _people(piece: Records, account: str | None) -> People:
    ids = [_id(head[_ID]) for head in piece.heads]
    shown = [head[_NAME] or None for head in piece.heads]
    own = [name == ME or (id_ is not None and id_ == account) for name, id_ in zip(shown, ids, strict=True)]
    names = [None if name == ME else name for name in shown]
    return People(names, ids, own, account or SELF)


def _id(written: str | None) -> str | None:
    if written is None or written == _HIDDEN:
        return None
    return f"anon:{written}" if _MEMBER.fullmatch(written) else written


def _content(text: str) -> Content | None:
    """What a text with WDA's additions is."""
    if "size=" in text and (file := _SIZE.fullmatch(text)):
        title = _once(file["said"])
        if title is not None or _FILE_NAME.fullmatch(file["said"]):
            title = title or file["said"]
            return Content(Kind.FILE, title, card_title=title)
    if "金额=" in text and (money := _MONEY.fullmatch(text)):
        tag = wechat_tag(money["said"])
        if money["state"] is not None or tag in (Kind.RED_PACKET, Kind.TRANSFER):
            packet = tag is Kind.RED_PACKET or (tag is None and "红包" in money["said"])
            words = money["said"] if tag is None else money["said"].partition("]")[2].strip()
            said = " ".join(filter(None, (_once(words) or words, money["sum"])))
            return Content(Kind.RED_PACKET if packet else Kind.TRANSFER, said or money["said"] or None)
    if (begin := _PLACE_AT.search(text)) and (place := _PLACE.fullmatch(text, begin.start())):
        return Content(Kind.LOCATION, place[1] or place[2] or text[: begin.start()] or None)
    if "转写=" in text and (heard := _HEARD.fullmatch(text)):
        return Content(Kind.VOICE, _without_path(heard["words"]).strip() or heard["said"])
    if "://" in text and (linked := _LINKED.fullmatch(text)) and (title := _once(linked["said"])):
        return Content(Kind.LINK, title, linked["url"], title)
    if path := _PATH.fullmatch(text):
        text = path["tag"]
    return untyped(text)


def _without_path(words: str) -> str:
    """A transcript without the recording's place behind it."""
    before, _, last = words.rpartition(" ")
    return before if _RECORDING.fullmatch(last) else words


def _once(said: str) -> str | None:
    """The title, where WDA wrote it twice (as content and as title) or after a tag; None elsewhere."""
    half = len(said) // 2
    if len(said) % 2 and said[half] == " " and said[:half] == said[half + 1 :]:
        return said[:half]
    if wechat_tag(said):
        said = said[said.index("]") + 1 :].strip()
        return _once(said) or said or None
    return None
