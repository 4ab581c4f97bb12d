"""``cq ads`` as text: evidence marked where it stands, nothing hostile, 80 columns, both languages."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from results import HOSTILE
from rich.console import Console
from test_terminal import piped

from cq.ads.verdict import AdKind, Against, Evidence, Outcome, Verdict
from cq.report._ad_excerpt import excerpt
from cq.report.ads import SHOWN, render
from cq.report.marks import ASCII, UNICODE
from cq.result import GroupInfo


@dataclass
class Listed:
    """A listing as the use case gives it."""

    verdicts: Sequence[Verdict]
    group: GroupInfo | None = field(default_factory=lambda: GroupInfo("42", "周末骑行", "qq", "group"))
    names: Mapping[str, str] = field(default_factory=lambda: {"10": "阿宽", "11": "小禾"})
    unseen: int = 0
    set_aside: Mapping[str, int] = field(default_factory=dict)
    looked_at: int = 100

    @property
    def pieces(self):  # type: ignore[no-untyped-def]
        yield self.looked_at, list(self.verdicts)


def verdict(
    text: str,
    *marked: str,
    outcome: Outcome = "confirmed",
    kind: AdKind = AdKind.JOB,
    sender: str | None = "10",
    at: str | None = "2026-03-05T21:14:00+08:00",
    message_id: str = "m1",
    against: Sequence[Against] = (),
) -> Verdict:
    """A verdict whose evidence is the first occurrence of each of ``marked``."""
    spans = [(text.index(m), text.index(m) + len(m)) for m in marked]
    evidence = [Evidence("own:招工", kind, 0.9, span, text[slice(*span)], None) for span in spans]
    return Verdict(message_id, at, sender, text, outcome, kind, [(kind, 0.9)], 0.9, evidence, against)


def shown(*listings: Listed, lang: str = "zh", width: int = 80, **more: bool) -> str:
    return piped(lambda console: render(listings, console, lang=lang, **more), width)


def test_confirmed_ones_stand_by_kind_and_sender_with_their_evidence_marked() -> None:
    page = shown(
        Listed(
            [
                verdict("招打字员，日结不拖欠", "招打字员", "日结"),
                verdict("招打字员，日结不拖欠", "招打字员", "日结", at="2026-03-06T08:00:00+08:00"),
                verdict("出二手车，价格好说", "出二手车", kind=AdKind.PRODUCT, sender="11"),
            ]
        )
    )
    lines = [line.strip() for line in page.splitlines()]
    assert lines[0] == "周末骑行"
    assert "确认的广告" in lines
    # two of one sender that say the same are one entry; the kind with more messages comes first
    assert lines.index("兼职招工 2 条") < lines.index("卖货 1 条")
    assert "阿宽（10）  2 条" in lines
    assert "2026-03-05 21:14 ×2  ‹招打字员›，‹日结›不拖欠" in lines
    assert "招工" in lines, "the rule by its name, the operator's own without its prefix"
    assert "确认 3.0%（3/100）" in page


def test_suspected_chains_and_floods_stand_apart() -> None:
    page = shown(
        Listed(
            [
                verdict("扣1了解", "扣1", outcome="suspected", kind=AdKind.PRODUCT),
                verdict("转给二十个群", "转给", outcome="suspected", kind=AdKind.CHAIN, sender="11"),
                *(verdict(str(i), kind=AdKind.FLOOD) for i in range(7)),
            ],
            unseen=12,
            set_aside={"exempt_sender": 2, "ignored_kind": 5},
        )
    )
    suspected, chain, flood = (page.index(h) for h in ("疑似广告", "转发接力（", "刷屏（行为"))
    assert suspected < chain < flood
    assert "卖货" in page[suspected:chain] and "‹转给›二十个群" in page[chain:flood]
    assert "阿宽（10） · 7 条 · 2026-03-05 21:14 起" in page[flood:]
    totals = " ".join(page[page.index("合计") :].split())
    assert "确认 0%（0/100） · 疑似 1.0%（1/100） 转发接力 1.0%（1/100） · 刷屏 7.0%（7/100）" in totals
    assert "12 条" in page and "免查的人 2、不管的种类 5" in page
    assert "确认的广告" not in page


def test_what_is_no_ad_is_listed_only_when_asked_for() -> None:
    harmless = verdict("明天几点开会", outcome="none", kind=AdKind.NONE)
    assert "明天几点开会" not in shown(Listed([harmless]))
    page = shown(Listed([harmless]))
    assert page.startswith("周末骑行\n  没有看到广告 · 看了 100 条人说的消息\n") and "判断会错" in page
    assert "明天几点开会" in shown(Listed([harmless]), every=True)


def test_long_lists_of_suspects_say_what_they_hide() -> None:
    many = [verdict(f"第{i}样东西", f"第{i}样", outcome="suspected") for i in range(SHOWN + 5)]
    assert "还有 5 条" in shown(Listed(many))
    page = shown(Listed(many), verbose=True)
    assert "还有" not in page and f"第{SHOWN + 4}样" in page


def test_a_suspect_without_a_marked_place_says_what_it_was() -> None:
    behaved = Evidence("card_mini_program", AdKind.LINK, 0.3)
    said = Verdict("m", None, "10", "打卡七天", "suspected", AdKind.LINK, (), 0.3, [behaved], ())
    assert "打卡七天（小程序卡片）" in shown(Listed([said]))


def test_bare_texts_have_line_numbers_and_no_senders() -> None:
    texts = [verdict("加微信领福利", "加微信", sender=None, at=None, message_id="line:1234")]
    page = shown(Listed(texts, group=None, names={}))
    assert "第 1,234 行  ‹加微信›领福利" in page
    assert "不知道是谁" not in page and "看了 100 行" in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_languages_speak_of_everything(lang: str) -> None:
    page = shown(
        Listed(
            [
                verdict("招打字员", "招打字员", against=[Against("regular", -0.15)]),
                verdict("扣1了解", "扣1", outcome="suspected"),
                verdict("x", kind=AdKind.FLOOD, sender=None),
            ],
            unseen=3,
            set_aside={"exempt_sender": 1, "allowed": 1, "ignored_kind": 1},
        ),
        lang=lang,
    )
    assert not re.search(r"\{\w+\}|\b(looked_at|unseen|aside|_short)\b", page)
    assert ("Confirmed ads" in page) == (lang == "en")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_hostile_text_and_names_stay_text(width: int) -> None:
    for bad in HOSTILE:
        text = f"{bad}加微信{bad}" * 3
        listed = Listed(
            [verdict(text, "加微信", sender=bad), verdict(text, "加微信", outcome="suspected", sender=bad)],
            group=GroupInfo("1", bad, "qq", "group"),
            names={bad: bad},
        )
        shown(listed, width=width)  # piped() looks for control characters, overrides and width


def test_long_messages_are_cut_around_the_evidence() -> None:
    text = "前言。" * 400 + "加微信 abc12345" + "后话。" * 400 + "日结" + "结尾。" * 400
    line = excerpt(verdict(text, "加微信 abc12345", "日结"), 120, UNICODE)
    assert "‹加微信 abc12345›" in line and "‹日结›" in line
    assert line.startswith("…") and line.endswith("…") and len(line) < 150


def test_marks_cannot_be_forged_and_fit_the_console() -> None:
    said = verdict("‹假的›加微信", "加微信")
    assert excerpt(said, 80, UNICODE) == "<假的>‹加微信›"
    assert excerpt(said, 80, ASCII) == "<假的>[[加微信]]"


def test_a_terminal_colours_what_is_marked() -> None:
    page = io.StringIO()
    console = Console(file=page, force_terminal=True, width=80, highlight=False, color_system="standard")
    render([Listed([verdict("招打字员，日结不拖欠", "日结")])], console)
    assert re.search(r"\x1b\[1;33m‹日结›\x1b\[0m", page.getvalue())
    page = io.StringIO()
    console = Console(file=page, force_terminal=True, width=80, highlight=False, color_system="standard")
    render([Listed([verdict("招打字员，日结不拖欠", "日结")])], console, color=False)
    assert "\x1b" not in page.getvalue() and "‹日结›" in page.getvalue()


@given(
    st.text(max_size=400),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=6),
    st.integers(20, 240),
)
def test_any_text_with_any_spans_is_one_clean_line(
    text: str, raw: list[tuple[int, int]], columns: int
) -> None:
    spans = [(a, min(a + n, len(text))) for a, n in raw if a < min(a + n, len(text))]
    evidence = [Evidence("r", AdKind.JOB, 0.5, span, text[slice(*span)], None) for span in spans]
    said = Verdict("m", None, None, text, "confirmed", AdKind.JOB, (), 0.5, evidence, ())
    line = excerpt(said, columns, UNICODE)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)
    assert line.count("‹") == line.count("›")
    assert line == line.strip()
