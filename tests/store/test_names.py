"""Names to ids, and whom a text addresses."""

from __future__ import annotations

from typing import Any

import pytest
from chats import LAW, merge, rows, rows_of, said
from hypothesis import given
from hypothesis import strategies as st

from cq.model import Batch, Member
from cq.store.names import Names, with_owner

CLOSE = "\u2005"


def names(*pairs: tuple[str, str], group: str = "g") -> Names:
    known = Names()
    known.learn(rows_of([said(0, id_, sender_name=name, group_id=group) for id_, name in pairs]))
    return known


KNOWN = names(
    ("1", "张三"), ("2", "张三丰"), ("3", "李四"), ("4", "王五"), ("5", "王五"),
    ("6", "Tom Smith"), ("7", "Tom"), ("8", "小王@公司"), ("9", "a.b"),
)  # fmt: skip


class TestResolve:
    def test_one_bearer(self) -> None:
        assert KNOWN.resolve("g", "name:张三") == "1"
        assert KNOWN.resolve("g", "name: 张三 ") == "1"

    def test_two_bearers_are_never_resolved(self) -> None:
        assert KNOWN.resolve("g", "name:王五") == "name:王五"

    def test_nobody(self) -> None:
        assert KNOWN.resolve("g", "name:赵六") == "name:赵六"
        assert KNOWN.resolve("g", "name:") == "name:"

    def test_in_its_own_group_only(self) -> None:
        assert KNOWN.resolve("h", "name:张三") == "name:张三"

    def test_what_is_an_id_already(self) -> None:
        assert KNOWN.resolve("g", "10086001") == "10086001"

    def test_a_name_borne_earlier_counts(self) -> None:
        known = names(("1", "old"), ("1", "new"), ("2", "other"))
        assert [known.resolve("g", f"name:{n}") for n in ("old", "new", "other")] == ["1", "1", "2"]

    def test_names_and_cards_of_members(self) -> None:
        known = Names()
        known.learn_members(
            [Member("g", "1", "Anna", "Abt. 3"), Member("g", "2", None, ""), Member("g", "3")]
        )
        assert known.resolve("g", "name:Anna") == known.resolve("g", "name:Abt. 3") == "1"

    def test_an_anonymous_sender_is_nobody(self) -> None:
        assert names(("anon:大侠", "大侠")).resolve("g", "name:大侠") == "name:大侠"

    def test_a_name_of_blanks_is_no_name(self) -> None:
        assert names(("1", "  ")).resolve("g", "name:  ") == "name:  "

    def test_senders_without_a_name_or_id(self) -> None:
        known = Names()
        known.learn(rows_of([said(0, None, sender_name="Anna"), said(0, "1", sender_name=None)]))
        assert known.resolve("g", "name:Anna") == "name:Anna"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@张三 在吗", ["1"]),
        ("@张三", ["1"]),
        ("＠张三 在吗", ["1"]),
        ("叫一下@张三，@李四", ["1", "3"]),
        ("@李四 @张三 @李四", ["3", "1"]),
        ("@张三丰 在吗", ["2"]),
        ("@张三丰：@张三。", ["2", "1"]),
        ("@张三你好", []),
        ("@张三2 ", []),
        ("@赵六 在吗", []),
        (f"@赵六{CLOSE}在吗", ["name:赵六"]),
        (f"@张三{CLOSE}在吗", ["1"]),
        (f"@张三{CLOSE}@李四{CLOSE}", ["1", "3"]),
        (f"@王五{CLOSE}", ["name:王五"]),
        ("@王五 ", ["name:王五"]),
        (f"@张三 你好 @李四{CLOSE}", ["1", "3"]),
        (f"@张三\n你好{CLOSE}", ["1"]),
        (f"@{'长' * 41}{CLOSE}", []),
        ("@Tom Smith hi", ["6"]),
        ("@Tom Smithers", ["7"]),
        ("@Tom, hi", ["7"]),
        ("@小王@公司 好", ["8"]),
        (f"@小王@公司{CLOSE}好", ["8"]),
        ("写信到 tom@Tom 或 x.y@张三", []),
        ("a@a.b", []),
        ("@a.b!", ["9"]),
        ("联系@Tom", ["7"]),
        ("@所有人 开会", ["@all"]),
        ("@所有人开会", ["@all"]),
        ("@全体成员 @张三 ", ["@all", "1"]),
        ("@全體成員", ["@all"]),
        ("@all 开会", ["@all"]),
        ("@All", ["@all"]),
        ("@everyone!", ["@all"]),
        ("@allen hi", []),
        ("@", []),
        ("@@张三", ["1"]),
        ("@ 张三", []),
        ("", []),
    ],
)  # fmt: skip
def test_whom_a_text_addresses(text: str, found: list[str]) -> None:
    assert KNOWN.mentions("g", text) == found


@LAW
@given(st.text(st.sampled_from(f"@＠张三丰李四 {CLOSE}\nTom all所有人."), max_size=30))
def test_any_text_names_each_person_once(text: str) -> None:
    found = KNOWN.mentions("g", text)
    assert len(set(found)) == len(found)
    assert all(who == "@all" or who.startswith("name:") or who.isdigit() for who in found)


class TestRows:
    """What a log makes of the columns."""

    def one(self, *source: Any) -> dict[str, Any]:
        return next(r for r in rows(merge(source)) if r["text"] == "look")

    def test_a_text_is_looked_through_where_there_is_no_structure(self) -> None:
        known = [said(0, "1", "hi", sender_name="张三")]
        (_, looked) = rows(merge([*known, said(1, "2", "@张三 look")]))
        assert looked["mentions"] == ["1"]
        (_, structured) = rows(merge([*known, said(1, "2", "@张三 look", mentions=[])]))
        assert structured["mentions"] == []

    def test_a_name_learnt_later_or_elsewhere_counts(self) -> None:
        log = merge([said(0, "2", "@张三 look")], [said(9, "1", "hi", sender_name="张三")])
        assert rows(log)[0]["mentions"] == ["1"]

    def test_structured_mentions_are_resolved(self) -> None:
        who = ["name:张三", "@all", "name:赵六", "77"]
        row = self.one(said(0, "1", sender_name="张三"), said(1, text="look", mentions=who))
        assert row["mentions"] == ["1", "@all", "name:赵六", "77"]

    def test_actors_and_targets_are_resolved(self) -> None:
        event = said(
            1, None, "look", kind="system", event="join", event_actor="name:张三", event_target=["name:张三", "name:新人", "5"]
        )  # fmt: skip
        row = self.one(said(0, "1", sender_name="张三"), said(0.5, "2", sender_name="x"), event)
        assert row["event_actor"] == "1"
        assert row["event_target"] == ["1", "name:新人", "5"]

    def test_actors_among_rows_without(self) -> None:
        source = [said(i, event_actor=actor) for i, actor in enumerate([None, "name:a", None, "name:x", "7"])]
        assert [r["event_actor"] for r in rows(merge(source))] == [None, "a", None, "name:x", "7"]

    def test_listed_members_are_known(self) -> None:
        log = merge([Batch(rows_of([said(0, text="@沉默者 在吗")]), members=[Member("g", "7", "沉默者")])])
        assert rows(log)[0]["mentions"] == ["7"]

    def test_written_rows_are_left_alone(self) -> None:
        written = rows(merge([said(0, "2", "@张三 look")]))
        again = rows(merge(written, [said(9, "1", sender_name="张三")]))
        assert again[0] == written[0]
        assert again[0]["mentions"] == []

    def test_lists_are_lists(self) -> None:
        source = [said(i, text=t) for i, t in enumerate(["x", None, "@a b", "@", "me@a.de"])]
        for row in rows(merge(source)):
            assert isinstance(row["mentions"], list)
            assert isinstance(row["event_target"], list)


class TestOwner:
    def told(self, *messages: Any, me: str = "9") -> list[dict[str, Any]]:
        return with_owner(rows_of(messages), me).to_pylist()

    def test_self_gets_a_name(self) -> None:
        row, other, nobody = self.told(
            said(0, "self", mentions=["self", "1"], event_actor="self", event_target=["2", "self"]),
            said(1, "1", mentions=[], event_target=[]),
            said(2, None),
        )
        assert (row["sender_id"], row["event_actor"], row["is_self"]) == ("9", "9", True)
        assert (row["mentions"], row["event_target"]) == (["9", "1"], ["2", "9"])
        assert (other["sender_id"], other["is_self"], other["mentions"]) == ("1", False, [])
        assert (nobody["sender_id"], nobody["is_self"]) == (None, None)

    def test_what_the_export_says_stays_where_the_sender_is_unknown(self) -> None:
        assert self.told(said(0, None, is_self=True))[0]["is_self"] is True
