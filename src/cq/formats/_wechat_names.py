"""The ids and names that WeChat exporters write where nobody or a whole chat stands.

Not who bears a name: that is for the readers, who know the export's members.
"""

from __future__ import annotations

from typing import Any

from cq.model import ChatKind

_ROOM = ("@chatroom", "@im.chatroom")
_NOBODY = frozenset({"SYSTEM", "system", "系统消息", "系统", "群成员"})
"""Senders and names that exporters give to rows nobody sent."""


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
