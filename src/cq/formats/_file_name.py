"""What the name of an export's file and folder says about the group, for exports that do not say it inside.

Names are no marks: they never decide which format a file is in.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cq.formats._source import Source

_ROOM = r"\d{5,20}@(?:chatroom|im\.chatroom)"
_ID_AT_END = re.compile(
    rf"(?P<name>.*?)\s*[(（](?P<id>{_ROOM}|wxid_\w{{1,40}}|gh_\w{{1,40}})[)）]", re.DOTALL
)
_ROOM_IN_NAME = re.compile(rf"(?<!\d)({_ROOM})")
_DATES = re.compile(
    r"[ _-]{1,2}(?:\d{4}-?\d{2}-?\d{2})(?:[T_~ 至-]{1,3}(?:\d{4}-?\d{2}-?\d{2}|\d{6,9}))?\Z"
    r"|[ _-](?:utf8|chat|\d{1,3})\Z| ?[(（]\d{1,2}[)）]\Z| - (?:副本|Copy)\Z"
)
_WORDS = re.compile(r"(?:的?(?:微信)?聊天记录|的?群聊记录)\Z")
_EXTENSION = re.compile(r"(?:\.html)?\.[A-Za-z0-9]{1,6}\Z")


class Named(NamedTuple):
    """Id and name of a group; None where the file does not tell."""

    id: str | None
    name: str | None


def group_in(source: Source) -> Named:
    """The group by the file's name: ``周末骑行小队_20260101-20260131.txt``, ``名(123@chatroom)/名.csv``."""
    folders = source.label.replace("\\", "/").replace("!/", "/").split("/")
    stem = _EXTENSION.sub("", folders[-1]).strip()
    for part in (stem, *folders[-2:-1]):
        if match := _ID_AT_END.fullmatch(part.strip()):
            return Named(match["id"], match["name"] or None)
    room = next((m[1] for part in (stem, *folders[-2:-1]) if (m := _ROOM_IN_NAME.search(part))), None)
    if room is not None or not stem or stem == "-":
        return Named(room, None)
    shorter = stem
    for pattern in (_DATES, _DATES, _DATES, _WORDS):
        shorter = pattern.sub("", shorter).strip() or shorter
    return Named(None, shorter)
