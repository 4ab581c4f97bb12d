"""Which tool has made a web page: the first mark in it decides, so that a mark which somebody typed
into a chat decides nothing.

Only marks; what the pages hold, and how, their formats know. Pages that no format reads are none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cq.formats._peek import Peek

QCE_SHELL = "qce-html shell"
"""The page of a chunked QCE export, whose messages stand in scripts beside it."""

_PAGE = re.compile(r"(?:<\?xml[^<>]{0,200}\?>\s{0,9})?(?:<!--[^<>]{0,2000}-->\s{0,9}){0,3}<[!a-zA-Z]")
_SCRIPT = re.compile(
    r"(?:(?://[^\n]{0,300}|/\*[^*]{0,2000}\*/|[\"']use strict[\"'];?)\s{0,99}){0,9}"
    r"(?:window\.|(?:const|let|var)\s)[^\n]"
)
_MARKS = {
    "qce-html": r"<!-- QCE_METADATA: \{",
    "weflow-html": r"window\.WEFLOW_DATA\s{0,4}=\s{0,4}\[",
    "ciphertalk-html": r"window\.CHAT_DATA\s{0,4}=\s{0,4}\{",
    "echotrace-html": r"const messagesData\s{0,4}=\s{0,4}\[",
    "pywxdump-html": r"const local_msg_list\s{0,4}=\s{0,4}\[",
    "memotrace2-html": r"const chatMessages\s{0,4}=\s{0,4}\[\s{0,99}\{\s{0,9}'?\w{1,20}'?\s{0,4}:",
    "memotrace3-html": r"const chatMessages\s{0,4}=\s{0,4}\[\s{0,99}(?:\{\s{0,9}\"|\])",
    "wechatexporter-html": r"class=\"msg chat[\s\"-]",
    "qq-android-html": r"<font color=[\"']blue[\"']><b>[^\n]{0,400}?</b></font>-----<font color=[\"']",
    # read elsewhere, or not at all; named so that what is typed in them decides nothing
    "wechat-mail-html": r"<div[^<>]{0,99}id=\"history\"",
    "wda-html": r"\bwce-root\b",
}
_PATTERNS = {id_: re.compile(pattern) for id_, pattern in _MARKS.items()}
_MANIFEST = re.compile(r"data/manifest\.js\b")


@lru_cache(maxsize=1)
def tool(peek: Peek) -> str | None:
    """The format of a page or of a script that belongs to one; :data:`QCE_SHELL` for an empty page."""
    start = peek.start
    if start.startswith(("window.__QCE_MANIFEST__", "window.__QCE_CHUNK__")):
        return "qce-html"
    if not (_PAGE.match(start) or _SCRIPT.match(start)):
        return None
    found = [(m.start(), id_) for id_, pattern in _PATTERNS.items() if (m := pattern.search(start))]
    first = min(found, default=(0, None))[1]
    if first == "qce-html" and _MANIFEST.search(start):
        return QCE_SHELL if '<div class="message ' not in start else first
    return first
