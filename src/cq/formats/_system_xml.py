"""WeChat's raw system records (``<sysmsg …>``) and unfilled templates as plain sentences with ids.

Some exporters leak what WeChat stores instead of what it shows. Here it becomes the sentence that
WeChat would show, with ``${wxid}`` in the place of names; which event the sentence means is
:mod:`_system_text`'s business. Not a general XML reader: text with a document type is refused.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

_MAX_LENGTH = 200_000
_BEFORE = re.compile(r"\s*(?:[\w@.-]{3,40}:\s{0,8})?(?:<\?xml[^<>]{0,200}\?>\s{0,8})?(?=<sysmsg[\s>])")
_SLOT = re.compile(r"\$([a-z_]{3,40})\$")  # a name such as $发财$ is none
_FILLED = re.compile(r"\$\{([^${}]+)\}")
_END = re.compile(r"(?:加入|移出)了?群聊")
_ID = re.compile(r"[A-Za-z][\w@.-]{5,60}")
# Where the sentence stands, by the type of the record.
_SENTENCE = {
    "revokemsg": ("replacemsg", "content"),
    "editrevokecontent": ("text",),
    "delchatroommember": ("plain", "text"),
    "paymsg": ("content",),
    "pat": ("template",),
}
_BARE = {"revokemsg": "撤回了一条消息", "pat": "[拍一拍]"}
_PINNED = {"1": "置顶了一条消息", "2": "移除了一条置顶消息"}


def is_slot(name: str) -> bool:
    """Whether ``name`` is an unfilled slot such as ``$username$``."""
    return _SLOT.fullmatch(name) is not None


def is_raw(text: str) -> bool:
    """Whether ``text`` is a system record, perhaps after the ``wxid:`` of its sender."""
    return _BEFORE.match(text) is not None


def unpack(text: str) -> tuple[str, tuple[str, ...]]:
    """The sentence of a raw record, and the ids of its member list in their order.

    The sentence is empty where the record is damaged, refused, or of a type that reports nothing.
    """
    root = _root(text)
    return ("", ()) if root is None else (_sentence(root), tuple(_usernames(root)))


def shown(text: str) -> str:
    """The sentence of a raw record as WeChat shows it: with the names in its member list, else the ids."""
    root = _root(text)
    if root is None:
        return ""
    names = {_text(member, "username"): _text(member, "nickname") for member in root.iter("member")}
    return _FILLED.sub(lambda m: names.get(m[1]) or m[1], _sentence(root))


def _root(text: str) -> ET.Element | None:
    start, end = _BEFORE.match(text), text.rfind("</sysmsg>")
    if start is None or end < 0 or end > _MAX_LENGTH or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        return ET.fromstring(text[start.end() : end + len("</sysmsg>")])
    except (ET.ParseError, ValueError):  # ValueError: half a surrogate pair
        return None


def fill(text: str) -> str:
    """``"$username$"邀请"$names$"加入了群聊 wxid_a 阿北 wxid_b 默默`` with the ids in their places.

    The tail is what a tag stripper leaves of the member lists (WDA, 2026): pairs of id and name in
    the order of the slots. A tail that does not read as such pairs is dropped, the slots stay.
    """
    slot = _SLOT.search(text)
    end = _END.search(text, slot.end()) if slot else None
    if end is None:
        return text
    sentence, tail = text[: end.end()], _SLOT.sub("", text[end.end() :]).replace("、", " ").split()
    ids = tail[::2]
    slots = list(dict.fromkeys(_SLOT.findall(sentence)))
    if len(tail) % 2 or len(ids) < len(slots) or not all(map(_ID.fullmatch, ids)):
        return sentence
    shares = [ids[i : i + 1] for i in range(len(slots) - 1)] + [ids[len(slots) - 1 :]]
    values = {slot: _people(share) for slot, share in zip(slots, shares, strict=True)}
    return _SLOT.sub(lambda m: values[m[1]], sentence)


def _sentence(root: ET.Element) -> str:
    kind = root.get("type", "")
    if kind == "sysmsgtemplate":
        values = {link.get("name", ""): _link(link) for link in root.iter("link")}
        return _SLOT.sub(lambda m: values.get(m[1]) or m[0], _text(root, "template"))
    if kind == "mmchatroomtopmsg":
        pinned, who = _PINNED.get(_text(root, "op")), _text(root, "username")
        return f"{_people([who])}{pinned}" if pinned and who else ""
    for tag in _SENTENCE.get(kind, ()):
        if sentence := _text(root, tag):
            return sentence
    actor, target = _text(root, "fromusername"), _text(root, "pattedusername")
    if kind == "pat" and actor and target:
        return f'"{_people([actor])}" 拍了拍 "{_people([target])}"'
    return _BARE.get(kind, "")


def _link(link: ET.Element) -> str:
    separator = next((e.text for e in link.iter("separator") if e.text), "、")
    people = [(_text(m, "username"), _text(m, "nickname")) for m in link.iter("member")]
    return separator.join(f"${{{user}}}" if user else nick for user, nick in people if user or nick)


def _people(ids: list[str]) -> str:
    return "、".join(f"${{{one}}}" for one in ids)


def _usernames(root: ET.Element) -> list[str]:
    return [e.text.strip() for m in root.iter("memberlist") for e in m.iter("username") if e.text]


def _text(parent: ET.Element, tag: str) -> str:
    return next((e.text.strip() for e in parent.iter(tag) if e.text and e.text.strip()), "")
