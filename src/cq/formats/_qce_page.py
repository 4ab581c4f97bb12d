"""QCE's web exports: one page with all messages, or a manifest whose messages stand in scripts beside it.

What a message looks like is :mod:`_qce_html`'s business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec

from cq.formats import ReadOptions
from cq.formats._embedded import name_in_title, read_script
from cq.formats._json_values import identifiers, strings
from cq.formats._markup import Trees
from cq.formats._page_pieces import Piece, pieces
from cq.formats._page_rows import Told, read_told
from cq.formats._qce_chat import Chat
from cq.formats._qce_html import Shown, id_of, messages_in, shown, uid_of
from cq.formats._qce_parts import MANIFEST, chunks_of, manifest_beside, manifest_of
from cq.formats._source import Source
from cq.formats._system_text import parse
from cq.formats._wechat_content import Content
from cq.formats._wechat_json import Columns, Dialect, Export
from cq.model import Batch, Event, Group, Kind, Problem

_START = re.compile(
    rb"<div\s(?:[^<>]{0,400}?\s)?class=\"(message-block|message|system-message-container)(?=[\s\"])[^<>]{0,2000}>"
)
_TIMED = re.compile(rb"\bclass=\"(?:time|system-message-time)\"")
_DAY = re.compile(rb"\bdata-date=\"(\d{4}-\d{1,2}-\d{1,2})\"")
_METADATA = re.compile(r"<!-- QCE_METADATA: (\{.{1,4000}?\}) -->", re.DOTALL)
_MESSAGES = re.compile(rb"\bmessages[\"']?\s{0,9}:\s{0,9}(?=\[)")
_TEMPLATE = b"${"
_AT_ONCE = 16_384
"""Records of a chunk in one batch: their HTML is a multiple of the words."""
_KINDS: Mapping[Any, str] = {"群聊": "group", "私聊": "private", "临时会话": "temp"}
_OF_EXPORT = re.compile(r"(?:/data/(?:chunks/)?[^/]{1,200}|\.html?)\Z")
"""What the path of a page or script has beyond the name of the export."""


class _Row(msgspec.Struct, gc=False):
    id: Any = None
    ts: Any = None
    uid: Any = None
    name: Any = None
    text: Any = None
    html: Any = None


def read_export(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a page, of a manifest, of the page beside a manifest, or of one chunk."""
    start = source.peek.start
    if start.startswith("window.__QCE_CHUNK__"):
        yield from _chunk(source, options, _group(source, {}))
    elif start.startswith("window.__QCE_MANIFEST__"):
        yield from _chunks(source, options, {})
    elif (manifest := manifest_beside(source)) is not None:
        yield from _chunks(manifest, options, _metadata(source))
    else:
        group = _group(source, _metadata(source), name_in_title(source))
        yield from read_told(source, options, group, _told(source))
        if MANIFEST in source.peek.text:
            yield Batch(notices=[Problem("missing_part", source.label, MANIFEST)])


def _metadata(source: Source) -> Mapping[str, Any]:
    found = _METADATA.search(source.peek.text)
    try:
        stated = json.loads(found[1], strict=False) if found else {}
    except ValueError:
        stated = {}
    return stated if isinstance(stated, dict) else {}


def _group(source: Source, stated: Mapping[str, Any], title: str | None = None) -> Group:
    """By ``chatName``, ``peerUid`` and so on, which a manifest has one level down or calls otherwise.

    Where they are missing, the names of file and folder tell.
    """
    inner = (stated.get(name) for name in ("chat", "chatInfo", "metadata", "meta"))
    found = {k: v for part in (*inner, stated) if isinstance(part, dict) for k, v in part.items()}
    named = {
        "peerUid": found.get("peerUid") or found.get("groupId") or found.get("chatId"),
        "peerUin": found.get("peerUin"),
        "name": found.get("chatName") or found.get("name") or title,
        "type": _KINDS.get(word := found.get("chatType") or found.get("type"), word),
    }
    chat = Chat(Source(_OF_EXPORT.sub("", source.label), source.open, source.size))
    chat.tell({name: value for name, value in named.items() if isinstance(value, str | int)})
    return chat.group


# -- a single page -------------------------------------------------------------------------------------


def _told(source: Source) -> Iterator[Told | Problem]:
    trees = Trees()
    day: str | None = None
    for piece in pieces(source.blocks(), _START):
        if piece.start is None or _TEMPLATE in piece.start[0]:
            continue  # the head of the page, or a template in its script
        if piece.start[1] == b"message-block":
            stated = _DAY.search(piece.start[0])
            day = stated[1].decode() if stated else None
            if not _TIMED.search(piece.data):
                continue
        yield from _of_piece(source.label, piece, trees, day)


def _of_piece(label: str, piece: Piece, trees: Trees, day: str | None) -> Iterator[Told | Problem]:
    root = trees.of(piece.data)
    found = shown(root, day)
    where = f"{label}:{piece.line}"
    if found is None or root.deep or piece.cut:
        yield Problem("bad_row", where, "nested too deeply" if root.deep else "too long" if piece.cut else "")
    else:
        yield _row(piece.line, found)
    for _ in range(messages_in(root) - 1):  # the start of the next one is damaged
        yield Problem("bad_row", where, "a message inside another")


def _row(line: int, found: Shown) -> Told:
    name = None if found.uid and found.name == found.uid.removeprefix("uid:") else found.name
    return Told(
        line,
        found.time,
        found.content,
        person=found.uid,
        name=name,
        title=found.title,
        own=found.own,
        native_id=found.id,
        mentions=found.mentions,
        recalled=found.recalled or None,
    )


# -- a manifest and its chunks -------------------------------------------------------------------------


def _chunks(manifest: Source, options: ReadOptions, stated: Mapping[str, Any]) -> Iterator[Batch]:
    values = manifest_of(manifest)
    group = _group(manifest, {**values, **stated})
    missing = []
    read = 0
    for name, chunk in chunks_of(manifest, values):
        if chunk is None:
            missing.append(Problem("missing_part", manifest.label, name))
            continue
        read += 1
        yield from _chunk(chunk, options, group)
    problems = [] if read else [Problem("no_records", manifest.label)]
    groups = () if read else (group,)
    yield Batch(groups=groups, problems=problems, notices=missing, headers=int(bool(values)))


def _chunk(source: Source, options: ReadOptions, group: Group) -> Iterator[Batch]:
    dialect = Dialect(
        _Row,
        attrgetter("ts"),
        partial(_columns, Trees()),
        array="",
        begin=lambda export: _meet(export, group),
        platform="qq",
        rows=_AT_ONCE,
        trailing=True,
    )
    return read_script(source, options, dialect, _MESSAGES, loose=True)


def _meet(export: Export, group: Group) -> None:
    id_ = None if group.group_id.startswith("name:") else group.group_id
    export.meet(id_, group.group_name, group.chat_kind)


def _columns(trees: Trees, rows: Sequence[_Row], export: Export) -> Columns:
    fragments = strings([row.html for row in rows])
    uids, _ = identifiers([row.uid for row in rows])
    names = strings([row.name or None for row in rows])
    native, _ = identifiers([row.id for row in rows])
    found = [_of_fragment(trees, fragment, row) for fragment, row in zip(fragments, rows, strict=True)]
    people = [uid_of(uid) or (one.uid if one else None) for uid, one in zip(uids, found, strict=True)]
    contents: dict[int, Content] = {}
    for i, (one, row) in enumerate(zip(found, rows, strict=True)):
        content = one.content if one else _without_html(row)
        if one is not None or content.event is not None:
            contents[i] = content
        else:
            contents[i] = content
            export.note("lowered_text", [i])
    own = [one.own if one else None for one in found]
    more: dict[str, Any] = {
        "native_id": [id_of(one) for one in native],
        "sender_title": [one.title if one and not one.content.event else None for one in found],
        "mentions": [one.mentions if one else None for one in found],
        "recalled": [one.recalled or None if one else None for one in found],
    }
    shown_names = [name or (one.name if one else None) for name, one in zip(names, found, strict=True)]
    kept = [None if uid and name == uid else name for uid, name in zip(uids, shown_names, strict=True)]
    return Columns(people, kept, [contents[i].text for i in range(len(rows))], contents, own, more=more)


def _of_fragment(trees: Trees, fragment: str | None, row: _Row) -> Shown | None:
    if not fragment:
        return None
    root = trees.of(fragment.encode("utf-8", "replace"))
    return None if root.deep else shown(root)


def _without_html(row: _Row) -> Content:
    """A record that has lost its HTML: what it is found by, in lower case and perhaps cut off."""
    text = strings([row.text or None])[0]
    said = parse(text, "qq")
    if said.event is not Event.OTHER and not uid_of(row.uid if isinstance(row.uid, str) else None):
        return Content(said.kind, text, event=said)
    return Content(Kind.TEXT, text)
