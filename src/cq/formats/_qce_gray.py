"""NT's gray tips inside QCE's ``system`` elements: whom a sentence means, by number or uid.

The sentence itself is read elsewhere (:mod:`_system_text`); this gives the ids behind its names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from cq.formats._qq_segments import string
from cq.model import Event

_NODES = 2_000
"""Values that are looked at in one tip."""
_MAX = 1 << 16
_NAMES = ("nm", "name", "nick", "nickname", "card", "remark", "memberName")
_ROLES = ("operator", "origMsgSender", "member", "admin")
_SUFFIXES = ("Nick", "Remark", "MemRemark", "Name")
_XML_PERSON = re.compile(r"<qq\b([^<>]{1,1000})>")
_ATTRIBUTE = re.compile(r'\b(uin|jp|nm|name)="([^"]{0,200})"')
_RECALL, _GROUP, _MEMBER_ADDED = 1, 4, 1


class Tip(NamedTuple):
    """``people``: ids by the names the tip shows. The rest where it is structured: ``id:…`` or ``name:…``."""

    people: Mapping[str, str]
    event: Event | None = None
    actor: str | None = None
    targets: tuple[str, ...] = ()


def read(data: Mapping[str, Any]) -> Tip:
    """What the data of a ``system`` element tells beside its sentence."""
    people: dict[str, str] = {}
    tip: Mapping[str, Any] = {}
    for node in _nodes(data):
        if isinstance(node, str):
            for tag in _XML_PERSON.findall(node):
                _note(people, dict(_ATTRIBUTE.findall(tag)))
        else:
            _note(people, node)
            tip = node if "subElementType" in node else tip
    kind = tip.get("subElementType", data.get("subType"))
    if kind == _RECALL:
        said = _object(tip, "revokeElement")
        actor, target = _person(said, "operator"), _person(said, "origMsgSender")
        return Tip(people, Event.RECALL, actor, tuple(filter(None, [target or actor])))
    group = _object(tip, "groupElement")
    if kind == _GROUP and group.get("type") == _MEMBER_ADDED:
        actor, target = _person(group, "admin"), _person(group, "member")
        return Tip(people, Event.JOIN, actor if actor != target else None, tuple(filter(None, [target])))
    return Tip(people)


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _nodes(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | str]:
    """Every object inside, and every string of XML, also those in JSON that is a string."""
    waiting: list[Any] = [data]
    for _ in range(_NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, Mapping):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value[:_NODES]
        elif isinstance(value, str) and 1 < len(value) <= _MAX:
            if value[0] in "{[":
                waiting.append(_decoded(value))
            elif value[0] == "<":
                yield value


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _note(people: dict[str, str], node: Mapping[str, Any]) -> None:
    if id_ := _best(node.get("jp"), node.get("uin"), node.get("uid")):
        people.update(dict.fromkeys(filter(None, (string(node.get(n)) for n in _NAMES)), id_))
    for role in _ROLES:
        if id_ := _best(node.get(f"{role}Uin"), node.get(f"{role}Uid")):
            shown = (string(node.get(role + suffix)) for suffix in _SUFFIXES)
            people.update(dict.fromkeys(filter(None, shown), id_))


def _person(node: Mapping[str, Any], role: str) -> str | None:
    id_ = _best(node.get(f"{role}Uin"), node.get(f"{role}Uid"))
    shown = next(filter(None, (string(node.get(role + suffix)) for suffix in _SUFFIXES)), None)
    return f"id:{id_}" if id_ else f"name:{shown}" if shown else None


def _best(*ids: Any) -> str | None:
    """A number rather than a uid."""
    written = [one for one in map(string, ids) if one not in ("", "0")]
    numbers = [one for one in written if one.isdecimal()]
    return next(iter(numbers), None) or next((one for one in written if one.startswith("u_")), None)
