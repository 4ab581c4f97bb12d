"""The kept necessary strings are those of the rules as they are, and alternatives are the whole pattern."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cq.ads import literals, triggers
from cq.ads.rules import book


def test_the_kept_strings_are_current() -> None:
    patterns = [rule.pattern for rule in book().rules.values() if rule.pattern]
    kept = files("cq.ads").joinpath("data", triggers.FILE).read_bytes()
    assert kept == triggers.kept_of(patterns), "run: python -m cq.ads.triggers"


def test_alternatives_are_the_pattern_taken_apart() -> None:
    for rule in book().rules.values():
        parts = literals.alternatives(rule.pattern)
        assert "|".join(parts) == rule.pattern
        for part in parts:
            re.compile(part)


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a|b", ["a", "b"]),
        (r"a\|b|[|)]|c", [r"a\|b", "[|)]", "c"]),
        ("(?:a|b)|(?<![x|])c", ["(?:a|b)", "(?<![x|])c"]),
        ("[]|]|[^]|]", ["[]|]", "[^]|]"]),
        ("", [""]),
    ],
)
def test_where_a_pattern_is_cut(pattern: str, parts: list[str]) -> None:
    assert literals.alternatives(pattern) == parts


PATTERNS = {0: "加我微信|扫码[进入]群", 3: "[0-9]{2}元|打折", 5: "xx?|yz"}


@given(st.text(alphabet="加我微信扫码进入群打折元0123xyz ", max_size=30))
def test_hits_are_those_of_the_whole_expressions(text: str) -> None:
    (found,) = triggers.Triggers(PATTERNS).hits([text])
    for rule, pattern in PATTERNS.items():
        match = re.search(pattern, text)
        assert found.get(rule) == (match.span() if match else None)
