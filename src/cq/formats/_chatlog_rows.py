"""The rows of chatlog's tables: CSV of chatlog, CSV and workbooks of chatlog_alpha.

What a content renders is :mod:`_chatlog_content`'s business, where a table comes from, the formats'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cq.formats import ReadOptions, Source
from cq.formats._chatlog_content import chatlog_content, with_ids
from cq.formats._quoted_at import place_answers
from cq.formats._table import Rows
from cq.formats._table_rows import Doubts, Told, group_of, room_kind, timed_rows, told_batches
from cq.formats._wall_clock import WallClock
from cq.formats._wechat_content import Content, event_of
from cq.formats._wechat_names import is_room
from cq.model import Batch, Group, Kind, Problem

COLUMNS = ("Time", "SenderName", "Sender", "TalkerName", "Talker", "Content")
ALPHA_COLUMNS = ("MessageID", *COLUMNS)
_RENDERED = frozenset("[!>T<")


def chatlog_rows(tables: Iterable[Rows], source: Source, options: ReadOptions) -> Iterator[Batch]:
    """Batches of the rows; a ``MessageID``, where there is one, becomes ``cl:…``."""
    rows = _Rows(source, options)
    return told_batches(source, tables, rows.tell, rows.group, rows.doubts)


class _Rows:
    def __init__(self, source: Source, options: ReadOptions) -> None:
        self.doubts = Doubts(source.label)
        self._label = source.label
        self._zone = options.zone
        self._clock = WallClock(options)
        self._by_file = group_of(source)
        self._names: dict[str, str | None] = {}
        self._known: set[str | None] = set()

    def group(self, room: str) -> Group:
        """The group of a talker, by the name that its first row shows."""
        by_file = self._by_file("")
        if not room:
            return by_file
        return Group(room, self._names.get(room) or None, "wechat", room_kind(room))

    def tell(self, rows: Rows, problems: list[Problem]) -> Told:
        times = rows.columns["Time"]
        timed = timed_rows(rows, self._clock.column(times), times, self._label, problems, self.doubts)
        columns = timed.columns
        senders, rooms = columns["Sender"], columns["Talker"]
        for room, name in dict(zip(reversed(rooms), reversed(columns["TalkerName"]), strict=True)).items():
            self._names[room] = self._names.get(room) or name
        self._known.update(senders)
        texts = self.doubts.texts(columns["Content"], timed.numbers)
        contents = self._contents(senders, texts)
        place_answers(contents, timed.stamps, self._zone)
        ids = {sender: None if is_room(sender) else sender or None for sender in set(senders)}
        people = [ids[sender] for sender in senders]
        told = Told(timed.numbers, timed.stamps, people, columns["SenderName"], texts, contents, groups=rooms)
        if "MessageID" in columns:
            native = self.doubts.ids(columns["MessageID"], timed.numbers).to_pylist()
            told.columns["native_id"] = [f"cl:{id_}" if id_ else None for id_ in native]
        return told

    def _contents(self, senders: list[str], texts: list[str | None]) -> dict[int, Content]:
        contents: dict[int, Content] = {}
        nobody = {sender for sender in set(senders) if is_room(sender)}
        rows = enumerate(zip(senders, texts, strict=True))
        for i in [i for i, (who, text) in rows if not text or text[0] in _RENDERED or who in nobody]:
            sender, text = senders[i], texts[i]
            if sender in nobody:
                content = event_of(Kind.SYSTEM, text, "wechat")
                if content.event is not None:
                    content.event = with_ids(content.event, self._known)
                contents[i] = content
            elif text is None:
                contents[i] = Content(Kind.OTHER)
            elif (rendered := chatlog_content(text)) is not None:
                contents[i] = rendered
        return contents
