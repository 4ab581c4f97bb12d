"""Many exports become one log: what is kept, what is a double, in which order."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from chats import LAW, balanced, contents, ids, largest, merge, rows, rows_of, said, texts
from hypothesis import given
from hypothesis import strategies as st

from cq.model import Batch, Group, Member, Problem
from cq.store import merge as merging
from cq.store.collector import Collector

MESSAGES = st.builds(
    said,
    st.integers(0, 3),
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["1", "2", None]),
    kind=st.sampled_from(["text", "image"]),
    group_id=st.sampled_from(["g", "h"]),
)
SOURCE = st.lists(MESSAGES, max_size=8)
CHAT = st.lists(MESSAGES, max_size=14).map(lambda ms: sorted(ms, key=lambda m: m["sent_at"]))


def with_native_ids(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [m | {"native_id": str(1000 + i)} for i, m in enumerate(messages)]


class TestLaws:
    @LAW
    @given(st.lists(SOURCE, max_size=4))
    def test_of_each_message_the_largest_count_of_any_source(self, sources: list[Any]) -> None:
        log = merge(*sources)
        found = rows(log)
        assert contents(found) == largest(*sources)
        assert len({r["message_id"] for r in found}) == len(found)
        assert sum(s.rows for s in log.spans) == len(found)

    @LAW
    @given(SOURCE)
    def test_twice_is_once(self, source: Any) -> None:
        once = rows(merge(source))
        assert rows(merge(source, source)) == once
        assert rows(merge(once)) == once
        assert rows(merge(once, source)) == once

    @LAW
    @given(st.lists(SOURCE, min_size=2, max_size=3), st.booleans())
    def test_the_order_of_sources_does_not_matter(self, sources: list[Any], native: bool) -> None:
        if native:
            numbered = iter(range(1000))
            sources = [[m | {"native_id": str(next(numbered) % 9)} for m in s] for s in sources]
            sources = [list({m["native_id"]: m for m in s}.values()) for s in sources]
        logs = [merge(*order, unique_ids=native) for order in itertools.permutations(sources)]
        assert len({frozenset(ids(log)) for log in logs}) == 1

    @LAW
    @given(CHAT, st.data())
    def test_halves_cut_in_time_make_the_whole(self, chat: list[Any], data: st.DataObject) -> None:
        end, start = sorted(data.draw(st.tuples(st.integers(0, 4), st.integers(0, 4))), reverse=True)
        first = [m for m in chat if m["sent_at"] < said(end)["sent_at"]]
        second = [m for m in chat if m["sent_at"] >= said(start)["sent_at"]]
        whole, joined = rows(merge(chat)), rows(merge(first, second))
        assert [r["message_id"] for r in joined] == [r["message_id"] for r in whole]
        assert sorted(ids(merge(second, first))) == sorted(r["message_id"] for r in whole)

    @LAW
    @given(CHAT, st.data())
    def test_halves_with_native_ids_make_the_whole_for_any_cut(
        self, chat: list[Any], data: st.DataObject
    ) -> None:
        chat = with_native_ids(chat)
        edge = st.integers(0, len(chat))
        start, end = sorted(data.draw(st.tuples(edge, edge)))
        log = merge(chat[:end], chat[start:], unique_ids=True)
        assert ids(log) == ids(merge(chat, unique_ids=True))
        assert len(rows(log)) == len(chat)

    @LAW
    @given(st.lists(st.tuples(st.integers(0, 2), SOURCE), max_size=5))
    def test_parts_of_one_file_that_repeat_one_another(self, blocks: list[Any]) -> None:
        batches = [Batch(rows_of(messages), segment=segment) for segment, messages in blocks]
        segments = [[m for s, ms in blocks if s == segment for m in ms] for segment in range(3)]
        log = merge(batches)
        assert contents(rows(log)) == largest(*segments)
        assert balanced(log.tallies[0])

    @LAW
    @given(CHAT, st.data())
    def test_how_a_file_comes_in_pieces_does_not_matter(self, chat: list[Any], data: st.DataObject) -> None:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(chat)), max_size=4)))
        edges = [0, *cuts, len(chat)]
        pieces = [Batch(rows_of(chat[a:b], a + 1)) for a, b in itertools.pairwise(edges)]
        assert rows(merge(pieces)) == rows(merge(chat))

    @LAW
    @given(st.lists(CHAT, max_size=3), st.integers(1, 3), st.integers(1, 3))
    def test_looking_at_few_rows_together_changes_nothing(
        self, sources: list[Any], chunk: int, values: int
    ) -> None:
        whole = merge(*sources)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(merging, "CHUNK", chunk)
            patch.setattr("cq.store.rows.CHUNK", chunk)
            patch.setattr(merging, "_VALUES", values)
            pieces = merge(*sources)
        assert rows(pieces) == rows(whole)
        assert pieces.spans == whole.spans
        assert [t.spans for t in pieces.tallies] == [t.spans for t in whole.tallies]


class TestCounting:
    @LAW
    @given(st.lists(SOURCE, max_size=4))
    def test_every_record_is_accounted_for(self, sources: list[Any]) -> None:
        log = merge(*sources)
        for tally, source in zip(log.tallies, sources, strict=True):
            assert balanced(tally)
            assert tally.seen == len(source)
            assert tally.messages == sum(s.rows for s in tally.spans)
        assert sum(t.messages for t in log.tallies) == len(rows(log))

    def test_what_else_a_file_holds(self) -> None:
        batch = Batch(
            rows_of([said(0), said(1)]),
            members=[Member("g", "a")],
            problems=[Problem("bad_time", "f:3"), Problem("bad_row", "f:4")],
            notices=[Problem("suspect_split", "f:5")],
            headers=3,
            member_records=4,
            skipped={"avatar": 2},
        )
        tally = merge([batch, batch]).tallies[0]
        assert tally.seen == 2 * (2 + 2 + 3 + 4 + 2)
        assert balanced(tally)
        assert tally.notice_counts == {"suspect_split": 2}

    def test_doubles_are_charged_to_the_later_source(self) -> None:
        first, second = [said(0), said(1)], [said(1), said(0), said(2)]
        log = merge(first, second)
        assert [t.skipped["duplicate"] for t in log.tallies] == [0, 2]
        assert [t.messages for t in log.tallies] == [2, 1]
        kept = rows(log)
        assert [r["origin_record"] for r in kept] == [1, 2, 3]

    def test_the_first_problems_are_shown_and_all_are_counted(self) -> None:
        problems = [Problem("bad_row", f"f:{i}") for i in range(50)]
        tally = merge([Batch(problems=problems), Batch(problems=problems, notices=problems)]).tallies[0]
        assert tally.problem_counts == {"bad_row": 100}
        assert tally.notice_counts == {"bad_row": 50}
        assert tally.problems == problems[:20] == tally.notices


class TestSpans:
    def test_rows_and_times_of_each_group(self) -> None:
        one = [said(5), said(3, group_id="h"), said(9), said(4)]
        two = [said(2), said(5), said(7, group_id="k")]
        log = merge(one, two)
        start = said(0)["sent_at"]

        def told(spans: Any) -> list[tuple[Any, ...]]:
            return [
                (s.group.group_id, s.rows, (s.first - start) / 1e3, (s.last - start) / 1e3) for s in spans
            ]

        assert told(log.spans) == [("g", 4, 2, 9), ("h", 1, 3, 3), ("k", 1, 7, 7)]
        assert told(log.tallies[0].spans) == [("g", 3, 4, 9), ("h", 1, 3, 3)]
        assert told(log.tallies[1].spans) == [("g", 1, 2, 2), ("k", 1, 7, 7)]

    def test_many_groups_in_many_parts(self) -> None:
        # Quadratic once: 40,000 (group, part) pairs took minutes.
        blocks = [
            Batch(
                rows_of([said(i * 20 + j, group_id=f"g{(i * 7 + j) % 4000}") for j in range(20)]), segment=i
            )
            for i in range(400)
        ]
        log = merge(blocks)
        expected = Counter(m["group_id"] for b in blocks for m in b.messages.to_pylist())
        assert {s.group.group_id: s.rows for s in log.spans} == expected
        assert [s.group.group_id for s in log.spans] == sorted(expected)

    def test_what_the_groups_are(self) -> None:
        told = [
            Group("g", None, "unknown", "group"),
            Group("g", "new name", "qq"),
            Group("silent", "nobody spoke", "qq"),
        ]
        log = merge([Batch(rows_of([said(0), said(0, group_id="h")]), groups=told)])
        assert [s.group for s in log.spans] == [
            Group("g", "new name", "qq", "group"),
            Group("h", None, "unknown"),
        ]

    def test_what_the_members_are(self) -> None:
        log = merge(
            [Batch(members=[Member("g", "a", "Anna", role="admin"), Member("g", "b", "Ben")])],
            [Batch(members=[Member("g", "a", "Anne", card="A"), Member("h", "a", "Anna")])],
        )
        assert log.members == [
            Member("g", "a", "Anne", card="A", role="admin"),
            Member("g", "b", "Ben"),
            Member("h", "a", "Anna"),
        ]


class TestOrder:
    @LAW
    @given(st.lists(SOURCE, max_size=3))
    def test_group_by_group_and_by_time(self, sources: list[Any]) -> None:
        found = [(r["group_id"], r["at"]) for r in rows(merge(*sources))]
        assert found == sorted(found)

    def test_equal_seconds_stay_as_they_stood(self) -> None:
        source = [said(1, text=t) for t in "cab"] + [said(0, text=t) for t in "zx"] + [said(1, text="d")]
        assert texts(merge(source)) == list("zxcabd")

    def test_groups_that_alternate(self) -> None:
        source = [said(i // 2, text=str(i), group_id="hg"[i % 2]) for i in range(8)]
        assert texts(merge(source)) == [*"1357", *"0246"]

    def test_group_ids_sort_as_texts(self) -> None:
        names = ["10", "9", "name:乙", "name:甲", "B", "a", "name:"]
        log = merge([said(0, group_id=n) for n in names])
        assert [r["group_id"] for r in rows(log)] == sorted(names) == [s.group.group_id for s in log.spans]

    def test_a_newest_first_file_is_turned_round(self) -> None:
        chat = [said(i // 3, text=str(i)) for i in range(12)]
        assert texts(merge(chat[::-1])) == texts(merge(chat))

    def test_newest_first_beside_oldest_first(self) -> None:
        old = [said(i // 3, text=str(i)) for i in range(12)]
        new = [said(3 + i // 3, text=f"n{i}") for i in range(9)]
        assert texts(merge(old, new[::-1])) == texts(merge(old, new))
        assert texts(merge(new[::-1], old))[:9] == texts(merge(old))[:9]

    def test_newest_first_is_a_property_of_the_file_not_of_what_is_left_of_it(self) -> None:
        old = [said(i, text=str(i)) for i in range(5)]
        new = [*old[2:], said(9, text="x"), said(9, text="y"), said(9, text="z")]
        assert texts(merge(old, new[::-1])) == [*"01234", "x", "y", "z"]

    def test_groups_in_blocks_are_not_newest_first(self) -> None:
        # The second block lies years before the first; within each, time rises.
        source = [said(10**8 + i // 2, text=f"g{i}") for i in range(4)]
        source += [said(i // 2, text=f"h{i}", group_id="h") for i in range(4)]
        assert texts(merge(source)) == ["g0", "g1", "g2", "g3", "h0", "h1", "h2", "h3"]

    def test_alternating_groups_are_not_newest_first(self) -> None:
        source = []
        for i in range(4):  # between neighbours time falls as often as it rises, and last it falls
            source += [said(10**8 + i // 2, text=f"g{i}"), said(i // 2, text=f"h{i}", group_id="h")]
        assert texts(merge(source)) == ["g0", "g1", "g2", "g3", "h0", "h1", "h2", "h3"]

    def test_each_part_of_a_file_has_its_own_direction(self) -> None:
        rising = [said(i // 2, text=f"r{i}") for i in range(6)]
        falling = [said(100 + i // 2, text=f"f{i}") for i in range(6)]
        log = merge([Batch(rows_of(rising)), Batch(rows_of(falling[::-1]), segment=1)])
        assert texts(log) == [f"r{i}" for i in range(6)] + [f"f{i}" for i in range(6)]

    def test_a_window(self) -> None:
        source = [said(i, text=str(i), group_id="gh"[i % 2]) for i in range(10)]
        since, until = said(3)["sent_at"], said(8)["sent_at"]
        for order in (source, source[::-1], sorted(source, key=lambda m: m["group_id"])):
            log = merge(order)
            assert texts(log, since=since, until=until) == [*"46", *"357"]
            assert texts(log, groups={"h"}, since=since) == [*"3579"]
            assert texts(log, until=since) == [*"02", "1"]
            assert texts(log, groups=set()) == []
            assert texts(log, groups={"unknown"}) == []
            assert texts(log, since=until + 10**9) == []

    @LAW
    @given(st.lists(SOURCE, max_size=3), st.integers(0, 4), st.integers(0, 4), st.sampled_from(["g", "h"]))
    def test_any_window(self, sources: list[Any], since: int, until: int, group: str) -> None:
        log = merge(*sources)
        expected = [r for r in rows(log) if r["group_id"] == group and since <= r["at"] < until]
        bounds = {"since": said(since)["sent_at"], "until": said(until)["sent_at"], "groups": {group}}
        assert rows(log, **bounds) == expected


class TestOutOfOrder:
    """The notice that a file looks like several exports glued together."""

    def noticed(self, *sources: Any) -> list[list[Problem]]:
        return [t.notices for t in merge(*sources).tallies]

    def test_glued_exports(self) -> None:
        once = [said(i * 70, text=str(i)) for i in range(100)]
        glued = [m | {"text": f"{m['text']} {i}"} for i in range(3) for m in once]
        assert self.noticed(glued, once) == [[Problem("out_of_order", "source 0", "2/300")], []]

    @pytest.mark.parametrize("step", [1, 60, 61, 3600])
    def test_not_a_file_that_is_newest_first(self, step: int) -> None:
        chat = [said(i // 2 * step, text=str(i)) for i in range(400)]
        assert self.noticed(chat[::-1], chat) == [[], []]

    def test_newest_first_and_glued(self) -> None:
        once = [said(i * 70, text=str(i)) for i in range(100)][::-1]
        glued = [m | {"text": f"{m['text']} {i}"} for i in range(3) for m in once]
        assert self.noticed(glued) == [[Problem("out_of_order", "source 0", "2/300")]]

    def test_not_small_disorder(self) -> None:
        assert self.noticed([said(i + 50 * (i % 2), text=str(i)) for i in range(100)]) == [[]]

    def test_not_one_jump(self) -> None:
        assert self.noticed([said(900), *(said(i) for i in range(9))]) == [[]]

    def test_not_groups_one_after_the_other(self) -> None:
        source = [said(i * 70, group_id=f"g{g}") for g in range(30) for i in range(5)]
        assert self.noticed(source) == [[]]
        blocks = [Batch(rows_of(source[i : i + 5]), segment=i) for i in range(0, 150, 5)]
        assert self.noticed(blocks) == [[]]

    def test_once_for_a_file(self) -> None:
        mixed = [said(i * 70, text=str(i)) for i in (3, 1, 2, 0, 4, 1, 5, 3, 6)]
        blocks = [Batch(rows_of(mixed), segment=i) for i in range(3)]
        assert [p.code for p in self.noticed(blocks)[0]] == ["out_of_order"]


class TestReplies:
    def test_to_a_row_of_the_log(self) -> None:
        log = merge([said(0, native_id="7"), said(1, reply_to="7")], unique_ids=True)
        asked, answer = rows(log)
        assert answer["reply_to"] == asked["message_id"]

    def test_to_a_row_that_comes_later_or_from_elsewhere(self) -> None:
        log = merge([said(1, reply_to="7")], [said(5), said(0, native_id="7")], unique_ids=True)
        found = rows(log)
        assert found[1]["reply_to"] == found[0]["message_id"]

    @pytest.mark.parametrize("lost", ["8", "0", "", "f" * 24])
    def test_to_nothing_that_is_there(self, lost: str) -> None:
        source = [said(0, native_id="7"), said(1, native_id="0"), said(2, reply_to=lost)]
        assert [r["reply_to"] for r in rows(merge(source, unique_ids=True))] == [None] * 3

    def test_not_into_another_group(self) -> None:
        source = [said(0, native_id="7"), said(1, group_id="h", reply_to="7")]
        assert rows(merge(source, unique_ids=True))[1]["reply_to"] is None

    def test_to_a_double(self) -> None:
        source = [said(0, native_id="7"), said(1, native_id="8", reply_to="7")]
        found = rows(merge(source, source, unique_ids=True))
        assert found[1]["reply_to"] == found[0]["message_id"]

    def test_of_written_rows_stay(self) -> None:
        written = rows(merge([said(0, native_id="7"), said(1, reply_to="7")], unique_ids=True))
        again = rows(merge(written))
        assert again == written
        assert rows(merge(written[1:]))[0]["reply_to"] is None


class TestEdges:
    def test_nothing(self) -> None:
        log = Collector().finish()
        assert (log.spans, log.members, log.tallies, rows(log)) == ([], [], [], [])

    def test_a_source_without_messages(self) -> None:
        log = merge([], [said(0)], [Batch(headers=2)])
        assert [t.messages for t in log.tallies] == [0, 1, 0]
        assert log.tallies[2].seen == 2

    def test_more_groups_than_two_bytes_count(self) -> None:
        many = 70_000
        names = [f"{i:05d}" for i in range(many)]
        batch = rows_of([said(0)] * many)
        at = batch.schema.get_field_index("group_id")
        log = merge([Batch(batch.set_column(at, batch.schema.field(at), pa.array(names)))])
        assert [s.group.group_id for s in log.spans] == names

    def test_lists_are_never_null(self) -> None:
        for row in rows(merge([said(0), said(1, mentions=["b"], event_target=[])])):
            assert isinstance(row["mentions"], list)
            assert isinstance(row["event_target"], list)

    def test_times_before_1970_and_far_away(self) -> None:
        far = [said(0, text=str(t), sent_at=t) for t in (-(10**12), 0, 10**14)]
        assert texts(merge(far[::-1])) == [m["text"] for m in far]

    def test_rows_can_be_read_again(self) -> None:
        log = merge([said(1), said(0), said(1, "b")])
        assert rows(log) == rows(log)
