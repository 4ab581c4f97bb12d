"""The data of PyWxDump's web page: the records of its JSON (:mod:`_pywxdump_json`), and the names."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from functools import partial

from cq.formats import ReadOptions
from cq.formats._embedded import Script, assigned, read_script
from cq.formats._pywxdump_json import PYWXDUMP
from cq.formats._pywxdump_rows import names_in
from cq.formats._source import Source
from cq.formats._wechat_json import Export
from cq.model import Batch

_MINE = re.compile(r"\blocal_mywxid\s{0,9}=\s{0,9}[\"']([\w@.-]{3,60})[\"']")
_MAX_USERS = 64 << 20


def read_page(source: Source, options: ReadOptions) -> Iterator[Batch]:
    """The batches of a ``data.js``."""
    dialect = dataclasses.replace(PYWXDUMP, begin=partial(_begin, source), trailing=True)
    return read_script(source, options, dialect, assigned("local_msg_list", "["))


def _begin(source: Source, export: Export) -> None:
    export.names = _names(source)
    tail = source.peek.tail.decode("utf-8", "replace")
    if mine := _MINE.search(source.peek.text) or _MINE.search(tail):
        export.me = mine[1]


def _names(source: Source) -> dict[str, str]:
    """Names by id; nothing if the list is damaged. The messages may stand behind it."""
    held, size = [], 0
    for block in Script(source, assigned("local_user_list", "{")).blocks():
        held.append(block)
        size += len(block)
        if size > _MAX_USERS:
            break
    text = b"".join(held).decode("utf-8", "replace").lstrip()
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return names_in(found)
