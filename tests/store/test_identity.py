"""Which message is which."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from chats import LAW, Message, ids, merge, rows, rows_of, said
from hypothesis import given
from hypothesis import strategies as st

from cq.model import Batch
from cq.store import identity

HEX = re.compile(r"[0-9a-f]{24}")
NUMBERS = st.integers(0, 2**96 - 1)


def keys_of(messages: Sequence[Message], unique_ids: bool = False) -> list[str]:
    found = identity.identify_rows(rows_of(messages), unique_ids)
    return identity.texts(found.keys).to_pylist()


@LAW
@given(st.lists(NUMBERS))
def test_texts_and_parse_are_inverse(numbers: list[int]) -> None:
    spelled = pa.array([f"{n:024x}" for n in numbers], pa.string())
    keys = identity.parse(spelled)
    assert identity.texts(keys).equals(spelled)
    assert [(int(h) << 32) | int(low) for h, low in zip(keys.hi, keys.lo, strict=True)] == numbers


@LAW
@given(st.lists(NUMBERS, min_size=2), st.data())
def test_a_slice_parses_as_a_slice(numbers: list[int], data: st.DataObject) -> None:
    spelled = pa.array([f"{n:024x}" for n in numbers], pa.string())
    start = data.draw(st.integers(0, len(numbers)))
    assert identity.texts(identity.parse(spelled[start:])).equals(spelled[start:])


def test_texts_that_are_no_ids_do_not_parse() -> None:
    for wrong in ("", "abc", "x" * 24):
        with pytest.raises(ValueError):
            identity.parse(pa.array([wrong]))


def test_known_values() -> None:
    # A change here changes every id that anybody has kept: raise SCHEMA_VERSION with it.
    messages = [said(0), said(0, native_id="7"), said(0, None, None, kind="image")]
    assert keys_of(messages) == ["04f3ef0bf24cce504044a0ab"] * 2 + ["207bde7cbf9635fecd9a0c67"]
    assert keys_of(messages, unique_ids=True)[1] == "9973c8fa830c7e4b5fdfd671"
    assert ids(merge([said(0), said(0)]))[1] == "f67e725102b0b75cb05c4244"


def test_ids_do_not_depend_on_the_process() -> None:
    script = "from chats import *; print(*ids(merge([said(0), said(0), said(1, 'b', '在吗')])))"
    here = " ".join(ids(merge([said(0), said(0), said(1, "b", "在吗")])))
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.path.dirname(__file__)}  # noqa: PTH120
        ran = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert ran.stdout.strip() == here


def test_ids_do_not_depend_on_where_a_message_stood() -> None:
    plain = keys_of([said(0), said(1)])
    elsewhere = keys_of([said(1, origin_file="x.txt"), said(0, origin_file="y.txt", sender_name="Anna")])
    assert plain == elsewhere[::-1]
    assert all(HEX.fullmatch(id_) for id_ in plain)


@pytest.mark.parametrize(
    "other",
    [
        said(1),
        said(0.001),
        said(0, "b"),
        said(0, None),
        said(0, text="ho"),
        said(0, text=None),
        said(0, kind="image"),
        said(0, group_id="h"),
    ],
    ids=lambda m: str(sorted(set(m.items()) ^ set(said(0).items()), key=str))[:60],
)
def test_what_tells_messages_apart(other: Message) -> None:
    one, two = keys_of([said(0), other])
    assert one != two


def test_nothing_said_is_nothing_said() -> None:
    assert len({*keys_of([said(0, None, None), said(0, "", "")])}) == 1


def test_columns_cannot_run_into_one_another() -> None:
    one, two = keys_of([said(0, "a1", "2"), said(0, "a", "12")])
    assert one != two


class TestNativeIds:
    """Where a format declares its ids exact and unique."""

    def test_count_where_declared_only(self) -> None:
        messages = [said(0, native_id="7"), said(5, "b", "other", native_id="7")]
        assert len(set(keys_of(messages, unique_ids=True))) == 1
        assert len(set(keys_of(messages))) == 2

    @pytest.mark.parametrize("none", [None, "", "0"])
    def test_no_id_falls_back_to_the_content(self, none: str | None) -> None:
        messages = [said(0, native_id=none), said(1, native_id=none), said(2, native_id="9")]
        assert keys_of(messages, unique_ids=True)[:2] == keys_of([said(0), said(1)])

    def test_belong_to_a_group(self) -> None:
        log = merge([said(0, native_id="7"), said(0, native_id="7", group_id="h")], unique_ids=True)
        assert len(rows(log)) == 2

    def test_one_id_and_equal_content_is_one_message(self) -> None:
        log = merge([said(0, native_id="7")] * 3, unique_ids=True)
        assert len(rows(log)) == 1
        assert log.tallies[0].skipped["duplicate"] == 2

    def test_one_id_and_different_content_are_different_messages(self) -> None:
        source = [said(0, text=t, native_id="7") for t in ("x", "y", "x", "z", "y")]
        log = merge(source, unique_ids=True)
        assert [r["text"] for r in rows(log)] == ["x", "y", "z"]
        assert len(set(ids(log))) == 3
        assert sorted(ids(merge(source, source, unique_ids=True))) == sorted(ids(log))

    def test_one_id_is_one_message_across_sources_whatever_became_of_it(self) -> None:
        recalled = said(0, text="撤回了一条消息", kind="recall", native_id="7")
        log = merge([said(0, native_id="7")], [recalled], unique_ids=True)
        assert [r["text"] for r in rows(log)] == ["hi"]

    def test_are_never_numbers(self) -> None:
        big = [str(2**63 + i) for i in range(3)]
        log = merge([said(0, native_id=b) for b in big], unique_ids=True)
        assert [r["native_id"] for r in rows(log)] == big


class TestGivenIds:
    """Rows cq wrote itself keep their ids."""

    def test_are_kept(self) -> None:
        wanted = ["0" * 23 + "1", "f" * 24]
        log = merge([said(i, message_id=id_) for i, id_ in enumerate(wanted)])
        assert ids(log) == wanted

    def test_one_id_is_one_message(self) -> None:
        log = merge([said(0, message_id="a" * 24), said(1, text="changed", message_id="a" * 24)])
        assert [r["text"] for r in rows(log)] == ["hi"]

    def test_what_is_no_id_is_derived(self) -> None:
        for odd in ("", "12", "A" * 24, "g" * 24, "a" * 25):
            assert ids(merge([said(0, message_id=odd)])) == keys_of([said(0)])

    def test_a_written_log_and_its_export_are_one(self) -> None:
        source = [said(0), said(0), said(0), said(1, "b", "1")]
        written = rows(merge(source))
        for sources in ([written, source], [source, written], [written, source, written]):
            assert sorted(ids(merge(*sources))) == sorted(r["message_id"] for r in written)

    def test_part_of_a_written_log_and_its_export_are_one(self) -> None:
        source = [said(0), said(0), said(0)]
        written = rows(merge(source))
        for part in (written[:1], written[1:2], written[2:], written[1:]):
            for sources in ([part, source], [source, part]):
                assert sorted(ids(merge(*sources))) == sorted(r["message_id"] for r in written)

    def test_a_file_may_mix_both(self) -> None:
        (written,) = rows(merge([said(0)]))
        log = merge([written, said(0), said(1)])
        assert [r["at"] for r in rows(log)] == [0, 1]


def test_repetitions_are_told_apart_without_end() -> None:
    found = identity.repeated(
        identity.Keys(np.zeros(1000, np.uint64), np.zeros(1000, np.uint32)), np.arange(1, 1001)
    )
    assert len(set(identity.texts(found).to_pylist())) == 1000


def test_no_rows() -> None:
    assert keys_of([]) == []
    assert rows(merge([])) == []
    assert rows(merge([Batch(rows_of([]))])) == []
