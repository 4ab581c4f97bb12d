"""Replies find the row they answer where no exact, unique id names it."""

from __future__ import annotations

import tempfile
import tracemalloc
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from chats import LAW, START, merge, report, rows, rows_of, said
from hypothesis import given
from hypothesis import strategies as st

from cq.model import Batch, record_batch
from cq.store import answers, dataset, spill
from cq.store.dataset import StoredLog
from cq.store.log import Log


def at(seconds: float, who: str) -> str:
    return f"at:{START + round(seconds * 1000)}:{who}"


def answered(log: Any) -> dict[str, str | None]:
    """The text of every reply (a row that says "re…") → the text of what it answers."""
    found = rows(log)
    text = {r["message_id"]: r["text"] for r in found}
    return {r["text"]: r["reply_to"] and text[r["reply_to"]] for r in found if r["text"].startswith("re")}


class TestById:
    """A native id that is not unique: the nearest earlier row of the same source and group that bears it."""

    # id 7 is borne at 0, 20 and 40 s. The replies at 10, 30 and 50 s mean one each; at 5 s the id 8 is yet to come.
    CHAT = (
        said(0, text="first", native_id="7"),
        said(5, text="re early", reply_to="8"),
        said(10, text="re first", reply_to="7"),
        said(20, text="second", native_id="7"),
        said(30, text="re second", reply_to="7"),
        said(40, text="third", native_id="7"),
        said(50, text="re third", reply_to="7"),
        said(60, text="eighth", native_id="8"),
    )
    FOUND: ClassVar = {"re early": None, "re first": "first", "re second": "second", "re third": "third"}

    def test_the_nearest_earlier_one(self) -> None:
        assert answered(merge(self.CHAT)) == self.FOUND

    def test_newest_first(self) -> None:
        same_second = [said(60, text="re eighth", reply_to="8")]
        chat = [*self.CHAT, *same_second]
        assert answered(merge(chat[::-1])) == answered(merge(chat)) == self.FOUND | {"re eighth": "eighth"}

    def test_by_order_within_a_second(self) -> None:
        chat = [
            said(0, text="a", native_id="1"),
            said(0, text="re b", reply_to="1"),
            said(0, text="c", native_id="1"),
        ]
        assert answered(merge(chat)) == {"re b": "a"}

    def test_not_itself(self) -> None:
        assert answered(merge([said(0, text="re", native_id="1", reply_to="1")])) == {"re": None}

    def test_only_in_the_same_source_and_group(self) -> None:
        asked = said(0, text="asked", native_id="1")
        assert answered(merge([asked, said(1, text="re", group_id="h", reply_to="1")])) == {"re": None}
        assert answered(merge([asked], [said(1, text="re", reply_to="1")])) == {"re": None}

    def test_a_double(self) -> None:
        # Both sources hold the row; the second one's copy is dropped, and so is its copy of the reply.
        pair = [said(0, text="asked", native_id="1"), said(1, text="re", reply_to="1")]
        renumbered = [
            m | {"native_id": "5"} if m["native_id"] else m | {"reply_to": "5"} for m in map(_whole, pair)
        ]
        late = said(2, text="re late", reply_to="5")
        assert answered(merge(pair, [*renumbered, late])) == {"re": "asked", "re late": "asked"}

    def test_unique_ids_are_looked_up_as_ever(self) -> None:
        later = [said(1, text="re", native_id="2", reply_to="1")], [said(5, text="later", native_id="1")]
        assert answered(merge(*later, unique_ids=True)) == {"re": "later"}

    @LAW
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 5), st.sampled_from(["1", "2", None]), st.sampled_from(["1", "2", None])
            ),
            max_size=12,
        ),
        st.booleans(),
    )
    def test_any_log(self, chat: list[tuple[int, str | None, str | None]], spilled: bool) -> None:
        chat = sorted(chat, key=lambda m: m[0])
        source = [said(t, text=f"re{i}", native_id=n, reply_to=r) for i, (t, n, r) in enumerate(chat)]
        expected = {}
        for i, (_, _, wanted) in enumerate(chat):
            earlier = [j for j in range(i) if wanted and chat[j][1] == wanted]
            expected[f"re{i}"] = f"re{earlier[-1]}" if earlier else None
        with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
            if spilled:
                patch.setattr(tempfile, "tempdir", folder)
                patch.setattr(spill, "KEEP_IN_MEMORY", 0)
                patch.setattr(spill, "BUCKET_ROWS", 3)
            log = merge([Batch(rows_of(source[i : i + 4], i + 1)) for i in range(0, len(source), 4)])
            assert answered(log) == expected
            log.close()


def _whole(message: dict[str, Any]) -> dict[str, Any]:
    return {"native_id": None, "reply_to": None} | message


class TestByMoment:
    """``at:<ms>:<sender>``: the one row of the group that was sent then, by them."""

    # 1 speaks at 10.4 and 20 s, 2 at 10.9 s; 3 twice within a second.
    CHAT = (
        said(10.4, "1", "一", sender_name="甲"),
        said(10.9, "2", "二", sender_name="乙"),
        said(20, "1", "三", sender_name="甲"),
        said(30, "3", "四", sender_name="丙"),
        said(30.7, "3", "五", sender_name="丙"),
    )

    @pytest.mark.parametrize(
        ("reference", "found"),
        [
            (at(10, "1"), "一"),
            (at(10, "name:甲"), "一"),
            (at(11, "name:甲"), "一"),
            (at(10, "2"), "二"),
            (at(9.3, "1"), None),
            (at(20, "name:乙"), None),
            (at(30, "3"), "四"),  # exactly then
            (at(30.2, "3"), None),  # either
            (at(31, "name:丙"), None),
            (at(20, "4"), None),
            ("at:", None),
            ("at:x:1", None),
            ("at:123456789012345678901:1", None),
            (f"at:{START}:", None),
        ],
    )
    @pytest.mark.parametrize("exact", [False, True])
    def test_who_spoke_then(self, reference: str, found: str | None, exact: bool) -> None:
        log = merge([*self.CHAT, said(99, "9", "re", reply_to=reference)], unique_ids=exact)
        assert answered(log) == {"re": found}

    def test_from_another_source_of_the_group(self) -> None:
        assert answered(merge([said(99, "9", "re", reply_to=at(20, "1"))], self.CHAT)) == {"re": "三"}
        other = said(99, "9", "re", group_id="h", reply_to=at(20, "1"))
        assert answered(merge([other], self.CHAT)) == {"re": None}

    def test_not_itself(self) -> None:
        assert answered(merge([said(5, "1", "re", reply_to=at(5, "1"))])) == {"re": None}

    def test_a_double_is_one_candidate(self) -> None:
        reply = said(99, "9", "re", reply_to=at(20, "1"))
        assert answered(merge(self.CHAT, [*self.CHAT, reply])) == {"re": "三"}

    def test_a_row_for_which_another_kind_stands(self) -> None:
        # The transcript's copy of 三 is dropped; its reply, by the name it knows, points to the row that stays.
        ids = [m | {"native_id": str(i)} for i, m in enumerate(self.CHAT)]
        plain = [m | {"sender_id": f"name:{m['sender_name']}"} for m in self.CHAT]
        replies = [
            said(98, "name:丁", "re name", native_id="r", reply_to=at(20, "name:甲")),
            said(99, "name:丁", "re id", reply_to="r"),
        ]
        plain[2] |= {"native_id": "n"}
        more = [said(97, "name:丁", "re three", reply_to="n")]
        log = merge(ids, [*plain, *more, *replies], unique_ids=[True, False], formats=["json", "txt"])
        assert answered(log) == {"re name": "三", "re id": "re name", "re three": "三"}
        assert len(rows(log)) == 8

    def test_written_answers_stay(self) -> None:
        once = rows(merge([*self.CHAT, said(99, "9", "re", reply_to=at(20, "1"))]))
        assert rows(merge(once)) == once

    def test_in_a_store(self, tmp_path: Path) -> None:
        reply = said(99, "9", "re", reply_to=at(20, "1"))
        for _ in range(2):
            dataset.add(tmp_path / "store", merge([*self.CHAT, reply]), [report("x")])
        assert answered(StoredLog(tmp_path / "store")) == {"re": "三"}


class TestCost:
    ROWS = 200_000

    def log(self, reply: str | None, unique: bool = False) -> Log:
        n = np.arange(self.ROWS)
        columns: dict[str, Any] = {
            "platform": "qq",
            "group_id": "g",
            "sent_at": pa.array(START + n * 1000, pa.timestamp("ms", "UTC")),
            "sender_id": pa.array((n % 300).astype(str)),
            "kind": "text",
            "text": "x",
            "native_id": pa.array(n.astype(str)),
            "origin_file": "f",
            "origin_record": n,
        }
        if reply == "id":
            columns["reply_to"] = pa.array(np.maximum(n - 5, 0).astype(str))
        elif reply == "moment":
            columns["reply_to"] = pa.array([at(max(i - 5, 0), str(max(i - 5, 0) % 300)) for i in n.tolist()])
        return merge([Batch(record_batch(columns, self.ROWS))], unique_ids=unique)

    def test_logs_without_such_replies_are_not_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answers, "resolve", lambda *_: pytest.fail("was looked at"))
        self.log(None)
        self.log("id", unique=True)

    @pytest.mark.parametrize("reply", ["id", "moment"])
    def test_what_is_kept(self, reply: str) -> None:
        tracemalloc.start()
        without = self.log(None)
        base = tracemalloc.get_traced_memory()[0]
        log = self.log(reply)
        kept = tracemalloc.get_traced_memory()[0] - base
        tracemalloc.stop()
        assert kept <= base + 40 * self.ROWS
        assert all(b.column("reply_to").null_count <= 1 for b in log.batches())
        assert all(b.column("reply_to").null_count == b.num_rows for b in without.batches())
