"""OneBot 11's events: their fields, and what a notice reports.

What a message says is :mod:`_qq_segments`' business, who is who :mod:`_onebot`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cq.formats._json_values import as_written
from cq.formats._qq_segments import string
from cq.formats._system_text import SystemText, parse
from cq.formats._wechat_content import Content
from cq.model import Event as Happening
from cq.model import Kind


class Sender(msgspec.Struct, gc=False):
    nickname: Any = None
    card: Any = None
    role: Any = None
    title: Any = None
    level: Any = None


class Segment(msgspec.Struct, gc=False):
    type: Any = None
    data: Any = None


class Event(msgspec.Struct, gc=False):
    """The fields that are read, of messages and notices. Anything may stand in most of them."""

    post_type: Any = None
    time: Any = None
    self_id: Any = None
    message_type: Any = None
    sub_type: Any = None
    message_id: Any = None
    group_id: Any = None
    group_name: Any = None
    user_id: Any = None
    target_id: Any = None
    operator_id: Any = None
    sender_id: Any = None
    anonymous: Any = None
    message: str | tuple[Segment, ...] | Segment | None = None
    raw_message: Any = None
    sender: Sender | None = None
    notice_type: Any = None
    duration: Any = None
    file: Any = None
    card_new: Any = None
    title: Any = None
    name_new: Any = None
    honor_type: Any = None
    suffix: Any = None
    content: Any = None
    data: Any = None
    event: Any = None
    payload: Any = None
    body: Any = None


_WRAPPERS = ("data", "event", "payload", "body")
"""Keys under which recorders put the event they add something to."""


def unwrapped(row: Event) -> Event:
    """The event itself, where a recorder has put it into another object."""
    if row.post_type is not None:
        return row
    for name in _WRAPPERS:
        inner = getattr(row, name)
        if isinstance(inner, dict) and "post_type" in inner:
            try:
                return msgspec.convert(inner, Event)
            except msgspec.ValidationError:
                return row
    return row


def person(value: Any) -> str | None:
    """An id of a person; 0 is nobody."""
    written = as_written(value)
    return written if written not in (None, "", "0") else None


_NO_MESSAGES = frozenset({
    "friend_add", "client_status", "bot_online", "bot_offline", "input_status", "profile_like",
    "offline_file", "online_file", "flash_file",
})  # fmt: skip
"""Notices that tell nothing of a chat."""
_REACTIONS = frozenset({"group_msg_emoji_like", "reaction", "emoji_like"})


def notice(row: Event) -> Content | str:
    """What a notice reports, as a row of the log; a reason to skip it where it is none."""
    kind = string(row.notice_type)
    if kind in ("notify", "notice"):
        kind = string(row.sub_type)
    if kind in _REACTIONS:
        return "reaction"
    if kind in _NO_MESSAGES:
        return "not_a_message"
    said, text = _reported(kind, row)
    return Content(said.kind, text, event=said)


def _reported(kind: str, row: Event) -> tuple[SystemText, str | None]:
    user, by, sub = person(row.user_id), person(row.operator_id), string(row.sub_type)
    match kind:
        case "group_recall" | "friend_recall":
            return _said(Happening.RECALL, by or user, user), None
        case "group_increase":
            inviter = by if sub == "invite" and by != user else None
            return _said(Happening.JOIN, inviter, user, detail="invite" if inviter else None), None
        case "group_decrease":
            return _left(sub, user, by), None
        case "group_ban":
            return _muted(sub, user, by, row.duration), None
        case "group_admin":
            detail = sub if sub in ("set", "unset") else None
            return _said(Happening.ADMIN_CHANGE, by, user, detail=detail), None
        case "group_upload":
            name = string(row.file.get("name")) if isinstance(row.file, dict) else ""
            return _said(Happening.FILE_SHARE, user, detail=name or None), name or None
        case "poke":
            return _said(Happening.POKE, user, person(row.target_id), detail=string(row.suffix) or None), None
        case "lucky_king":
            return _said(Happening.RED_PACKET, person(row.target_id), user), None
        case "title":
            return _said(Happening.TITLE_CHANGE, by, user, detail=string(row.title) or None), None
        case "group_name":
            return _said(Happening.RENAME_GROUP, by or user, detail=string(row.name_new) or None), None
        case "essence":
            detail = {"add": "set", "delete": "unset"}.get(sub)
            return _said(Happening.ESSENCE, by, person(row.sender_id) or user, detail=detail), None
        case "group_card":
            return _said(Happening.OTHER, None, user, detail=string(row.card_new) or None), None
        case "gray_tip":
            text = string(row.content) or None
            return parse(text, "qq"), text
        case _:
            return _said(Happening.OTHER, None, user, detail=string(row.honor_type) or kind or None), None


def _left(sub: str, user: str | None, by: str | None) -> SystemText:
    if sub == "leave":
        return _said(Happening.LEAVE, None, user)
    if sub in ("disband", "dismiss"):
        return _said(Happening.DISMISS, by)
    return _said(Happening.REMOVE, by if by != user else None, user)


def _muted(sub: str, user: str | None, by: str | None, duration: Any) -> SystemText:
    lifted = sub == "lift_ban" or (not sub and duration == 0)
    if user is None:
        return _said(Happening.UNMUTE_ALL if lifted else Happening.MUTE_ALL, by)
    if lifted:
        return _said(Happening.UNMUTE, by, user)
    return _said(Happening.MUTE, by, user, detail=_shown(duration))


def _shown(seconds: Any) -> str | None:
    """A duration as QQ shows it; the sentences of other exports have it so, too."""
    if isinstance(seconds, str) and seconds.isdecimal() and len(seconds) < 12:
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 1 << 31:
        return None
    parts = []
    for unit, word in ((86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒")):
        if seconds >= unit:
            parts.append(f"{seconds // unit}{word}")
            seconds %= unit
    return "".join(parts)


def _said(event: Happening, actor: str | None, *targets: str | None, detail: str | None = None) -> SystemText:
    kind = {Happening.RECALL: Kind.RECALL, Happening.POKE: Kind.POKE}.get(event, Kind.SYSTEM)
    return SystemText(event, kind, actor, tuple(t for t in targets if t), detail)


def poke_in(row: Event, segments: Sequence[tuple[str, Mapping[str, Any]]]) -> Content | None:
    """A message that is nothing but a poke."""
    if len(segments) != 1 or segments[0][0] not in ("poke", "shake"):
        return None
    target = person(segments[0][1].get("qq")) or person(segments[0][1].get("id"))
    return Content(Kind.POKE, None, event=_said(Happening.POKE, person(row.user_id), target))
