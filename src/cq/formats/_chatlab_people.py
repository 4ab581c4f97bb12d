"""Who is who in a ChatLab export: sender ids, roles, and which member records are members.

Not what anybody said. It knows the habits of the exporters that write this format.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from cq.formats._chatlab_record import Record
from cq.formats._json_values import identifiers, strings, whole
from cq.formats._wechat_names import is_room
from cq.model import Group, Member, MemberRole

_WECHAT_ID = re.compile(r"wxid_\w+|gh_\w+|[\w.-]+@\w+|[0-9]{5,}", re.ASCII)
_QQ_SYSTEM = frozenset({"10000", "1000000"})


class Roster(NamedTuple):
    """The members; of the records about them how many were used, were no members, had a lost id."""

    members: list[Member]
    used: int
    strangers: int
    rounded: int


def person_of(raw: str, platform: str) -> str | None:
    """The sender id for a ``platformId``; None for the chat itself and other nobodies.

    Converters of logs without ids put names there: no id of WeChat or QQ has Chinese characters
    or blanks in it.
    """
    if is_room(raw) or (platform == "qq" and raw in _QQ_SYSTEM):
        return None
    if platform not in ("wechat", "qq") or ":" in raw:
        return raw
    if not raw.isascii() or " " in raw:
        return f"name:{raw}"
    if platform == "qq" and not raw.isdecimal():
        return f"uid:{raw}" if raw.startswith("u_") else f"email:{raw}" if "@" in raw else raw
    return raw


def roster(
    records: Iterable[tuple[Group, Record]], owners: Mapping[str, str | None], senders: Collection[str | None]
) -> Roster:
    """The members of every group. ``owners`` by group id; an owner may have no record.

    ``senders``: the ids of those who have sent something.
    """
    members: list[Member] = []
    strangers = rounded = 0
    for group, record in records:
        ids, lost = identifiers([record.platformId])
        raw = whole(ids[0])
        name, card = map(whole, strings([record.accountName, record.groupNickname]))
        rounded += len(lost)
        if raw is None or is_room(raw) or _is_stranger(group, raw, (name, card), senders):
            strangers += 1
            continue
        role: MemberRole | None = "owner" if owners.get(group.group_id) == raw else _role(record.roles)
        person = person_of(raw, group.platform) or raw
        members.append(Member(group.group_id, person, name or None, card or None, role))
    used = len(members)
    named = {(m.group_id, m.member_id) for m in members}
    for group_id, owner_id in owners.items():
        if owner_id and (group_id, owner_id) not in named:
            members.append(Member(group_id, owner_id, role="owner"))
    return Roster(members, used, strangers, rounded)


def _is_stranger(
    group: Group, raw: str, names: tuple[str | None, ...], senders: Collection[str | None]
) -> bool:
    """Is this a name out of a forwarded chat, which WeFlow and CipherTalk put among the members?"""
    return (
        group.platform == "wechat"
        and raw in names
        and not _WECHAT_ID.fullmatch(raw)
        and person_of(raw, group.platform) not in senders
    )


def _role(roles: Any) -> MemberRole | None:
    if not isinstance(roles, list):
        return None
    ids = [role.get("id") if isinstance(role, dict) else role for role in roles]
    return "owner" if "owner" in ids else "admin" if "admin" in ids else None
