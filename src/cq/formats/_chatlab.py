"""ChatLab's records, the same in its JSON and its JSON lines: from structs to message columns.

It knows no container: who reads lines (:mod:`_chatlab_lines`) or a document hands over records
with their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from cq.formats._chatlab_people import person_of, roster
from cq.formats._chatlab_record import Record, content_of_row, kinds_of, special, types_of
from cq.formats._json_values import identifier_column, identifiers, strings, timed, whole
from cq.formats._source import Source
from cq.formats._sparse import Sparse
from cq.formats._system_text import SELF
from cq.formats._wechat_names import chat_kind, is_nobody
from cq.model import NON_SPEECH, Batch, Group, Problem, record_batch, surrogate_group_id

if TYPE_CHECKING:
    import pyarrow as pa


_Ids = TypeVar("_Ids")


class Reader:
    """What is known so far of one export; turns records into the pieces of batches."""

    def __init__(self, source: Source) -> None:
        self.label = source.label
        self.group: Group | None = None
        self.headers = 0
        self.skipped: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.source = source
        self.line_of: Callable[[int], int] | None = None  # where numbers are no lines
        self._new_groups: list[Group] = []
        self._owners: dict[str, str | None] = {}
        self._members: list[tuple[Group | None, Record]] = []
        self._people: dict[str | None, str | None] = {None: None, "": None}
        self._known: set[str | None] = set()  # ids of members and senders, as exported
        self._senders: set[str | None] = set()
        self._rounded: list[str] = []

    # -- beside the messages -----------------------------------------------------------------------

    def header(self, meta: Any) -> None:
        """What ``meta`` says holds for the messages from here on."""
        meta = meta if isinstance(meta, dict) else {}
        name, platform = map(whole, strings([meta.get("name"), meta.get("platform")]))
        ids, _ = identifiers([meta.get(key) for key in ("groupId", "sourceSessionId", "ownerId")])
        native = whole(ids[0] or ids[1])
        platform = {"weixin": "wechat", None: "unknown", "": "unknown"}.get(platform, platform) or "unknown"
        group_id = native or surrogate_group_id(name)
        group = Group(group_id, name, platform, chat_kind(meta.get("type"), native))
        if group != self.group:
            if self.group is None or platform != self.group.platform:
                self._people = {None: None, "": None}
            self.group = group
            self._new_groups.append(group)
        self._owners[group_id] = whole(ids[2]) or self._owners.get(group_id)

    def member(self, record: Record) -> None:
        """Members wait for the end: only then it is known who has sent something."""
        self._members.append((self.group, record))
        self._known.update(identifiers([record.platformId])[0])

    def skip(self, reason: str, count: int = 1) -> None:
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count

    def batch(self, messages: pa.RecordBatch | None) -> Batch:
        """``messages`` with the groups and problems that have turned up."""
        self._need_group()
        groups, self._new_groups = self._new_groups, []
        problems, self.problems = self.problems, []
        return Batch(messages, groups=groups, problems=problems)

    def last(self, messages: pa.RecordBatch | None = None) -> Batch:
        """The last batch: members, counts and doubts."""
        pairs = [(known or self._need_group(), record) for known, record in self._members]
        found = roster(pairs, self._owners, self._senders)
        self.skip("not_a_member", found.strangers)
        self._rounded += [self.label] * found.rounded
        notices = list(self.source.notices())
        if self._rounded:
            notices.append(Problem("rounded_id", self._rounded[0], str(len(self._rounded))))
        batch = self.batch(messages)
        return Batch(
            batch.messages,
            groups=batch.groups,
            problems=batch.problems,
            members=found.members,
            notices=notices,
            headers=self.headers,
            member_records=found.used,
            skipped=self.skipped,
        )

    def _need_group(self) -> Group:
        if self.group is None:
            self.header(None)
        assert self.group is not None
        return self.group

    # -- messages ------------------------------------------------------------------------------------

    def messages(self, rows: Sequence[Record], numbers: Sequence[int]) -> pa.RecordBatch | None:
        """The columns of ``rows``; ``numbers`` are their lines or ordinals. None if no row is left."""
        group = self._need_group()
        times = [row.timestamp for row in rows]
        rows, numbers, stamps = timed(rows, numbers, times, self.label, self.problems, self.line_of)
        if not rows:
            return None
        people = self._noted(identifiers([row.sender for row in rows]), numbers)
        names = strings([row.groupNickname or row.accountName for row in rows])
        senders = self._resolve(people, names)
        texts = strings([row.content for row in rows])
        types = types_of([row.type for row in rows])
        sparse = Sparse(len(rows))
        kinds = self._contents(types, texts, people, names, senders, sparse)
        native = self._noted(identifier_column([row.platformMessageId for row in rows]), numbers)
        replies = self._noted(identifier_column([row.replyToMessageId for row in rows]), numbers)
        sparse.put_column("reply_to", replies)
        self._senders.update(senders)
        return record_batch(
            {
                "platform": group.platform,
                "group_id": group.group_id,
                "group_name": group.group_name,
                "sent_at": stamps,
                "sender_id": senders,
                "sender_name": [
                    None if sender is None else name or None
                    for sender, name in zip(senders, names, strict=True)
                ],
                "kind": kinds,
                "text": texts,
                "native_id": native,
                "origin_file": self.label,
                "origin_record": numbers,
                **sparse.columns,
            },
            len(rows),
        )

    def _contents(
        self,
        types: list[Any],
        texts: list[str | None],
        people: list[str | None],
        names: list[str | None],
        senders: list[str | None],
        sparse: Sparse,
    ) -> list[str]:
        """The kind of each row; ``texts``, ``senders`` and ``sparse`` get what its content says."""
        platform = self._need_group().platform
        kinds = kinds_of(types)
        for i in special(types, texts):
            content = content_of_row(types[i], texts[i], people[i], self._known, platform)
            kinds[i], texts[i] = content.kind.value, content.text
            sparse.put_content(i, content, senders[i], names[i], SELF)
            if content.kind in NON_SPEECH:
                senders[i] = None
        return kinds

    def _noted(self, found: tuple[_Ids, list[int]], numbers: Sequence[int]) -> _Ids:
        """The ids alone; where one was lost is noted for the end."""
        ids, lost = found
        for i in lost:
            first = self.line_of if not self._rounded else None  # only the first is shown
            self._rounded.append(f"{self.label}:{first(numbers[i]) if first else numbers[i]}")
        return ids

    def _resolve(self, people: list[str | None], names: list[str | None]) -> list[str | None]:
        """Sender ids of the exported ones; a name stands in where there is no id at all."""
        platform = self._need_group().platform
        raws = set(people)
        for raw in raws - self._people.keys():
            assert raw is not None
            self._people[raw] = person_of(raw, platform)
        self._known |= raws
        senders = [self._people[raw] for raw in people]
        if None in raws:
            for i, raw in enumerate(people):
                if raw is None and not is_nobody(names[i]):
                    senders[i] = f"name:{names[i]}"
        return senders
