"""The chat history that WeChat sends by e-mail, as text: out of a mail, a web page, or as it is.

Light, because identification asks, too. What the lines mean together is :mod:`_mail_log`'s business.
"""

from __future__ import annotations

import html
import re
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from cq.formats._encoding import looks_gb18030

MAX_MAIL = 64 << 20
"""Bytes of one mail that are looked at: the text stands before the attachments."""

_BLANKS = " \t\n"
_DASHES = "[—―]{4,}"  # GB 2312 has one code for both
DATELINE = rf"{_DASHES}[ \t\u00a0\u3000]{{0,4}}([^\n—―]{{1,40}}?)[ \t\u00a0\u3000]{{0,4}}{_DASHES}[ \t]*"
RECORD = r"(\S[^\n]{0,200}?)[ \u00a0]{2}(\d{2}:\d{2})[ \t]*"
_ASKED = r"聊天[记記][录錄]如下"
_PLEASE = r"[，,] ?[请請]查收[。.]?"
HEADER = (
    rf"(\S[^\n]{{0,300}}?)[ \u00a0]?微信群上的{_ASKED}{_PLEASE}[ \t]*"
    rf"|(\S[^\n]{{0,300}}? 和 \S[^\n]{{0,300}}?)[ \u00a0]?在微信上的{_ASKED}{_PLEASE}[ \t]*"
    rf"|[^\n]{{0,50}}?微信群[“\"]([^\n]{{1,300}})[”\"]的{_ASKED}[:：][ \t]*"
)
_DEAR = r"Dear[:：][ \t]*"

_EDGE = re.compile(r"-{2,}[^\n]{0,60}-{2,}")
_SIGNATURE = re.compile(r"发自我的[^\n]{0,40}|Sent from my [^\n]{0,40}")
_CLIENT_LINE = re.compile(
    rf"{_DEAR}|{_EDGE.pattern}|{_SIGNATURE.pattern}"
    r"|(?:发件人|寄件者|收件人|收件者|抄送|主题|主旨|时间|日期|发送时间|附件|From|To|Cc|Subject|Date|Sent)[:：][^\n]{0,500}"
)
"""What mail programs put around a mail that was forwarded or copied."""
_ADDRESS_OR_DATE = re.compile(
    r"[^\n@]{0,80}[\w.+-]{1,64}@[\w-]{1,60}(?:\.[\w-]{1,20}){1,4}[^\n@]{0,40}"
    r"|\d{4}[年/-]\d{1,2}[月/-]\d{1,2}[^\n—]{0,40}"
)
"""How some of them show who has sent it, and when."""
_GREETING = re.compile(r".{0,300}(?:chat (?:history|record|log)|聊天[记記][录錄]).{0,300}", re.IGNORECASE)
"""A header in words that nobody has recorded (English phones)."""
_DATE = re.compile(rf"{_DASHES}[ \u00a0]{{1,4}}\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}[ \u00a0]{{1,4}}{_DASHES}")
_HEADER, _RECORD = re.compile(HEADER), re.compile(RECORD)

_MAIL = re.compile(
    r"(?:from|to|cc|subject|date|mime-version|received|return-path|x-[\w-]+|message-id|delivered-to|reply-to"
    r"|sender|dkim-signature|content-type|content-transfer-encoding|authentication-results): ?\S",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<(?:!doctype|html|head|meta|body|div|p|b)\b", re.IGNORECASE)
HISTORY = re.compile(r"<div[^<>]{0,99}\bid=[\"']?history\b", re.IGNORECASE)


class Letter(NamedTuple):
    """The text of a mail, how many files were attached to it, how many characters were undecodable, and
    what is wrong with its envelope."""

    text: str
    attachments: int = 0
    replaced: int = 0
    defects: str = ""


def is_mail(start: str) -> bool:
    """Does the text begin with the header of an e-mail?"""
    return _MAIL.match(start) is not None


def is_page(start: str) -> bool:
    """Does the text begin like a web page or a piece of one?"""
    return _PAGE.match(start) is not None


def mark(text: str) -> str | None:
    """By what a text is such a history: its header, or a date line with records below."""
    lines = [line for line in map(str.strip, text[: 1 << 16].split("\n")[:400]) if line]
    for i, line in enumerate(lines[:40]):
        if _HEADER.fullmatch(line):
            rest = lines[i + 1 :]
            found = any(_DATE.fullmatch(x) or _RECORD.fullmatch(x) for x in rest)
            return "the sentence with which WeChat begins a chat history" if found else None
        if _DATE.fullmatch(line):
            found = any(_RECORD.fullmatch(x) for x in lines[i + 1 :])
            return "a date between dashes, and names with a time below" if found else None
        if not _around(line):
            return None
    return None


def _around(line: str) -> bool:
    return any(pattern.fullmatch(line) for pattern in (_CLIENT_LINE, _GREETING, _ADDRESS_OR_DATE))


def envelope(text: str) -> bool:
    """Is all of this what may stand before a history: a greeting, lines of a mail program?"""
    return all(_around(line) for line in map(str.strip, text.split("\n")) if line)


def letter(data: bytes) -> Letter:
    """The text of an e-mail: its plain parts, or else its page. ``data`` may be cut off."""
    try:
        message = message_from_bytes(data)
        parts = [part for part in message.walk() if not part.is_multipart()]
        texts = {kind: [p for p in parts if _is(p, kind)] for kind in ("text/plain", "text/html")}
        plain, pages = ([_decoded(p) for p in found] for found in texts.values())
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
        return Letter(data.decode("utf-8", "replace"))
    others = len(parts) - len(plain) - len(pages)
    text = "\n".join(text for text, _ in plain)
    replaced = sum(bad for _, bad in plain)
    if not mark(_lines(text)) and pages:
        text, replaced = page("\n".join(text for text, _ in pages)), sum(bad for _, bad in pages)
    defects = {type(defect).__name__ for part in message.walk() for defect in part.defects}
    if not texts["text/plain"] and not pages:
        defects.add("NoText")
    return Letter(_lines(text), others, replaced, " ".join(sorted(defects)))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is(part: Message, kind: str) -> bool:
    return part.get_content_type() == kind and part.get_content_disposition() != "attachment"


def _decoded(part: Message) -> tuple[str, int]:
    """The text of a part and how many of its characters were undecodable."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return "", 0
    charset = (part.get_content_charset() or "").lower()
    if charset in ("gb2312", "gbk", "x-gbk", "cp936") or (not charset and looks_gb18030(data)):
        charset = "gb18030"
    try:
        text = data.decode(charset or "utf-8", "replace")
    except LookupError:
        text = data.decode("gb18030" if looks_gb18030(data) else "utf-8", "replace")
    return text, text.count("\ufffd")


NO_HEAD = "\x1f"
"""Stands before a paragraph of a page that only looks like a head."""
_TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9]{0,15})[^<>]*+>|[^<]++|<")
_UNSEEN = frozenset({"script", "style", "title"})
_BREAKS = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")
_PARAGRAPHS = frozenset({"p", "div", "li", "tr", "table", "blockquote", "hr", "h1", "h2", "h3", "h4"})


def page(markup: str) -> str:
    """The text of a page: from the history in it, if that is marked, one line per paragraph.

    In the page heads are bold: before a paragraph that only looks like one stands :data:`NO_HEAD`.
    """
    history = HISTORY.search(markup)
    first, *others = markup[history.start() if history else 0 :].split("<!--")
    seen = (first + "".join(other.partition("-->")[2] for other in others)).replace(NO_HEAD, "")
    reader = _Page(history is not None)
    for token in _TOKEN.finditer(seen):
        if not reader.feed((token["tag"] or "").lower(), bool(token["end"]), token[0]):
            break
    reader.end()
    return _set(reader.lines)


class _Page:
    """The paragraphs of a page, and whether something in them is bold."""

    def __init__(self, history: bool) -> None:
        self.lines: list[tuple[str, bool]] = []
        self._history = history
        self._words: list[str] = []
        self._heavy = False
        self._bold = 0
        self._depth = 0
        self._unseen: str | None = None

    def end(self) -> None:
        self.lines.append(("".join(self._words).replace("\u00a0", " ").strip(), self._heavy))
        self._words, self._heavy = [], False

    def feed(self, tag: str, closing: bool, token: str) -> bool:
        """Take a tag or, if ``tag`` is empty, a text; False at the end of the history."""
        if self._unseen is not None:
            if closing and tag == self._unseen:
                self._unseen = None
        elif not tag:
            self._words.append(html.unescape(_BREAKS.sub(" " if self._words else "", token)))
            self._heavy = self._heavy or (self._bold > 0 and bool(token.strip()))
        elif tag in _UNSEEN:
            self._unseen = None if closing else tag
        elif tag in _PARAGRAPHS:
            self.end()
            self.lines.append(("", False))
            self._depth += (tag == "div") * (-1 if closing else 1)
        elif tag == "br":
            self.end()
        elif tag in ("b", "strong"):
            self._bold = max(self._bold - 1, 0) if closing else self._bold + 1
        elif tag == "img":
            self._words.append("[图片]")
        return not (self._history and closing and tag == "div" and self._depth <= 0)


def _set(lines: list[tuple[str, bool]]) -> str:
    marked = any(heavy and _RECORD.fullmatch(text) for text, heavy in lines)
    shown = [
        f"{NO_HEAD}{text}" if marked and not heavy and _RECORD.fullmatch(text) else text
        for text, heavy in lines
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(shown)).strip("\n") + "\n"


def without_client(body: str) -> str:
    """The last body of a mail without what mail programs put below it: the next mail's head, a signature.

    Only what begins with a line of dashes, or stands apart: ``时间：周六`` may be somebody's words.
    """
    lines = body.rstrip(_BLANKS).split("\n")
    begin = len(lines)
    while begin and (not lines[begin - 1].strip() or _CLIENT_LINE.fullmatch(lines[begin - 1].strip())):
        begin -= 1
    edge = next((i for i in range(begin, len(lines)) if _EDGE.fullmatch(lines[i].strip())), len(lines))
    kept = "\n".join(lines[:edge]).rstrip(_BLANKS)
    before, _, line = kept.rpartition("\n")
    return before.rstrip(_BLANKS) if before.endswith("\n") and _SIGNATURE.fullmatch(line) else kept
