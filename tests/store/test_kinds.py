"""Different kinds of export of one group: one message is one row, one person one sender, doubts are told."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from chats import LAW, START, balanced, merge, report, rows, rows_of, said, texts
from hypothesis import given
from hypothesis import strategies as st

from cq.model import Batch, Group, Member
from cq.store import dataset, kinds, spill
from cq.store.dataset import StoredLog
from cq.store.evidence import normalised, unit_of
from cq.store.log import Log

MINUTE = START // 60_000 * 60_000 + 60_000
"""A whole minute, where chats of these tests begin."""

ROOM = {"platform": "wechat", "group_id": "1@chatroom", "group_name": "读书会", "sent_at": MINUTE}
LINES = ("早上好各位", "周六几点集合？", "八点在老地方", "我带两本书来", "谢谢大家的照顾")
IDS = {"wxid_a": "阿北", "wxid_b": "小南"}


def native(at: float, who: str = "wxid_a", text: str | None = "你好", **columns: Any) -> dict[str, Any]:
    """A message as an export with all ids has it, ``at`` seconds after the minute."""
    row = said(0, who, text, **ROOM, sender_name=IDS.get(who, who))
    return row | {"sent_at": MINUTE + round(at * 1000), "native_id": f"{at}{who}{text}"} | columns


def plain(message: dict[str, Any], unit: int = 1000, **columns: Any) -> dict[str, Any]:
    """The same message as a transcript has it: names for ids, seconds or minutes, no ids."""
    at, name = message["sent_at"] // unit * unit, message["sender_name"]
    row = {"sent_at": at, "sender_id": f"name:{name}", "native_id": None, "group_id": "name:读书会"}
    return message | row | columns


def both(*sources: Sequence[Any], formats: str = "json txt", exact: Sequence[bool] = (True, False)) -> Log:
    kinds = formats.split()
    return merge(*sources, unique_ids=[*exact, *[False] * 9][: len(sources)], formats=kinds)


def noticed(log: Log) -> list[dict[str, str]]:
    return [{n.code: n.detail for n in t.notices} for t in log.tallies]


def duplicates(log: Log) -> list[int]:
    return [t.skipped["duplicate"] for t in log.tallies]


CHAT = [native(i * 70 + 0.25, who, text) for i, (who, text) in enumerate(zip(itertools.cycle(IDS), LINES))]


class TestOneLog:
    """Five rows, by ids and milliseconds, and the same by names and seconds (or minutes)."""

    @pytest.mark.parametrize("unit", [1, 1000, 60_000])
    def test_two_kinds_of_one_log_are_the_log(self, unit: int) -> None:
        # 阿北 says three of the five, 小南 two: each has a name that only one id bore, and every row coincides.
        other = [plain(m, unit) for m in CHAT]
        alone = rows(merge(CHAT, unique_ids=True, formats=["json"]))
        for order in ((CHAT, other), (other, CHAT)):
            first_is_json = order[0] is CHAT
            log = both(
                *order,
                formats="json txt" if first_is_json else "txt json",
                exact=(first_is_json, not first_is_json),
            )
            assert rows(log) == alone
            assert duplicates(log) == ([0, 5] if first_is_json else [5, 0])
            assert all(balanced(t) for t in log.tallies)
            (span,) = log.spans
            assert (span.group.group_id, span.rows) == ("1@chatroom", 5)
            told = noticed(log)[1 if first_is_json else 0]
            assert told == {"group_by_name": "1@chatroom", "mapped_senders": "2"}

    def test_a_stand_in_of_two_kinds_joins_the_native_group(self) -> None:
        # Enough talk to tell groups apart, every line of it in either transcript: no moment is lone there.
        chat = [native(i * 70, f"wxid_{'ab'[i % 2]}", f"第{i}句，说来话长") for i in range(30)]
        other = [plain(m) for m in chat]
        log = both(chat, other, other, formats="json txt html")
        assert {r["group_id"] for r in rows(log)} == {"1@chatroom"}
        assert Counter(r["sender_id"] for r in rows(log)) == {"wxid_a": 15, "wxid_b": 15}
        assert duplicates(log) == [0, 30, 30]

    def test_a_person_of_two_ids_that_were_found_to_be_one_bears_the_name_alone(self) -> None:
        chat = [native(i * 70, f"wxid_{'ab'[i % 2]}", f"第{i}句，说来话长") for i in range(8)]
        pages = [m | {"sender_id": f"uid:{m['sender_id'][-1]}", "native_id": None} for m in chat]
        exports = [(chat, "json"), (pages, "html"), ([plain(m) for m in chat], "txt")]
        for order in itertools.permutations(exports):
            sources, formats = zip(*order, strict=True)
            log = both(*sources, formats=" ".join(formats), exact=[f == "json" for f in formats])
            assert Counter(r["sender_id"] for r in rows(log)) == {"wxid_a": 4, "wxid_b": 4}

    def test_what_only_one_of_them_has_stays(self) -> None:
        # The transcript begins two rows later and holds one row more, whose sender is known by then.
        more = native(600, "wxid_b", "只在这里的话")
        log = both(CHAT, [plain(m) for m in [*CHAT[2:], more]])
        assert texts(log) == [*LINES, "只在这里的话"]
        assert [r["sender_id"] for r in rows(log)][-1] == "wxid_b"
        assert {r["group_id"] for r in rows(log)} == {"1@chatroom"}
        assert duplicates(log) == [0, 3]

    def test_names_never_borne_are_established_by_three_votes(self) -> None:
        # The transcript shows remarks, names only its owner uses: 小南 has two telling rows, 阿北 three.
        other = [plain(m, sender_id=f"name:备注{m['sender_id'][-1]}", sender_name=None) for m in CHAT]
        log = both(CHAT, other)
        assert duplicates(log) == [0, 3]
        assert Counter(r["sender_id"] for r in rows(log)) == {"wxid_a": 3, "wxid_b": 2, "name:备注b": 2}
        assert noticed(log)[1] == {
            "group_by_name": "1@chatroom",
            "mapped_senders": "1",
            "maybe_double": "2",
        }

    def test_short_texts_are_no_votes_for_a_name_never_borne(self) -> None:
        short = [
            native(i * 70, "wxid_a", text) for i, text in enumerate(["好的", "收到", "+1", "哈哈", "嗯"])
        ]
        log = both(short, [plain(m, sender_id="name:谁", sender_name="谁") for m in short])
        assert duplicates(log) == [0, 0]
        assert noticed(log)[1]["maybe_double"] == "5"

    def test_the_owner(self) -> None:
        log = both(
            CHAT, [plain(m, sender_id="self") if m["sender_id"] == "wxid_a" else plain(m) for m in CHAT]
        )
        assert [r["sender_id"] for r in rows(log)] == [m["sender_id"] for m in CHAT]

    def test_two_owners_are_not_one(self) -> None:
        # In one export "self" is 阿北, in the other it is 小南; each names the other one.
        one = [m | {"sender_id": "self"} if m["sender_id"] == "wxid_a" else m for m in CHAT]
        two = [plain(m, sender_id="self") if m["sender_id"] == "wxid_b" else plain(m) for m in CHAT]
        found = rows(both(one, two))
        assert len({r["sender_id"] for r in found if r["text"] in LINES[::2]}) == 1
        assert {r["sender_id"] for r in found if r["text"] in LINES[1::2]} == {"wxid_b", "self"}

    def test_a_person_who_changed_her_name(self) -> None:
        # Both names are known to be wxid_a's, so the votes for one are no votes against the other.
        names = ["阿北", "x", "阿北", "x", "北北"]
        chat = [m | {"sender_id": "wxid_a", "sender_name": n} for m, n in zip(CHAT, names, strict=True)]
        log = both(chat, [plain(m) for m in chat])
        assert duplicates(log) == [0, 5]
        assert noticed(log)[1]["mapped_senders"] == "3"

    def test_the_better_id_wins_whichever_row_stays(self) -> None:
        # Exact ids, but names for senders; the other has the senders' ids. Rows of the first stay, people are ids.
        first = [m | {"sender_id": f"name:{m['sender_name']}"} for m in CHAT]
        second = [m | {"native_id": None} for m in CHAT] + [native(900, "wxid_a", "尾声", native_id=None)]
        log = both(first, second)
        assert duplicates(log) == [0, 5]
        assert {r["sender_id"] for r in rows(log)} == set(IDS)
        assert noticed(log)[0] == {"mapped_senders": "2"}

    def test_three_kinds(self) -> None:
        # The third is compared with what is left of the first two: what only the second has, too.
        more = native(600, "wxid_b", "只在第二份")
        second, third = [plain(m) for m in [*CHAT[1:], more]], [plain(m, 60_000) for m in [*CHAT, more]]
        log = both(CHAT, second, third, formats="json txt mail")
        assert texts(log) == [*LINES, "只在第二份"]
        assert duplicates(log) == [0, 4, 6]
        assert {r["sender_id"] for r in rows(log)} == set(IDS)

    def test_one_kind_twice_is_as_ever(self) -> None:
        log = both(
            CHAT, [m | {"text": f" {m['text']}", "native_id": None} for m in CHAT], formats="json json"
        )
        assert len(rows(log)) == 10

    def test_members_and_mentions(self) -> None:
        asks = plain(native(500, "wxid_b", "在吗 @阿北 "), mentions=["name:阿北"])
        members = [
            Member("name:读书会", "name:阿北", "阿北", role="owner"),
            Member("name:读书会", "name:新人", "新人"),
        ]
        log = both(CHAT, [*map(plain, CHAT), Batch(rows_of([asks]), members=members)])
        assert rows(log)[-1]["mentions"] == ["wxid_a"]
        assert log.members == [
            Member("1@chatroom", "name:新人", "新人"),
            Member("1@chatroom", "wxid_a", "阿北", role="owner"),
        ]


class TestRows:
    """Which rows are one message, once people are known: a coincidence of strangers does not shake 30 votes."""

    KNOWN = tuple(native(9000 + i * 70, who, f"第{i}句话") for i, who in zip(range(60), itertools.cycle(IDS)))

    def kept(self, a: list[Any], b: list[Any], unit: int = 1000) -> int:
        """How many rows stay of some in one kind and some in another."""
        log = both([*self.KNOWN, *a], [plain(m, unit) for m in [*self.KNOWN, *b]])
        return len(rows(log)) - len(self.KNOWN)

    def test_said_twice_in_a_second(self) -> None:
        one = native(500, text="1")
        twice = [one, one | {"native_id": "other"}]
        assert self.kept(twice, twice) == 2
        assert self.kept([one], twice) == 2
        assert self.kept(twice, [one]) == 2

    def test_said_again_in_a_minute(self) -> None:
        again = [native(600, text="1"), native(630, text="1")]
        assert self.kept(again, again, 60_000) == 2
        assert self.kept(again[:1], again[1:], 60_000) == 1  # told apart by nothing that both tell
        assert self.kept(again[:1], again[1:], 1000) == 2

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("几点 集合", " 几点\u2005集合\n"),
            ("第一行\n第二行", "第一行\r\n\r\n第二行"),
            ("好的", "好的[引用 阿北：周六几点？]"),
            ("好的", "好的\n引用：阿北: 周六几点？"),
            ("好的", "好的\n\n[引用](2024-02-01 09:00:00)阿北:周六几点？"),
        ],
    )
    def test_written_differently(self, one: str, other: str) -> None:
        assert self.kept([native(500, text=one)], [native(500, text=other)]) == 1

    def test_other_words_other_people_other_times(self) -> None:
        one = native(500, text="几点集合呢")
        assert self.kept([one], [native(500, text="几点集合啊")]) == 2
        assert self.kept([one], [native(500, "wxid_b", "几点集合呢")]) == 2
        assert self.kept([one], [native(501, text="几点集合呢")]) == 2

    def test_things_behind_placeholders(self) -> None:
        picture, named = native(500, text=None, kind="image"), native(500, text="a.jpg", kind="image")
        held = native(500, text="[图片]", kind="image")
        assert self.kept([picture], [held]) == self.kept([named], [held]) == self.kept([held], [named]) == 1
        assert self.kept([picture], [native(500, text="[视频]", kind="video")]) == 2
        assert self.kept([named], [native(500, text="b.jpg", kind="image")]) == 2
        assert self.kept([held, held | {"native_id": "n"}], [picture]) == 2

    def test_system_rows_are_nobodys(self) -> None:
        joined = native(500, "wxid_a", "阿北邀请新人加入了群聊", kind="system")
        a, b = (
            [*CHAT, joined | {"sender_id": None}],
            [*map(plain, CHAT), plain(joined, sender_id="name:系统")],
        )
        assert len(rows(both(a, b))) == 6

    @pytest.mark.parametrize(
        "sentence",
        [
            '"阿北(wxid_a)"邀请"小南(xiaonan88)、老K(wxid_k)"加入了群聊',
            "“阿北” 邀请“小南、老K”加入了群聊",
        ],
    )
    def test_what_the_client_says_with_or_without_ids(self, sentence: str) -> None:
        joined = native(500, "wxid_a", '"阿北"邀请"小南、老K"加入了群聊', kind="system", sender_id=None)
        assert self.kept([joined], [joined | {"text": sentence}]) == 1
        assert self.kept([joined | {"kind": "text"}], [joined | {"kind": "text", "text": sentence}]) == 2

    @pytest.mark.parametrize(
        ("text", "plain_text"),
        [
            ("[引用 a：b]", "[引用 a：b]"),
            ("x[引用 a：[b]]", "x"),
            ("[引用]", "[引用]"),
            ("a\u00a0\u3000b", "a b"),
        ],
    )
    def test_normalised(self, text: str, plain_text: str) -> None:
        assert normalised(pa.array([text])).to_pylist() == [plain_text]

    def test_units(self) -> None:
        import numpy as np

        found = [unit_of(np.array(at, np.int64)) for at in ([60_000, 1], [60_000, 1000], [0, 60_000], [])]
        assert found == [1, 1000, 60_000, 1]


class TestExactIds:
    """Two kinds that both have the server's ids."""

    def test_one_message_under_two_ids_of_its_sender_says_who_that_is(self) -> None:
        mine = [m | {"sender_id": "self"} if m["sender_id"] == "wxid_a" else m for m in CHAT]
        more = native(600, "self", "只在这里的话")
        for one, other in ((CHAT, [*mine, more]), ([*mine, more], CHAT)):
            log = both(one, other, formats="json csv", exact=(True, True))
            assert Counter(r["sender_id"] for r in rows(log)) == {"wxid_a": 4, "wxid_b": 2}
            assert sum(duplicates(log)) == 5

    def test_a_row_that_has_its_double_takes_no_other(self) -> None:
        twice = [native(500, text="1"), native(500, text="1") | {"native_id": "other"}]
        for one, other in (([*CHAT, twice[0]], [*CHAT, *twice]), ([*CHAT, *twice], [*CHAT, twice[1]])):
            log = both(one, other, formats="json csv", exact=(True, True))
            assert len(rows(log)) == 7

    def test_a_third_kind_still_meets_them(self) -> None:
        for order in itertools.permutations(
            [(CHAT, "json", True), (CHAT, "csv", True), ([*map(plain, CHAT)], "txt", False)]
        ):
            sources, formats, exact = zip(*order, strict=True)
            log = both(*sources, formats=" ".join(formats), exact=exact)
            assert len(rows(log)) == 5
            assert {r["sender_id"] for r in rows(log)} == set(IDS)
            assert all(balanced(t) for t in log.tallies)


class TestAmbiguity:
    """Where it is not sure who or what is who or what, nothing is joined, and it is said."""

    def test_two_people_with_one_name_are_never_mapped(self) -> None:
        chat = [m | {"sender_name": "阿北"} for m in CHAT]
        log = both(chat, [plain(m) for m in chat])
        assert len(rows(log)) == 10
        assert noticed(log)[1] == {"group_by_name": "1@chatroom", "maybe_double": "5"}
        assert Counter(r["sender_id"] for r in rows(log))["name:阿北"] == 5

    def test_a_silent_member_with_the_name_counts(self) -> None:
        also = Batch(members=[Member("1@chatroom", "wxid_c", "阿北")])
        log = both([*CHAT, also], [plain(m) for m in CHAT])
        assert duplicates(log) == [0, 2]
        assert noticed(log)[1]["maybe_double"] == "3"

    def test_votes_for_two_people(self) -> None:
        # "name:群友" stands for both in the transcript: 3 of 5 votes for the one are not nine in ten.
        log = both(CHAT, [plain(m, sender_id="name:群友", sender_name="群友") for m in CHAT])
        assert duplicates(log) == [0, 0]
        assert noticed(log)[1]["maybe_double"] == "5"

    def test_a_name_without_a_coincidence_proves_nothing(self) -> None:
        other = plain(native(900, "wxid_a", "别的话"))
        log = both(CHAT, [other])
        assert rows(log)[-1]["sender_id"] == "name:阿北"

    def test_a_clock_in_the_wrong_zone_is_told_not_mended(self) -> None:
        late = [plain(m, sent_at=m["sent_at"] // 1000 * 1000 + 8 * 3600_000) for m in CHAT]
        log = both(CHAT, late)
        assert len(rows(log)) == 10
        assert noticed(log)[1] == {"group_by_name": "1@chatroom", "clock_offset": "+08:00"}
        early = [plain(m, sent_at=m["sent_at"] // 1000 * 1000 - 5_400_000) for m in CHAT]
        assert noticed(both(CHAT, early))[1]["clock_offset"] == "-01:30"

    def test_a_day_later_is_no_clock(self) -> None:
        log = both(CHAT, [plain(m, sent_at=m["sent_at"] + 48 * 3600_000) for m in CHAT])
        assert "clock_offset" not in noticed(log)[1]


class TestGroups:
    """``name:读书会`` is the native group of that name, if that is sure."""

    def groups(self, *sources: Any, formats: str = "json txt") -> list[str]:
        return [s.group.group_id for s in both(*sources, formats=formats).spans]

    def test_two_native_groups_of_one_name(self) -> None:
        other = [m | {"group_id": "2@chatroom"} for m in CHAT]
        assert self.groups([*CHAT, *other], map(plain, CHAT)) == ["1@chatroom", "2@chatroom", "name:读书会"]

    def test_two_native_groups_are_never_one(self) -> None:
        assert len(self.groups(CHAT, [plain(m, group_id="2@chatroom") for m in CHAT])) == 2

    def test_another_platform_or_another_kind_of_chat(self) -> None:
        assert len(self.groups(CHAT, [plain(m, platform="qq") for m in CHAT])) == 2
        private = Batch(groups=[Group("name:读书会", "读书会", "wechat", "private")])
        group = Batch(groups=[Group("1@chatroom", "读书会", "wechat", "group")])
        assert len(self.groups([*CHAT, group], [*map(plain, CHAT), private])) == 2

    def test_a_former_name(self) -> None:
        renamed = [native(9000, text="新名字", group_name="读书会 2")]
        assert self.groups([*CHAT, *renamed], map(plain, CHAT)) == ["1@chatroom"]

    @pytest.mark.parametrize(
        ("days", "joined"), [(0, True), (40, True), (50, False), (-40, True), (-50, False)]
    )
    def test_how_far_apart(self, days: int, joined: bool) -> None:
        later = [plain(m, sent_at=m["sent_at"] + days * 86_400_000, text=f"{m['text']}！") for m in CHAT]
        assert (self.groups(CHAT, later) == ["1@chatroom"]) == joined

    def test_strangers_at_the_same_time(self) -> None:
        # Both talk much through the same hour and never say one thing at one time: two groups of one name.
        one = [native(i * 60, text=f"甲群第{i}句") for i in range(40)]
        two = [plain(native(i * 60, text=f"乙群第{i}句")) for i in range(40)]
        assert len(self.groups(one, two)) == 2
        assert len(self.groups(one, [*two, plain(native(7 * 60, text="甲群第7句"))])) == 1

    def test_of_one_format_too(self) -> None:
        log = both(CHAT, map(plain, CHAT), formats="same same")
        assert [s.group.group_id for s in log.spans] == ["1@chatroom"]
        assert noticed(log)[1] == {"group_by_name": "1@chatroom"}

    def test_a_group_without_a_name(self) -> None:
        nameless = [plain(m, group_id="name:", group_name=None) for m in CHAT]
        assert len(self.groups([m | {"group_name": ""} for m in CHAT], nameless)) == 2


WORDS = st.sampled_from(["好的", "1", "周六几点集合", "八点在老地方见", "[图片]", None])
MESSAGES = st.lists(
    st.builds(native, st.integers(0, 200), st.sampled_from(sorted(IDS)), WORDS), max_size=16
).map(lambda ms: [m | {"native_id": str(i)} for i, m in enumerate(ms)])
UNITS = st.sampled_from([1, 1000, 60_000])


def content(log: Any) -> Counter[tuple[Any, ...]]:
    return Counter((r["group_id"], r["sender_id"], r["text"]) for r in rows(log))


class TestLaws:
    @LAW
    @given(MESSAGES, UNITS)
    def test_a_log_and_its_transcript_are_the_log(self, chat: list[Any], unit: int) -> None:
        chat = [*CHAT, *(m | {"sent_at": m["sent_at"] + 3_600_000} for m in chat)]
        log = both(chat, [plain(m, unit) for m in chat])
        assert content(log) == content(merge(chat, unique_ids=True))
        assert all(balanced(t) for t in log.tallies)

    @LAW
    @given(st.permutations([0, 1, 2]), MESSAGES, MESSAGES, UNITS)
    def test_the_order_of_files_does_not_matter(
        self, order: list[int], some: list[Any], other: list[Any], unit: int
    ) -> None:
        kinds = [
            (some, True, "json"),
            ([plain(m) for m in other], False, "txt"),
            ([plain(m, unit, text=f"{m['text'] or ''} ") for m in [*some, *other]], False, "mail"),
        ]

        def of(places: list[int]) -> Log:
            sources, exact, formats = zip(*(kinds[i] for i in places), strict=True)
            return merge(*sources, unique_ids=exact, formats=formats)

        one, two = of([0, 1, 2]), of(order)
        assert Counter(map(str, rows(one))) == Counter(map(str, rows(two)))
        assert [t.skipped for t in two.tallies] == [one.tallies[i].skipped for i in order]

    @LAW
    @given(MESSAGES, st.lists(st.sampled_from(sorted(IDS)), min_size=2, max_size=2), UNITS)
    def test_nothing_is_joined_where_names_are_shared(self, chat: list[Any], _: Any, unit: int) -> None:
        chat = [m | {"sender_name": "阿北"} for m in [*CHAT, *chat]]
        log = both(chat, [plain(m, unit) for m in chat])
        spoken = [m for m in chat if m["text"] and not m["text"].startswith("[")]
        assert Counter(r["sender_id"] for r in rows(log) if r["text"] in {m["text"] for m in spoken})[
            "name:阿北"
        ] == len(spoken)

    @LAW
    @given(st.lists(MESSAGES, min_size=2, max_size=3), UNITS)
    def test_every_record_is_accounted_for(self, chats: list[Any], unit: int) -> None:
        sources = [chats[0], *([plain(m, unit) for m in c] for c in chats[1:])]
        log = merge(*sources, unique_ids=[True, False, False][: len(sources)], formats=["a", "b", "c"])
        assert [t.seen for t in log.tallies] == [len(s) for s in sources]
        assert all(balanced(t) for t in log.tallies)
        assert sum(t.messages for t in log.tallies) == len(rows(log)) == sum(s.rows for s in log.spans)

    @LAW
    @given(MESSAGES, MESSAGES, UNITS)
    def test_a_spilled_log_is_the_same(self, some: list[Any], other: list[Any], unit: int) -> None:
        sources = some, [plain(m, unit) for m in [*some[::2], *other]]
        whole = rows(both(*sources))
        with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
            patch.setattr(tempfile, "tempdir", folder)
            patch.setattr(spill, "KEEP_IN_MEMORY", 0)
            patch.setattr(spill, "BUCKET_ROWS", 3)
            patch.setattr(kinds, "CHUNK", 2)
            pieces = [[Batch(rows_of(s[i : i + 3], i + 1)) for i in range(0, len(s), 3)] for s in sources]
            log = both(*pieces)
            assert rows(log) == whole
            log.close()


ANY_ROW = st.builds(
    native,
    st.integers(0, 90),
    st.sampled_from(["wxid_a", "wxid_b", "uid:u_a", "name:阿北", "name:北", "self", None]),
    st.sampled_from(["周六几点集合", "八点在老地方见", "1", "[图片]", "", None]),
    sender_name=st.sampled_from(["阿北", "小南", "北", None]),
    kind=st.sampled_from(["text", "text", "image", "system", "recall", "poke"]),
    native_id=st.sampled_from([None, "1", "2", "3"]),
    reply_to=st.sampled_from([None, None, "1", "2", f"at:{MINUTE + 9000}:name:阿北", f"at:{MINUTE}:self"]),
    group_id=st.sampled_from(["1@chatroom", "1@chatroom", "name:读书会", "2@chatroom"]),
)
ANY_KIND = st.tuples(st.lists(ANY_ROW, max_size=12), st.booleans(), st.sampled_from(["a", "b", "c"]))


class TestAnything:
    """Whatever the rows are, each is accounted for, nothing is said more often than all said it, ids are unique."""

    @LAW
    @given(st.lists(ANY_KIND, min_size=1, max_size=4), UNITS)
    def test_any_kinds(self, sources: list[Any], unit: int) -> None:
        sources = [
            ([m | {"sent_at": m["sent_at"] // unit * unit} for m in rows_], e, f) for rows_, e, f in sources
        ]
        messages, exact, formats = zip(*sources, strict=True)
        log = merge(*messages, unique_ids=exact, formats=formats)
        found = rows(log)
        assert [t.seen for t in log.tallies] == [len(m) for m in messages]
        assert all(balanced(t) for t in log.tallies)
        assert sum(t.messages for t in log.tallies) == len(found) == sum(s.rows for s in log.spans)
        assert len({r["message_id"] for r in found}) == len(found)
        assert {r["reply_to"] for r in found} <= {r["message_id"] for r in found} | {None}
        assert [(r["group_id"], r["at"]) for r in found] == sorted((r["group_id"], r["at"]) for r in found)
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder)
            dataset.add(store, log, [report("all")])
            stored = rows(StoredLog(store))
            assert stored == found
            for one in sources:
                dataset.add(store, merge(one[0], unique_ids=[one[1]], formats=[one[2]]), [report(str(one))])
            more = rows(StoredLog(store))
            assert len({r["message_id"] for r in more}) == len(more)
            assert {r["message_id"] for r in more} >= {r["message_id"] for r in found}


class TestStore:
    """What is imported later comes out as if it had been read together; what is stored is not rewritten."""

    def add(self, store: Path, source: Sequence[Any], format_id: str, exact: bool = False) -> Any:
        heads = {m["group_id"]: Group(m["group_id"], m["group_name"], m["platform"]) for m in source}
        log = merge([*source, Batch(groups=list(heads.values()))], unique_ids=exact, formats=[format_id])
        told = msgspec.structs.replace(report(f"{format_id} {len(source)}"), format=format_id)
        return dataset.add(store, log, [told])

    @pytest.fixture
    def store(self, tmp_path: Path) -> Path:
        return tmp_path / "store"

    def test_a_transcript_of_what_is_stored_adds_what_is_new(self, store: Path) -> None:
        more = plain(native(600, "wxid_b", "只在这里的话"))
        transcript = [*map(plain, CHAT), more]
        self.add(store, CHAT, "json", True)
        found = self.add(store, transcript, "txt")
        assert (found.added, found.known, found.groups) == (1, 5, 1)
        assert {n.code: n.detail for n in found.sources[0].notices} == {
            "group_by_name": "1@chatroom",
            "mapped_senders": "2",
        }
        assert rows(StoredLog(store)) == rows(both(CHAT, transcript))
        for _ in range(2):
            again = self.add(store, transcript, "txt")
            assert (again.added, again.known, again.groups) == (0, 6, 1)

    def test_the_other_way_round(self, store: Path) -> None:
        # The stored rows stay, under the group and the people that are known now; no file changes.
        more = plain(native(600, "wxid_b", "只在这里的话"))
        self.add(store, [*map(plain, CHAT), more], "txt")
        before = {p: p.read_bytes() for p in store.glob("messages/*/*")}
        last = native(900, "wxid_a", "只在那里")
        found = self.add(store, [*CHAT, last], "json", True)
        assert (found.added, found.known, found.groups) == (1, 5, 1)
        assert {p: p.read_bytes() for p in before} == before
        log = StoredLog(store)
        assert texts(log) == [*LINES, "只在这里的话", "只在那里"]
        assert {r["group_id"] for r in rows(log)} == {"1@chatroom"}
        assert {r["sender_id"] for r in rows(log)} == set(IDS)
        for source, kind, exact in (([*CHAT, last], "json", True), ([*map(plain, CHAT), more], "txt", False)):
            again = self.add(store, source, kind, exact)
            assert (again.added, again.groups) == (0, 1)

    @LAW
    @given(MESSAGES, MESSAGES, UNITS, st.permutations([0, 1, 2]))
    def test_twice_is_once_in_any_order(
        self, some: list[Any], other: list[Any], unit: int, order: list[int]
    ) -> None:
        kinds = [
            ([*CHAT, *some], "json", True),
            ([plain(m) for m in [*CHAT, *other]], "txt", False),
            ([plain(m, unit) for m in [*CHAT, *some, *other]], "mail", False),
        ]
        with tempfile.TemporaryDirectory() as folder:
            for i in order:
                self.add(Path(folder), *kinds[i])
            once = rows(StoredLog(Path(folder)))
            for i in order:
                assert self.add(Path(folder), *kinds[i]).added == 0
            assert rows(StoredLog(Path(folder))) == once
            assert {r["group_id"] for r in once} == {"1@chatroom"}

    def test_one_kind_pays_nothing(self, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.add(store, CHAT[:3], "json", True)
        monkeypatch.setattr(StoredLog, "told", lambda *_: pytest.fail("was read"))
        assert self.add(store, CHAT, "json", True).added == 2
