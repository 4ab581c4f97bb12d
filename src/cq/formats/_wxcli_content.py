"""What wx-cli prints for a message: tags, quotations after an arrow, sentences that it has cut."""

from __future__ import annotations

import re

from cq.formats._placeholders import wechat, wechat_tag
from cq.formats._wechat_content import Content, content_of
from cq.formats._wechat_talk import untyped
from cq.model import NON_SPEECH, Kind

_QUOTE = re.compile(r"\A\[引用\]\s?(?P<words>.*?)\n\s{0,4}↳\s?(?P<said>.*)\Z", re.DOTALL)
_NAME = re.compile(r"[^\n]{1,60}?[:：]\s")
_INVITED = re.compile(r"(?:\[系统\] ?)?(?:[\"“].{1,40}[\"”]|你)邀请[\"“]")
_LOCAL_ID = re.compile(r"(\[[^\[\]\n]{1,20}\])\s?\(?local_id[=:]\s?\d{1,20}\)?")
_CUT = 48
"""wx-cli cuts sentences after 50 characters; some of them are not printed."""


def quoting(text: str) -> Content | None:
    """An answer with its quotation, None if this is none."""
    if not text.startswith("[引用]"):
        return None
    if quote := _QUOTE.match(text):
        return _answer(quote["words"].strip(), quote["said"].strip())
    return _answer(text.removeprefix("[引用]").strip(), "")


def mended(sentence: str) -> str | None:
    """An invitation that was cut, ended after the last whole person in it; None if it is none."""
    invited = _INVITED.match(sentence)
    if len(sentence) < _CUT or "加入" in sentence or invited is None or sentence.rfind("、") <= invited.end():
        return None
    return f'{sentence.rpartition("、")[0]}"加入了群聊'


def shown(text: str) -> Content | None:
    """What a body of its text and Markdown is, which say no types; None for plain text."""
    if answer := quoting(text):
        return answer
    if media := _LOCAL_ID.fullmatch(text):
        text = media[1]
    found = untyped(text)
    if found is not None and found.kind is Kind.LINK and "://" in text:
        return content_of(Kind.LINK, text)
    return found


def _answer(words: str, said: str) -> Content:
    """A reply's own words, and the quotation after the name of who said it."""
    name = _NAME.match(said)
    kind, text = Kind.TEXT, words or None
    if words and (tag := wechat_tag(words)) and tag not in NON_SPEECH:
        kind, text, _ = wechat(words)
    return Content(kind, text, reply_quote=(said[name.end() :] if name else said).strip() or None)
