"""System sentences of QQ and WeChat (``A邀请B加入了群聊``) as events.

Not for ordinary messages: people write such sentences, too. Ask only about rows that the export
types as system, or that lack a sender where only system rows do. A person is what the sentence
shows; who bears that name, and which id ``self`` is, the format knows.
"""

from __future__ import annotations

import html
import re

import msgspec

from cq.formats import _system_xml
from cq.formats._system_patterns import QUOTES, Pattern, patterns
from cq.model import Event, Kind

SELF = "self"
"""Stands for 你 / 我 / You, the owner of the export."""

_MAX_LENGTH = 4_000
"""Characters that are looked at: an invitation of a hundred people is shorter."""

_OTHERS = re.compile(r"[，,] ?群聊参与人还有[:：]|(?<= group chat) with ")
_MARKUP = re.compile(r"</?(?:a|img|_wc_custom_link_|revokemsg)\b[^<>]*>")
_TAG = re.compile(r"\[(撤回|拍一拍|系统|系统消息)\]\s{0,3}")  # wx-cli, EchoTrace, WDA put it before
# A name or a poke may end in these words; a button follows a blank or the fixed end.
_BUTTON = re.compile(
    r"(?:(?<=消息)|(?<=群聊)|(?<=[\s.]))[(（]?(?:\$revoke\$|重新编辑|撤销|Re-edit|Revoke)[)）]?\Z"
)
_GOCQ = re.compile(
    r"群 (?:.{1,100}?\(\d{5,12}\)|\d{5,12}) (?:内 ?(?:成员 )?|的 |被 )|(?=(?:新成员|成员) .+ \S+群 )"
)
_GOCQ_PERSON = re.compile(r"(?:.*\()?(\d{5,12})\)?", re.DOTALL)
_ACCOUNT = re.compile(r"(?:wxid_|gh_)[\w-]+|[\w.-]+@(?:openim|stranger|chatroom)")
_FILLED = re.compile(r"\$\{([^${}]+)\}")
_LIST_ZH, _LIST_EN = re.compile("、"), re.compile("、|, ")
_BETWEEN = re.compile(f"[{QUOTES}](?:、|, ?)[{QUOTES}]")
_QUOTED = re.compile(f"[{QUOTES}](.{{1,100}}?)[{QUOTES}]", re.DOTALL)

_SELF = frozenset({"你", "您", "我", "You", "you", "your", "me"})
_SAME = frozenset({"自己", "himself", "herself", "themselves", "yourself", "myself"})
_RANKS = frozenset({"管理员", "群主"})


class SystemText(msgspec.Struct, frozen=True):
    """What a sentence reports. Persons are bare ids, ``name:…`` or :data:`SELF`.

    join, leave: ``targets`` are the people, ``actor`` the inviter, ``detail`` ``invite`` or ``qr``.
    recall: actor = who recalled, target = the author. mute, remove: actor = the admin. ``detail``
    also holds a duration, a new name or title, ``set`` or ``unset``, a file name, a poke's suffix.
    """

    event: Event
    kind: Kind
    actor: str | None = None
    targets: tuple[str, ...] = ()
    detail: str | None = None


_OTHER = SystemText(Event.OTHER, Kind.SYSTEM)


def parse(text: str | None, platform: str) -> SystemText:
    """The event of a system row. ``platform``: ``qq``, ``wechat``, anything else tries both.

    Never raises; what is not understood (privacy notices, greetings) is ``Event.OTHER``.
    """
    if not isinstance(text, str) or not text:
        return _OTHER
    if platform == "qq":
        return _qq(text)
    found = _wechat(text)
    if found.event is Event.OTHER and platform not in ("wechat", "weixin"):
        return _qq(text)
    return found


def clean(text: str) -> str:
    """A WeChat sentence without entities, links, tags and the buttons 撤销 and 重新编辑 at its end.

    Blanks inside stay: names hold them.
    """
    text = _MARKUP.sub("", html.unescape(text[:_MAX_LENGTH])).strip()
    for _ in range(2):
        text = _BUTTON.sub("", text).rstrip()
    return text


def _wechat(text: str) -> SystemText:
    members: tuple[str, ...] = ()
    if _system_xml.is_raw(text[:1_000]):
        text, members = _system_xml.unpack(text)
    text = clean(text)
    if tag := _TAG.match(text):
        text = text[tag.end() :] or tag[0].strip()
    text = _OTHERS.split(text, maxsplit=1)[0].rstrip()
    if "$" in text:
        text = _system_xml.fill(text)
    found = _match(text, "wechat", ids=False)
    if found.event in (Event.JOIN, Event.REMOVE) and len(members) == len(found.targets):
        return msgspec.structs.replace(found, targets=members)
    return found


def _qq(text: str) -> SystemText:
    text = text[:_MAX_LENGTH].replace("\0", "").lstrip("\r\n").rstrip()
    head = _GOCQ.match(text)
    return _match(text[head.end() :] if head else text, "qq", ids=head is not None)


def _match(text: str, platform: str, *, ids: bool) -> SystemText:
    for word, rows in patterns(platform):
        if word in text:
            for row in rows:
                if match := row.regex.fullmatch(text):
                    return _read(row, match.groupdict(), platform, ids)
    match text:
        case "[拍一拍]":
            return SystemText(Event.POKE, Kind.POKE)
        case "[撤回]":
            return SystemText(Event.RECALL, Kind.RECALL)
        case _:
            return _OTHER


def _read(row: Pattern, said: dict[str, str | None], platform: str, ids: bool) -> SystemText:
    def person(raw: str | None) -> str | None:
        return _person(raw, ids, quotes=platform == "wechat") if raw else None

    actor, detail = person(said.get("a")), said.get("d")
    if poked := said.get("poked"):
        raw, detail = _split_poke(poked, platform)
        targets = [actor] if raw in _SAME else [person(raw)]
    elif several := said.get("l"):
        targets = [person(raw) for raw in _split_list(several, row.english, platform)]
    elif "b" not in said and row.event is Event.RECALL:
        targets = [actor]
    else:
        targets = [person(said.get("b"))]
    if detail and row.event in (Event.RENAME_GROUP, Event.FILE_SHARE, Event.TITLE_CHANGE):
        marks = QUOTES if row.event is Event.RENAME_GROUP else QUOTES + "「」《》【】"
        if len(detail) > 2 and detail[0] in marks and detail[-1] in marks:
            detail = detail[1:-1]
    kind = {Event.RECALL: Kind.RECALL, Event.POKE: Kind.POKE}.get(row.event, Kind.SYSTEM)
    return SystemText(row.event, kind, actor, tuple(t for t in targets if t), row.detail or detail or None)


def _person(raw: str, ids: bool, quotes: bool) -> str | None:
    name = raw
    if quotes and len(raw) > 2 and raw[0] in QUOTES and raw[-1] in QUOTES:
        name = raw[1:-1].strip() or raw[1:-1]
    elif raw in _SELF:
        return SELF
    elif raw in _RANKS:
        return None  # the sentence names the rank only
    if _system_xml.is_slot(name):
        return None
    if wxid := _FILLED.fullmatch(name):
        return wxid[1]
    if ids and (number := _GOCQ_PERSON.fullmatch(name)):
        return number[1]
    account = name.rpartition("(")[2].removesuffix(")")
    if quotes and name.endswith(")") and _ACCOUNT.fullmatch(account):  # chatlog: name(wxid_…)
        return account
    return f"name:{name}"


def _split_list(raw: str, english: bool, platform: str) -> list[str]:
    me, joined = ("you", "you and ") if english else ("你", "你和")
    first = [me] if raw.startswith(joined) and len(raw) > len(joined) else []
    raw = raw.removeprefix(joined) if first else raw
    separator = _LIST_EN if english else _LIST_ZH
    if not (platform == "wechat" and len(raw) > 2 and raw[0] in QUOTES and raw[-1] in QUOTES):
        return first + [part for part in separator.split(raw) if part.strip()]
    parts = _BETWEEN.split(raw[1:-1])
    if len(parts) == 1:  # one pair of quotes around the whole list, the usual form
        parts = separator.split(raw[1:-1])
    return first + [f'"{part}"' for part in parts if part.strip()]


def _split_poke(said: str, platform: str) -> tuple[str, str | None]:
    """Who was poked, and the suffix that person has chosen (``的肩膀``).

    QQ marks neither end of a name: a suffix is what follows `` 的`` or else the last blank.
    """
    if platform == "wechat" and (quoted := _QUOTED.match(said)):
        return quoted[0], said[quoted.end() :].strip() or None
    for word in (*_SAME, "我", "你", "you", "me"):
        rest = said.removeprefix(word)
        if rest != said and (rest == "" or rest[0] in " 的" or (platform == "wechat" and not word.isascii())):
            return word, rest.strip() or None
    at = said.find(" 的") if " 的" in said else said.rfind(" ")
    return (said[:at].rstrip() or said, said[at:].strip() or None) if at > 0 else (said, None)
