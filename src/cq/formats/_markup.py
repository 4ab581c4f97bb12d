"""Fragments of web pages as small trees, one per message (:mod:`_page_pieces`).

A page is never parsed as a whole. Nothing is executed, fetched or expanded. What the elements mean, the
formats know.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree

_MAX_DEPTH = 200
_EMBEDDED = re.compile(rb"(?<==[\"'])data:[^\"'<>]{200,}+")


_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "div p li ul ol tr table h1 h2 h3 h4 h5 h6 blockquote pre section article dl dd dt ",
    )
)
_INLINE = frozenset(
    re.findall(
        r"\w+",
        "a abbr audio b big button canvas center cite code del details em figure font footer "
        "header i iframe img input ins kbd label main mark nav object path picture q s small "
        "source span strike strong sub summary sup svg tbody td th thead time tt u use var video "
        "html body head br hr wbr circle rect g line polyline polygon ellipse defs ",
    )
)
_EMOJI = re.compile(
    r"\[[^\[\]\n]{1,20}\]|/[^\s/.]{1,12}|[\u200d\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]{1,12}"
)


class Node:
    """An element of a message. ``deep``: so much is nested in it that some of it was flattened."""

    __slots__ = ("_all", "_at", "_end", "attributes", "children", "classes", "deep", "tag")

    def __init__(self, tag: str, attributes: Mapping[str, str], listed: list[Node]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.classes: Sequence[str] = attributes["class"].split() if "class" in attributes else ()
        self.children: list[Node | str] = []
        self.deep = False
        self._all = listed  # every element of the tree, in the order of the page
        self._at = self._end = len(listed)
        listed.append(self)

    def close(self) -> None:
        """Nothing more will be inside."""
        self._end = len(self._all)

    def walk(self) -> Sequence[Node]:
        """This element and all inside, in the order of the page."""
        return self._all[self._at : self._end]

    def by_class(self) -> dict[str, Node]:
        """The first element inside of each class."""
        found: dict[str, Node] = {}
        for node in self._all[self._at + 1 : self._end]:
            for name in node.classes:
                if name not in found:
                    found[name] = node
        return found

    def first(self, *classes: str) -> Node | None:
        """The first element inside that has one of the classes."""
        for node in self._all[self._at + 1 : self._end]:
            if node.classes and node.has(classes):
                return node
        return None

    def has(self, classes: tuple[str, ...]) -> bool:
        """Has it one of ``classes``?"""
        for name in self.classes:  # noqa: SIM110 - twice as fast as any()
            if name in classes:
                return True
        return False

    def words(self, without: Iterable[Node] = ()) -> str:
        """The text as a reader sees it: line breaks, emoticons by their names, no layout.

        Elements that no page is made of were typed by somebody, and are text. ``without``: elements
        that are passed over.
        """
        if len(self.children) == 1 and isinstance(only := self.children[0], str):
            return without_layout(only)
        text = _Text({id(node) for node in without})
        text.add(self)
        return without_layout("".join(text.parts))


def without_layout(text: str) -> str:
    """Without the blanks at either end that hold a line break: those of the page, not of the words."""
    if "\n" not in text:
        return text
    begin = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if "\n" in text[end:]:
        text = text[:end]
    return text[begin:] if "\n" in text[:begin] else text


class _Text:
    def __init__(self, without: set[int]) -> None:
        self.parts: list[str] = []
        self._without = without
        self._break = False  # does what comes begin a line?

    def add(self, node: Node) -> None:
        for child in node.children:
            if isinstance(child, str):
                if "\n" not in child or node.tag == "pre" or not child.isspace():
                    self._say(child)
            elif id(child) not in self._without:
                self._element(child)

    def _element(self, node: Node) -> None:
        if node.tag == "br":
            self._say("\n")
        elif node.tag == "img":
            alt = node.attributes.get("alt", "")
            self._say(alt if _EMOJI.fullmatch(alt) else "")
        elif node.tag in _BLOCKS:
            self._break = bool(self.parts)
            self.add(node)
            self._break = bool(self.parts)
        elif node.tag in _INLINE:
            self.add(node)
        else:
            written = "".join(f' {name}="{value}"' for name, value in node.attributes.items())
            self._say(f"<{node.tag}{written}>")
            self.add(node)
            self._say(f"</{node.tag}>" if node.children else "")

    def _say(self, text: str) -> None:
        if text:
            if self._break:
                self.parts.append("\n")
                self._break = False
            self.parts.append(text)


class _Builder:
    """The target of the parser: a tree of :class:`Node`."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self._listed: list[Node] = []
        self._path = [Node("", {}, self._listed)]
        self._depth = 0

    def start(self, tag: str, attributes: Any) -> None:
        if self._said:
            self._flush()
        self._depth += 1
        if len(self._path) < _MAX_DEPTH:
            node = Node(tag, attributes, self._listed)
            self._path[-1].children.append(node)
            self._path.append(node)
        else:
            self._path[0].deep = True

    def end(self, tag: str) -> None:
        if self._said:
            self._flush()
        if self._depth < len(self._path) and len(self._path) > 1:
            self._path.pop().close()
        self._depth -= 1

    def data(self, text: str) -> None:
        self._said.append(text)

    def comment(self, text: str) -> None:
        """Comments say nothing."""

    def close(self) -> Node:
        if self._said:
            self._flush()
        for node in self._path:
            node.close()
        root = self._path[0]
        self._begin()
        return root

    def _flush(self) -> None:
        self._path[-1].children.append("".join(self._said))
        self._said.clear()


_SWALLOWS = re.compile(
    rb"<(?:!--|(plaintext|script|style|textarea|xmp|title|noscript|noframes|noembed|iframe|template)\b)",
    re.IGNORECASE,
)
"""What makes everything after it vanish, up to an end that somebody's words need not have."""


def _closed(data: bytes) -> bytes:
    """Comments and the like that do not end here were typed: as text."""
    lower = data.lower()
    last: dict[bytes, int] = {}  # where each of them ends for the last time

    def kept(match: re.Match[bytes]) -> bytes:
        end = b"</" + match[1].lower() if match[1] else b"-->"
        if end not in last:
            last[end] = -1 if end == b"</plaintext" else lower.rfind(end)
        return match[0] if last[end] >= match.end() else b"&lt;" + match[0][1:]

    return _SWALLOWS.sub(kept, data)


class Trees:
    """Parses pieces, one after the other, with one parser."""

    def __init__(self) -> None:
        self._builder = _Builder()
        self._parser = self._fresh()

    def of(self, data: bytes) -> Node:
        """The tree of a fragment, which may be damaged in any way."""
        if b"data:" in data:
            data = _EMBEDDED.sub(b"", data)
        if _SWALLOWS.search(data):
            data = _closed(data)
        try:
            self._parser.feed(data)
            root: Node = self._parser.close()
        except (etree.LxmlError, ValueError, AssertionError):
            root = self._builder.close()
            self._parser = self._fresh()
            root.deep = True
        return root

    def _fresh(self) -> Any:
        target: Any = self._builder
        return etree.HTMLParser(target=target, encoding="utf-8", no_network=True, huge_tree=False)


_BREAK = re.compile(r"</?br[ \t]{0,4}/?>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^<>]{0,4000}>", re.IGNORECASE)
_ALT = re.compile(r"\salt=(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)


def plain(text: str, *, entities: bool = True) -> str:
    """A text of a tool that makes only line breaks, emoticons and entities of what people write.

    Whatever else looks like an element was typed, and stays. ``entities``: so it is with ``&amp;``,
    unless the tool escapes.
    """
    if "<" in text:
        text = _IMAGE.sub(_alt, _BREAK.sub("\n", text))
    return html.unescape(text) if entities and "&" in text else text


def _alt(image: re.Match[str]) -> str:
    found = _ALT.search(image[0])
    alt = html.unescape(found[1] or found[2] or "") if found else ""
    return alt if _EMOJI.fullmatch(alt) else ""
