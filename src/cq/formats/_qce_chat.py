"""Which chat a QCE export is of: by ``chatInfo``, by the records, by the names of file and folders.

Not who is in it: that is :mod:`_qce`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from cq.formats._json_values import as_written, whole
from cq.formats._qce_record import Message
from cq.formats._qq_segments import string
from cq.formats._source import Source
from cq.model import ChatKind, Group, surrogate_group_id

_KINDS: dict[str, ChatKind] = {
    "group": "group", "private": "private", "temp": "private", "friend": "private", "c2c": "private",
    "2": "group", "1": "private",
}  # fmt: skip
_ID = re.compile(r"group_(?:(?P<name>.{1,120})_)?(?P<id>\d{5,12})_\d{8}_\d{6}")
_BARE_ID = re.compile(r"group_(?P<id>\d{5,12})(?:_|\Z)")
_NAMED = re.compile(r"(?P<name>.{1,120})[(（](?P<id>\d{5,12})[)）]")
_EXTENSION = re.compile(r"(?:_chunked_jsonl|\.jsonl?|\.zip|\.gz)\Z", re.IGNORECASE)
_A_GROUP = 2
"""Senders that a private chat can have."""


class Chat:
    """The chat as far as it is known. ``me`` and ``my_uid`` are the exporter's own ids."""

    def __init__(self, source: Source) -> None:
        self._labels = source.label.replace("\\", "/").replace("!/", "/").split("/")
        self._info: dict[str, Any] = {}
        self._seen: tuple[str | None, str | None, ChatKind] = (None, None, "unknown")
        self._senders: set[str] = set()
        self._group: Group | None = None
        self._told: Group | None = None
        self.me: str | None = None
        self.my_uid: str | None = None

    def tell(self, info: Any) -> None:
        """What ``chatInfo`` says."""
        self._info = info if isinstance(info, dict) else {}
        uin, uid = self._word("selfUin"), self._word("selfUid")
        self.me = uin if uin and uin != "0" else uid if uid and uid.isdecimal() and uid != "0" else None
        self.my_uid = uid

    def look_into(self, rows: Sequence[Message]) -> None:
        """Where ``chatInfo`` is missing, the records tell (those of shape B)."""
        if self._group is not None or self._info:
            return
        for row in rows:
            if row.receiver is not None and string(row.receiver.uid):
                receiver = row.receiver
                kind = _KINDS.get(string(receiver.type), "unknown")
                if kind == "group":
                    self._seen = string(receiver.uid), string(receiver.name) or None, kind
                    return
            if row.rawMessage is not None and string(row.rawMessage.peerUin) not in ("", "0"):
                self._seen = string(row.rawMessage.peerUin), None, "unknown"

    def meet(self, senders: Iterable[str | None]) -> None:
        """Count those who speak: more than two are a group, whatever the export says."""
        if len(self._senders) <= _A_GROUP:
            self._senders.update(s for s in set(senders) if s)

    @property
    def group(self) -> Group:
        """The group as it stands in every row: its id and name are settled by the first batch."""
        if self._group is None:
            self._group = self._found()
        return self._group

    @property
    def group_id(self) -> str:
        return self.group.group_id

    def news(self) -> list[Group]:
        """The group, if it was not told yet or if its kind has changed."""
        group = self.group
        if len(self._senders) > _A_GROUP and group.chat_kind != "group":
            group = Group(group.group_id, group.group_name, "qq", "group")
        if group == self._told:
            return []
        self._told = group
        return [group]

    def _found(self) -> Group:
        id_, name, kind = self._seen
        if self._info:
            id_, name = self._word("peerUid"), self._word("name")
            kind = _KINDS.get((self._word("type") or "").lower(), "unknown")
            if id_ is not None and id_.isdecimal():
                kind = "group" if kind == "unknown" else kind
            else:
                kind = "private" if id_ is not None and id_.startswith("u_") else kind
                uin = self._word("peerUin")
                id_ = uin if uin and uin != "0" else id_
        if id_ is None or name is None:
            named = self._from_names()
            if id_ is None and named[0] is not None:
                id_, kind = named[0], "group"
            name = name or named[1]
        return Group(whole(id_) or surrogate_group_id(whole(name)), whole(name), "qq", kind)

    def _from_names(self) -> tuple[str | None, str | None]:
        """Id and name by the file's name, else by those of the folders around it."""
        for part in reversed(self._labels[-3:]):
            stem = _EXTENSION.sub("", part)
            match = _ID.match(stem) or _BARE_ID.match(stem) or _NAMED.fullmatch(stem)
            if match:
                return match["id"], match.groupdict().get("name")
        return None, None

    def _word(self, key: str) -> str | None:
        return as_written(self._info.get(key)) or None
