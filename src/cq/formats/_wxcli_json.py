"""The messages of wx-cli's JSON: type words, and contents that begin with a tag."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from cq.formats._json_values import identifiers, strings, whole
from cq.formats._wechat_content import Content, event_of, tidy
from cq.formats._wechat_json import Columns, Dialect, Export, typed
from cq.formats._wechat_names import chat_kind
from cq.formats._wechat_types import kind_of
from cq.formats._wxcli_content import mended, quoting
from cq.model import NON_SPEECH, Kind

_TYPE = re.compile(r"type=(-?[0-9]{1,12})", re.ASCII)
_TAGGED = {"[撤回]": Kind.RECALL, "[系统]": Kind.SYSTEM, "[拍一拍]": Kind.POKE}


class _Row(msgspec.Struct, gc=False):
    timestamp: Any = None
    time: Any = None
    sender: Any = None
    content: Any = None
    type: Any = None
    local_id: Any = None
    sender_username: Any = None
    sender_group_nickname: Any = None
    url: Any = None


def _begin(export: Export) -> None:
    header = export.header
    ids, _ = identifiers([header.get("username")])
    name = whole(strings([header.get("chat")])[0])
    room = header.get("is_group")
    word = header.get("chat_type") if not isinstance(room, bool) else "group" if room else "private"
    export.meet(whole(ids[0]), name, chat_kind(word, ids[0]))


def _columns(rows: Sequence[_Row], export: Export) -> Columns:
    people, _ = identifiers([row.sender_username for row in rows])
    names = strings([row.sender_group_nickname or row.sender or None for row in rows])
    texts, words = strings([row.content for row in rows]), strings([row.type for row in rows])
    links = strings([row.url or None for row in rows])
    export.known.update(people)
    cut = {i: whole_ for i, word in enumerate(words) if word == "系统" and (whole_ := mended(texts[i] or ""))}
    for i, sentence in cut.items():
        texts[i] = sentence
    export.note("cut_sentence", list(cut))
    contents = {
        i: _content(word, text, links[i], export)
        for i, (word, text) in enumerate(zip(words, texts, strict=True))
        if word != "文本" or not text or text[0] in "<\n" or "\r" in text or "\0" in text
    }
    own: list[bool | None] = [None] * len(rows)
    for i, person in enumerate(people):
        if person is None and names[i] is None and (i not in contents or contents[i].kind not in NON_SPEECH):
            own[i] = True  # wx-cli leaves the owner without a name
    native, _ = identifiers([row.local_id for row in rows])
    return Columns(people, names, texts, contents, own, more={"native_id": native})


def _content(word: str | None, text: str | None, url: str | None, export: Export) -> Content:
    text = tidy(text, export.known) if text else None
    for tag, kind in _TAGGED.items():
        if text and text.startswith(tag) and word not in ("文本", "链接/文件"):
            return event_of(kind, text[len(tag) :].strip() or tag, "wechat")
    if text and "\n" in text and word != "文本" and (answer := quoting(text)):
        return answer
    number = _TYPE.fullmatch(word) if word else None
    kind = kind_of(int(number[1]) if number else None, None if number else word, text)
    if kind is Kind.OTHER and text and (answer := quoting(text)):
        return answer
    return typed(kind, text, export.known, None, url)


WXCLI = Dialect(
    record=_Row,
    time=lambda row: row.time if row.timestamp is None else row.timestamp,
    columns=_columns,
    keys=("chat", "chat_type", "is_group", "username", "count"),
    first=("chat", "username"),
    begin=_begin,
    stated=lambda header: header.get("count"),
)
