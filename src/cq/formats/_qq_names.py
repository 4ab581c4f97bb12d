"""QQ sender lines: ``[【title】]name(digits)`` or ``name<account>``, as TXT, MHT and old rows of
the NT database write them.

It takes names apart; it does not decide which sender is a person.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cq.model import MemberRole

_TAIL_ID = re.compile(r"\(([0-9]{4,12})\)\Z")
_TAIL_ACCOUNT = re.compile(r"<([^<>\s]{1,128})>\Z")
_TITLE = re.compile(r"\A【([^【】]{1,32})】")
_PHONE = re.compile(r"1[0-9]{10}")

ROLE_TITLES: dict[str, MemberRole] = {"群主": "owner", "管理员": "admin"}
LEVEL_TITLES = frozenset({"潜水", "冒泡", "吐槽", "活跃", "话唠", "传说"})
KNOWN_TITLES = LEVEL_TITLES | ROLE_TITLES.keys()

SYSTEM_IDS = frozenset({"10000", "1000000", "10002"})
"""Senders of system rows (10002: recalls in PC databases)."""

ANONYMOUS_ID = "80000000"
"""The one id under which every anonymous member of a group writes."""


class Who(NamedTuple):
    """A sender line taken apart. ``id`` is the member id of the contract, None without one."""

    name: str
    id: str | None


def who(rest: str) -> Who:
    """Name and id of a sender line; the id is the last parenthesis of the line.

    The name keeps its title, inner and edge blanks: full-width blanks are legal in QQ names.
    """
    if match := _TAIL_ID.search(rest[-14:]):
        number = match[1]
        id_ = f"anon:{number}" if number == ANONYMOUS_ID else number
        return Who(rest[: len(rest) - len(match[0])], id_)
    start = rest.rfind("<")
    if rest.endswith(">") and start >= 0 and (match := _TAIL_ACCOUNT.search(rest[start:])):
        account = match[1]
        kind = "email" if "@" in account else "phone" if _PHONE.fullmatch(account) else "account"
        return Who(rest[:start], f"{kind}:{account}")
    return Who(rest, None)


def leading_tag(name: str) -> str | None:
    """What stands in a leading ``【…】``: a title, or the member's own decoration."""
    match = _TITLE.match(name)
    return match[1] if match else None
