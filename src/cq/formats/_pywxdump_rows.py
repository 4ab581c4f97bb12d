"""The rows of PyWxDump's tables, with the names of ``users.json`` beside them.

What ``msg`` says is :mod:`_pywxdump_content`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cq.formats import ReadOptions, Source
from cq.formats._json_values import strings, whole
from cq.formats._pywxdump_content import pywxdump_content
from cq.formats._quoted_at import place_answers
from cq.formats._system_text import SELF
from cq.formats._table import Rows
from cq.formats._table_rows import Doubts, Told, group_of, is_account, room_kind, timed_rows, told_batches
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content
from cq.model import Batch, Group, Problem

COLUMNS = ("MsgSvrID", "type_name", "is_sender", "talker", "room_name", "CreateTime")
"""Besides them ``msg`` and ``src``, or (to spring 2024) ``content``, which holds both."""
_NOBODY = frozenset({"", "未知", "系统", "None", "null"})
_ME = "我"
_PLAIN = "文本"
_MAX_USERS = 64 << 20


class _Both(msgspec.Struct):
    """The ``content`` of the old tables."""

    msg: Any = None
    src: Any = None


def pywxdump_rows(tables: Iterable[Rows], source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of the rows."""
    users = source.beside("users.json")
    rows = _Rows(source, options, _users(users) if users else {})
    return told_batches(source, tables, rows.tell, rows.group, rows.doubts)


def user_names(users: Source) -> dict[str, str]:
    """Names by id out of a ``users.json``; nothing if it is damaged."""
    return names_in(_users(users))


def _users(users: Source) -> Any:
    if users.size > _MAX_USERS:
        return {}
    try:
        return msgspec.json.decode(b"".join(users.blocks()))
    except (msgspec.MsgspecError, RecursionError):
        return {}


def _bearers(found: Any) -> dict[str, str]:
    """Ids by remark and by nickname, where one user alone bears it: sentences and quotations name either."""
    ids: dict[str, set[str]] = {}
    for id_, user in found.items() if isinstance(found, dict) else ():
        for key in ("remark", "nickname") if isinstance(user, dict) else ():
            if isinstance(name := user.get(key), str) and name:
                ids.setdefault(name, set()).add(id_)
    return {name: bearers.pop() for name, bearers in ids.items() if len(bearers) == 1}


def names_in(found: Any) -> dict[str, str]:
    """The names in a list of users: the remark, else the nickname."""
    names: dict[str, str] = {}
    for id_, user in found.items() if isinstance(found, dict) else ():
        if isinstance(user, dict):
            shown = [user.get(key) for key in ("remark", "nickname", "account")]
            name = next((n for n in shown if isinstance(n, str) and n), None)
            if name is not None:
                names[id_] = whole(name) or name
    return names


class _Rows:
    def __init__(self, source: Source, options: ReadOptions, users: Any) -> None:
        self.doubts = Doubts(source.label)
        self._label = source.label
        self._zone = options.zone
        self._clock = WallClock(options)
        self._by_file = group_of(source)
        self._names = names_in(users)
        self._bearers = _bearers(users)
        self._shown = frozenset({*self._names.values(), *self._bearers})
        self._me = SELF
        self._both = msgspec.json.Decoder(_Both)

    def group(self, room: str) -> Group:
        if not room:
            return self._by_file("")
        return Group(room, self._names.get(room), "wechat", room_kind(room))

    def tell(self, rows: Rows, problems: list[Problem]) -> Told:
        times = rows.columns["CreateTime"]
        timed = timed_rows(rows, self._clock.column(times), times, self._label, problems, self.doubts)
        columns, numbers = timed.columns, timed.numbers
        talkers = columns["talker"]
        own = [
            mine == "1" or talker == _ME for mine, talker in zip(columns["is_sender"], talkers, strict=True)
        ]
        people, names = self._people(talkers, own)
        bodies, places = self._bodies(columns)
        texts = self.doubts.texts(bodies, numbers)
        contents: dict[int, Content] = {}
        words = columns["type_name"]
        typed = enumerate(zip(words, texts, strict=True))
        for i in [i for i, (word, text) in typed if word != _PLAIN or not text or text[0] == "<"]:
            if (content := pywxdump_content(words[i], texts[i], places[i], self._shown)) is not None:
                contents[i] = _identified(content, self._bearers)
        place_answers(contents, timed.stamps, self._zone)
        rooms = ["" if room in _NOBODY else room for room in columns["room_name"]]
        ids = self.doubts.ids(columns["MsgSvrID"], numbers)
        return Told(
            numbers, timed.stamps, people, names, texts, contents, own, rooms, self._me, {"native_id": ids}
        )

    def _people(
        self, talkers: Sequence[str], own: Sequence[bool]
    ) -> tuple[list[str | None], list[str | None]]:
        """Ids and names of the senders; the owner is ``我`` or has an id, in one file always the same."""
        if self._me == SELF:
            mine = (t for t, is_mine in zip(talkers, own, strict=True) if is_mine)
            self._me = next((t for t in mine if t != _ME and is_account(t)), SELF)
        known = {t: self._who(t) for t in set(talkers)}
        pairs = [known[talker] for talker in talkers]
        names = [name for _, name in pairs]
        if self._me in self._names:
            names = [self._names[self._me] if is_mine else n for n, is_mine in zip(names, own, strict=True)]
        return [id_ for id_, _ in pairs], names

    def _who(self, talker: str) -> tuple[str | None, str | None]:
        if talker in _NOBODY or talker == _ME:
            return None, None
        if talker in self._names or is_account(talker):
            return talker, self._names.get(talker)
        return None, talker

    def _bodies(self, columns: dict[str, list[str]]) -> tuple[list[str], list[str]]:
        if "content" not in columns:
            return columns["msg"], columns["src"]
        pairs = [self._pair(cell) for cell in columns["content"]]
        return [msg for msg, _ in pairs], [src for _, src in pairs]

    def _pair(self, cell: str) -> tuple[str, str]:
        """``{"src": …, "msg": …}``; a cell that was cut or changed is taken as it is."""
        try:
            both = self._both.decode(cell)
        except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
            return cell, ""
        msg, src = strings([both.msg, both.src])
        return whole(msg) or "", whole(src) or ""


def _identified(content: Content, bearers: Mapping[str, str]) -> Content:
    """A content with the ids of the people whom it names."""
    if content.reply_to:
        at, named, name = content.reply_to.partition(":name:")
        content.reply_to = f"{at}:{bearers[name]}" if named and name in bearers else content.reply_to
    if (said := content.event) is not None:
        ids = {
            person: bearers.get(person.removeprefix("name:")) for person in (said.actor or "", *said.targets)
        }
        targets = tuple(ids[target] or target for target in said.targets)
        content.event = msgspec.structs.replace(
            said, actor=ids[said.actor or ""] or said.actor, targets=targets
        )
    return content
