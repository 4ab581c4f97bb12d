"""The pages of QQ-History-Backup: one paragraph a message, whose words may not be escaped.

So what stands between the fixed marks of a paragraph is taken as text. Whether it is escaped, and which
``【…】`` before names are titles, takes a first pass.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from cq.formats import ReadOptions
from cq.formats._file_name import group_in
from cq.formats._markup import plain
from cq.formats._page_pieces import Piece, pieces
from cq.formats._page_rows import Told, read_told
from cq.formats._placeholders import qq_txt
from cq.formats._qq_names import KNOWN_TITLES, SYSTEM_IDS, leading_tag, who
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._wechat_content import Content
from cq.model import Batch, ChatKind, Group, Kind, Problem, surrogate_group_id

_START = re.compile(
    rb"<p\b[^<>]{0,60}>\s{0,20}<font color=[\"']?blue[\"']?><b>(?=[^\n]{0,2000}?</b></font>-----)"
)
_TIME_OF_HEAD = re.compile(rb"-----<font |<font color=[\"']?green[\"']?>\d{4}-")
_PARAGRAPH = re.compile(
    r"<p\b(?:[^<>]{0,60}?align=[\"']?(?P<side>\w{1,9}))?[^<>]{0,60}>\s{0,20}"
    r"<font color=[\"']?blue[\"']?><b>(?P<who>[^\n]{0,600}?)</b></font>-----"
    r"<font color=[\"']?\w{1,20}[\"']?>(?P<time>[^<>]{1,40})</font>(?:</?br\s?/?>)?(?P<body>.*)",
    re.DOTALL,
)
_BREAK_AT_END = re.compile(r"</?br\s?/?>\Z")
_LONGEST_BREAK = 7
_PICTURE = re.compile(r"<img\b[^<>]{0,4000}>", re.IGNORECASE)
_NAME = re.compile(r"(群聊|讨论组|私聊|好友)[-_](.{1,200}?)[-_](\d{4,12})(?:\(\d{1,3}\))?\.html?", re.DOTALL)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#\d{1,6}|#x[0-9A-Fa-f]{1,6});")
_TYPED = re.compile(
    r"<(?!/?(?:br|img|p|audio|video)\b)|&(?!(?:amp|lt|gt|quot|nbsp|#\d{1,6}|#x[0-9A-Fa-f]{1,6});)"
)
_ME = "我"
_BORNE_BY = 3
"""Different people who bear a title before it is taken for one."""


class _Survey(NamedTuple):
    """What only the whole file tells."""

    titles: frozenset[str]
    escaped: bool


def read_page(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a page."""
    survey = _survey(source)
    yield from read_told(source, options, _group(source), _messages(source, survey))


def _messages(source: Source, survey: _Survey) -> Iterator[Told | Problem]:
    """Each with its number: the pages have no lines."""
    for number, piece in enumerate(pieces(source.blocks(), _START)):
        if piece.start is not None:
            yield _message(source.label, number, piece, survey)
        for _ in range(len(_TIME_OF_HEAD.findall(piece.data)) - (piece.start is not None)):
            yield Problem("bad_row", f"{source.label}:{max(number, 1)}", "a message inside another")


def _group(source: Source) -> Group:
    named = _NAME.fullmatch(source.name)
    if named is None:
        _, name = group_in(source)
        return Group(surrogate_group_id(name), name, "qq")
    kind: ChatKind = "group" if named[1] in ("群聊", "讨论组") else "private"
    return Group(named[3], named[2], "qq", kind)


def _survey(source: Source) -> _Survey:
    bearers: dict[str, set[str]] = {}
    entities = typed = False
    for piece in pieces(source.blocks(), _START):
        found = _PARAGRAPH.match(piece.data.decode("utf-8", "replace")) if piece.start else None
        if found is None:
            continue
        if tag := leading_tag(found["who"]):
            bearers.setdefault(tag, set()).add(who(found["who"]).id or found["who"])
        if not typed and ("&" in found[0] or "<" in found["body"]):
            words = found["who"] + found["body"]
            entities = entities or _ENTITY.search(words) is not None
            typed = _TYPED.search(words) is not None
    borne = {tag for tag, people in bearers.items() if len(people) >= _BORNE_BY}
    return _Survey(KNOWN_TITLES | borne, entities and not typed)


def _message(label: str, number: int, piece: Piece, survey: _Survey) -> Told | Problem:
    heads = list(islice(_TIME_OF_HEAD.finditer(piece.data), 2))
    data = piece.data[: heads[1].start()] if len(heads) > 1 else piece.data
    found = _PARAGRAPH.match(data.decode("utf-8", "replace"))
    if found is None or piece.cut:
        return Problem("bad_row", f"{label}:{number}", "too long" if piece.cut else "")
    name, id_ = who(html.unescape(found["who"]) if survey.escaped else found["who"])
    tag = leading_tag(name)
    title = tag if tag in survey.titles else None
    if title:
        name = name[len(title) + 2 :]
    body = found["body"]
    body = _without_breaks(body[: body.rfind("</p>")] if "</p>" in body else body)
    words = plain(body, entities=survey.escaped)
    if id_ in SYSTEM_IDS or (id_ is None and name == "系统消息"):
        said = parse(words, "qq")
        return Told(number, found["time"], Content(said.kind, words or None, event=said))
    own = name == _ME and id_ is None
    content = _content(words, pictures=_PICTURE.search(body) is not None)
    return Told(number, found["time"], content, id_, name or None, title, own or found["side"] == "right")


def _without_breaks(body: str) -> str:
    """Without the line breaks at the end."""
    end = len(body)
    while True:
        while end and body[end - 1].isspace():
            end -= 1
        if not (found := _BREAK_AT_END.search(body, max(end - _LONGEST_BREAK, 0), end)):
            return body[:end]
        end = found.start()


def _content(words: str, *, pictures: bool) -> Content:
    if pictures and not words.strip():
        return Content(Kind.IMAGE, "[图片]")
    kind, text = qq_txt(words)
    return Content(
        kind, text or None, card_title=text if kind is Kind.FILE and not text.startswith("[") else None
    )
