"""Addresses in a text: where they stand, the domain to count them under, and the class of that domain.

The lists are data (``data/domains.toml``). Nothing is looked up, followed or opened; a class is evidence
of a kind of link and no judgement on it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlsplit

_SCHEME = re.compile(r"(?:https?|weixin|snssdk[0-9]{4}|alipays?)://", re.IGNORECASE)
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,5}"
# What may follow a host; the end of a sentence behind an address is not part of it.
_TAIL = r"(?::[0-9]{2,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{0,2000})?"
_TRAILING = ".,;:!?'\")]}"
_PLAIN = ("www.", "m.", "wap.", "h5.", "mobile.", "3g.")


class _Domains(NamedTuple):
    classes: Mapping[str, str]
    harmless: Mapping[str, str]
    whole: frozenset[str]
    endings: frozenset[str]
    found: re.Pattern[str]


@cache
def _domains() -> _Domains:
    page = tomllib.loads(files("cq.ads").joinpath("data", "domains.toml").read_text(encoding="utf-8"))
    classes, harmless = (
        {domain: name for name, domains in page[table].items() for domain in domains}
        for table in ("classes", "harmless")
    )
    bare = "|".join(sorted(page["tables"]["bare"], key=len, reverse=True))
    host = r"(?:[a-z0-9-]{1,60}\.){1,8}[a-z]{2,18}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
    found = re.compile(
        rf"(?:https?://|www\.)(?:{host}){_TAIL}|(?<![a-z0-9@._/-]){_HOST}(?:{bare})(?![a-z0-9_.-]*[a-z0-9@]){_TAIL}"
        rf"|(?<![a-z0-9@._/-]){_HOST}(?:{bare})(?:/[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]{{0,2000}})",
        re.IGNORECASE,
    )
    tables = page["tables"]
    return _Domains(classes, harmless, frozenset(tables["whole"]), frozenset(tables["endings"]), found)


def urls(text: str) -> list[tuple[int, int]]:
    """Start and end of every address in ``text``, with ``http://`` or bare (``b23.tv/x``), left to right."""
    spans = []
    for match in _domains().found.finditer(text):
        trimmed = match[0].rstrip(_TRAILING)
        if "." in trimmed:
            spans.append((match.start(), match.start() + len(trimmed)))
    return spans


def host(url: str) -> str | None:
    """The host of an address in lower case, without port; None where it has none."""
    written = url.strip()
    try:
        name = urlsplit(written if "://" in written else f"//{written}").hostname
    except ValueError:
        return None
    if not name or "." not in name.strip("."):
        return None
    return name.strip(".").lower()


def domain(url: str) -> str | None:
    """What an address is counted under: a host that says what it is (``mp.weixin.qq.com``), else the
    domain that somebody owns (``news.example.com.cn`` → ``example.com.cn``). An IP address stays whole."""
    name = host(url)
    if name is None:
        return None
    tables = _domains()
    for prefix in ("", *_PLAIN):
        if name.startswith(prefix) and name[len(prefix) :] in tables.whole:
            return name[len(prefix) :]
    labels = name.split(".")
    if name.replace(".", "").isdigit() or ":" in name:
        return name
    kept = 3 if ".".join(labels[-2:]) in tables.endings else 2
    return ".".join(labels[-kept:])


def domain_class(url: str) -> str | None:
    """``article``, ``bargain``, ``vote``, … or a harmless class (``docs``, ``code``), by the longest entry
    that the host is or lies under; None for domains nobody listed."""
    name = host(url)
    tables = _domains()
    while name and "." in name:
        found = tables.classes.get(name) or tables.harmless.get(name)
        if found:
            return found
        name = name.partition(".")[2]
    return None


def is_harmless(url: str) -> bool:
    """Whether the domain is of a class that is evidence of nothing: documents, meetings, code, maps, …"""
    return domain_class(url) in _domains().harmless.values()


def expression(class_: str) -> str:
    """A regular expression for addresses of one class in a folded text, for the rule ``link_<class>``.

    A longer entry of another class is left to that class.
    """
    tables = _domains()
    mine = [d for d, name in tables.classes.items() if name == class_]
    others = [d for d in (*tables.classes, *tables.harmless) if d not in mine]
    written = []
    for entry in sorted(mine, key=len, reverse=True):
        apart = sorted(d[: -len(entry)] for d in others if d.endswith(f".{entry}"))
        before = "".join(f"(?<!{re.escape(prefix)})" for prefix in apart)
        written.append(f"{before}{re.escape(entry)}")
    return rf"(?<![a-z0-9-])(?:{'|'.join(written)})(?![a-z0-9-]|\.[a-z0-9])"
