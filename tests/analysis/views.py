"""Small groups from tuples, for tests of analyses.

A row is ``(when, who, text)`` or ``(when, who, text, {"kind", "reply", "mentions", "url", "title",
"recalled"})``: ``when`` is local wall-clock time (``2026-03-02 09:00``, or with an offset where a clock change
makes it ambiguous), ``who`` a member id or ``None``, ``reply`` the number of an earlier row, ``mentions``
member ids, ``title`` that of a card.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from cq.analysis import KINDS, EventRow, GroupView, Person, Window
from cq.analysis._view import MemberBasis
from cq.model import NON_SPEECH, Event, Group, Kind

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ms(when: str, zone: ZoneInfo = SHANGHAI) -> int:
    """UTC milliseconds of a local time."""
    at = datetime.fromisoformat(when)
    return round((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)


def window(start: str, end: str, zone: ZoneInfo = SHANGHAI) -> Window:
    """``[start, end)`` in local time."""
    return Window(ms(start, zone), ms(end, zone), zone)


def whole(group: GroupView) -> Window:
    """The default window: the whole log, from midnight to midnight in the zone of the view."""
    if not len(group):
        return Window(0, 0, group.zone, bounded=False)
    first, last = (datetime.fromtimestamp(int(group.sent_at[i]) / 1000, group.zone) for i in (0, -1))
    start = datetime.combine(first, time(), group.zone)
    end = datetime.combine(last + timedelta(days=1), time(), group.zone)
    return Window(int(start.timestamp() * 1000), int(end.timestamp() * 1000), group.zone, bounded=False)


def view(
    rows: Iterable[tuple[Any, ...]],
    people: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    events: Sequence[tuple[int, Event, str | None, Sequence[str], str | None]] = (),
    member_basis: MemberBasis = "senders",
    explicit_replies: bool = True,
    zone: ZoneInfo = SHANGHAI,
    text_type: pa.DataType | None = None,
) -> GroupView:
    """The view of a group; ``people`` holds fields of :class:`Person` by member id where they matter."""
    known = dict(people or {})
    table = [(*row, {})[:4] for row in rows]
    ids = list(dict.fromkeys(who for _, who, _, _ in table if who))
    for _, _, actor, targets, _ in events:
        ids += [who for who in (actor, *targets) if who]
    ids = list(dict.fromkeys([*known, *ids]))
    everybody = [_person(who, known.get(who, {})) for who in ids]
    index = {who: i for i, who in enumerate(ids)}
    sent_at = np.array([ms(when, zone) for when, *_ in table], np.int64)
    assert (np.diff(sent_at) >= 0).all(), "rows must be in time order"
    kinds = [Kind(extra.get("kind", Kind.TEXT)) for *_, extra in table]
    mentions = [
        (row, index[who]) for row, (*_, extra) in enumerate(table) for who in extra.get("mentions", ())
    ]
    person = [index[who] if who else -1 for _, who, _, _ in table]
    human = [
        who >= 0 and not everybody[who].bot and kind not in NON_SPEECH
        for who, kind in zip(person, kinds, strict=True)
    ]
    offsets = [datetime.fromtimestamp(at / 1000, zone).utcoffset() for at in sent_at.tolist()]
    shift = np.array([int(o.total_seconds() * 1000) if o else 0 for o in offsets], np.int64)
    return GroupView(
        group=Group("g1", "测试群", "wechat", "group"),
        zone=zone,
        people=everybody,
        member_basis=member_basis,
        sent_at=sent_at,
        local_ms=sent_at + shift,
        person=np.array(person, np.int32),
        kind=np.array([KINDS.index(kind) for kind in kinds], np.int8),
        human=np.array(human, np.bool_),
        reply_to=np.array([extra.get("reply", -1) for *_, extra in table], np.int64),
        mention_row=np.array([row for row, _ in mentions], np.int64),
        mention_person=np.array([who for _, who in mentions], np.int32),
        text=pa.array([text for _, _, text, _ in table], text_type or pa.string()),
        url=pa.array([extra.get("url") for *_, extra in table], pa.large_string()),
        card_title=pa.array([extra.get("title") for *_, extra in table], pa.large_string()),
        recalled=np.array([extra.get("recalled", False) for *_, extra in table], np.bool_),
        message_id=pa.array([f"m{row}" for row in range(len(table))], pa.string()),
        events=[
            EventRow(row, event, index[actor] if actor else -1, tuple(index[t] for t in targets), detail)
            for row, event, actor, targets, detail in events
        ],
        explicit_replies=explicit_replies,
    )


def _person(who: str, fields: Mapping[str, Any]) -> Person:
    return Person(**{"id": who, "name": who, "names": (who,), "ids": (who,), **fields})
