"""What stands in a message and its sender did not write: quotations, mentions, stickers, flags.

Addresses are found here, too, for nothing inside one is a mention, a sticker or a misspelling.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from cq.ads._variants import Edit, book, folds

_QUOTED = re.compile(r"」[ \t]{0,3}[\r\n]{1,2}[ \t]{0,3}(?:[-—–─－_] ?){4,}")
_QUOTE_LINE = re.compile(r"\s{0,9}引用[^\r\n:：]{0,30}[:：][^\r\n]*[\r\n]")
_QUOTE_MARKS = re.compile(r"(?:>[^\r\n]*(?:\r\n?|\n))+")
# Typed or copied by hand: quotation marks around most of it, then a remark.
_QUOTE_BY_HAND = re.compile(
    r"\s{0,9}(?:回复[^\r\n:：「『“]{0,30}[:：]\s{0,3})?"
    r"(?:「[^」]{6,2000}」|『[^』]{6,2000}』|“[^”]{6,2000}”)\s{0,3}(?=\S[^\r\n]{0,40}$)"
)
_RULED_OFF = re.compile(
    r"[^\r\n]{1,2000}[\r\n]{1,2}[ \t]{0,3}(?:[-—–─－_] ){4,}[-—–─－_]?[ \t]{0,3}"
    r"[\r\n]{1,2}(?=\S[^\r\n]{0,60}$)"
)
_QUOTE_BRACKET = re.compile(
    r"\s{0,9}\[(?:回复|引用|reply|quote)[^\[\]\r\n]{0,300}(?:\[[^\[\]\r\n]{0,20}\][^\[\]\r\n]{0,300}){0,3}\]",
    re.IGNORECASE,
)
_NAME = r"[^\s@,，。.:：;；!！?？、()（）\[\]【】\"“”+＋➕]"
_MENTION = re.compile(
    r"(?<![A-Za-z0-9._/-])@(?!所有人|全体|全體|all\b|everyone\b)"
    r"(?:[^@\r\n\u2005]{1,32}(?=\u2005)"  # how WeChat closes it
    rf"|(?!{_NAME}{{0,10}}加{_NAME}{{0,8}}[A-Za-z0-9]{{5}})"  # no name but a sentence with an id
    rf"(?:{_NAME}{{1,24}}(?=\s)|{_NAME}{{1,12}}(?!{_NAME})))"
)
_STICKER = re.compile(
    r"\[(?![加我微薇徽威信群裙号扣聊私联系vVqQxX+0-9]{1,8}\])(?!加?[微薇徽威][信x]?号?\])[A-Za-z㐀-鿿][^\[\]\s]{0,7}\]"
)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]+")
_URL = re.compile(r"(?:[Hh][Tt][Tt][Pp][Ss]?://|[Ww][Ww][Ww]\.)[!-~]+")


_RULE = "- - - -"
_STARTS = ("『", "“", "回复")
ODD = frozenset("-/wW『“回")
"""Of these characters every odd text has one."""


def odd(text: str) -> bool:
    """Whether a text may quote in a way that its characters alone do not tell, or holds an address."""
    return (
        _RULE in text
        or "://" in text
        or "ww" in text
        or "WW" in text
        or text.lstrip()[:2].startswith(_STARTS)
    )


def _quotation(text: str) -> int:
    """How many characters at the head of a text are quoted; 0 where nothing would be left."""
    head = text[:20].lstrip()[:1]
    found: re.Match[str] | None = None
    if head == "「":
        found = _QUOTED.search(text) or _QUOTE_BY_HAND.match(text)
    elif head and head in "『“回":
        found = _QUOTE_BY_HAND.match(text)
    elif head == "引":
        found = _QUOTE_LINE.match(text)
    elif head == "[":
        found = _QUOTE_BRACKET.match(text)
    elif head == ">":
        found = _QUOTE_MARKS.match(text)
    if not found and _RULE in text:
        found = _RULED_OFF.match(text)
    return (
        found.end()
        if found and not text[found.end() : found.end() + 1000].isspace() and found.end() < len(text)
        else 0
    )


def unwritten(text: str) -> list[Edit]:
    quoted = _quotation(text)
    edits = [(0, quoted, " ")] if quoted else []
    spans: list[tuple[int, int]] = []
    if "@" in text:
        spans += (m.span() for m in _MENTION.finditer(text, quoted))
    if "[" in text:
        headings = book().headings
        spans += (m.span() for m in _STICKER.finditer(text, quoted) if not m[0].startswith(headings, 1))
    spans += (
        m.span()
        for m in _FLAG.finditer(text, quoted)
        if m.end() - m.start() == 2 and m[0].translate(folds()) in book().flags
    )
    links = urls(text)
    end = quoted
    for lo, hi in sorted(spans):
        if lo >= end and not within(links, lo):
            edits.append((lo, hi, " "))
            end = hi
    return edits


def urls(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _URL.finditer(text)] if "://" in text or "ww" in text or "WW" in text else []


def within(spans: list[tuple[int, int]], at: int) -> bool:
    i = bisect_right(spans, (at, len(spans) and spans[-1][1] + 1)) - 1
    return i >= 0 and spans[i][0] <= at < spans[i][1]


def without_urls(text: str) -> str:
    """The text with a space for every character of an address: an address is not made of words."""
    if not urls(text):
        return text
    return _URL.sub(lambda m: " " * len(m[0]), text)
