"""Results built by hand: invented people, invented words, and the texts that want to break a page."""

from __future__ import annotations

import math
from datetime import date, timedelta

from cq.model import Problem
from cq.result import (
    Analysis,
    Gap,
    GroupInfo,
    GroupResult,
    PreviousSpan,
    Quality,
    Records,
    SourceReport,
    WindowSpan,
)
from cq.section import Evidence, Finding, Metric, Section, Series, Table, Threshold

HOSTILE = (
    "\x1b[31m红\x1b[0m[red]x[/red]",
    "\u202egnp.exe\u202c\u2066x\u2069",
    "一行\n两行\r\n三行\t制表",
    "长" * 200,
    "👨‍👩‍👧‍👦❤️👍🏽🇨🇳" * 5,
    "z\u0301\u0302\u0303\u0304\u0305\u0306\u0307algo",
    "\u3164\u2800",
    "[link=http://x]点[/link] :smile: {name}",
    "",
)
PEOPLE = (
    "小鱼",
    "阿明",
    "Lily",
    "豆包不加糖",
    "老陈",
    "北山",
    "Momo酱",
    "周周",
    "一只柚子",
    "南风",
    "石头",
    "青禾",
)


def metrics_activity(scale: float = 1.0, previous: bool = True) -> dict[str, Metric]:
    def before(value: float) -> float | None:
        return value if previous else None

    return {
        "messages": Metric(round(4688 * scale), "count", None, before(4180)),
        "speakers": Metric(30, "count", None, before(33)),
        "span_days": Metric(84, "days", None, before(84)),
        "active_days": Metric(81, "days", 84, before(84)),
        "messages_per_day": Metric(4688 * scale / 84, "per_day", 84, before(49.8)),
        "speakers_per_day": Metric(8.31, "number", 84, before(8.3)),
        "speakers_per_week": Metric(18.2, "number", 12, before(19.0)),
        "speakers_per_month": Metric(26.5, "number", 2, before(28.5)),
        "stickiness": Metric(0.2781, "ratio", 55, before(0.31)),
        "speaker_share": Metric(30 / 42, "ratio", 42, before(33 / 40)),
        "messages_per_member": Metric(111.6, "number", 42, before(104.5)),
        "burstiness": Metric(0.61, "number", 4687, before(0.58)),
        "longest_silence_hours": Metric(38.5, "hours", None, before(21)),
        "conversations": Metric(612, "count", None, before(0)),
        "messages_per_conversation": Metric(7.66, "number", 612, before(7.1)),
        "speakers_per_conversation": Metric(2.9, "number", 612, before(2.9)),
    }


def activity(scale: float = 1.0, previous: bool = True) -> Section:
    start = date(2026, 3, 5)
    days = [(start + timedelta(d)).isoformat() for d in range(84)]
    volume = [max(0, round(55 + 40 * math.sin(d / 6) + (d * 37) % 23)) for d in range(84)]
    weeks = [(days[i], sum(volume[i : i + 7])) for i in range(0, 84, 7)]
    people: list[tuple[str, float | int | None]] = [
        (day, 12 + (i * 5) % 9) for i, (day, _) in enumerate(weeks)
    ]
    people[0] = (days[0], None)
    hours = [
        (w, h, max(0, round(30 * math.exp(-((h - 21 + (w == 6) * 6) ** 2) / 18) + (h > 8) * (w + h) % 5)))
        for w in range(7)
        for h in range(24)
    ]
    kinds = [
        ("text", 3795),
        ("image", 422),
        ("sticker", 281),
        ("link", 95),
        ("voice", 60),
        ("file", 20),
        ("red_packet", 15),
    ]
    return Section(
        "activity",
        metrics_activity(scale, previous),
        {
            "kinds": Table(
                {"kind": "code", "count": "count", "share": "ratio"}, [(k, n, n / 4688) for k, n in kinds]
            ),
            "hours": Table({"weekday": "number", "hour": "number", "count": "count"}, hours),
            "busiest_days": Table(
                {"date": "date", "messages": "count", "speakers": "count"},
                [("2026-05-20", 231, 22), ("2026-04-11", 198, 19), ("2026-03-29", 166, 20)],
            ),
        },
        {
            "messages_per_day": Series("count", "day", list(zip(days, volume, strict=True))),
            "messages_per_week": Series("count", "week", weeks),
            "speakers_per_day": Series(
                "count", "day", [(d, n % 11) for d, n in zip(days, volume, strict=True)]
            ),
            "speakers_per_week": Series("count", "week", people),
        },
    )


def people(names: tuple[str, ...] = PEOPLE) -> Section:
    counts = [577, 498, 433, 402, 288, 250, 201, 160, 133, 120, 90, 72]
    ranking = [
        (f"1008600{i}", name, n, n / 4688, 60 - i)
        for i, (name, n) in enumerate(zip(names, counts, strict=False))
    ]
    silent = [
        (f"2008600{i}", f"{names[i % len(names)]}{i}", "2026-01-02T10:00:00+08:00") for i in range(21)
    ]  # more than are shown
    return Section(
        "people",
        {
            "members": Metric(42, "count", None, 40),
            "speakers": Metric(30, "count", None, 33),
            "silent_members": Metric(21, "count", 42, 7),
            "silent_share": Metric(0.5, "ratio", 42, 7 / 40),
            "new_speakers": Metric(3, "count", None, 2),
            "returned_speakers": Metric(1, "count", None, 0),
            "lost_regulars": Metric(2, "count", 19, 2),
            "top1_share": Metric(577 / 4688, "ratio", 4688, 0.11),
            "top5_share": Metric(0.4689, "ratio", 4688, 0.44),
            "top10_share": Metric(0.6531, "ratio", 4688, 0.62),
            "absence_factor": Metric(6, "count", 30, 7),
            "gini_excess": Metric(0.41, "number", 30, 0.4),
            "joins": Metric(4, "count", None, 2),
            "leaves": Metric(2, "count", None, 2),
            "removals": Metric(0, "count", None, 1),
        },
        {
            "ranking": Table(
                {
                    "member_id": "member_id",
                    "name": "name",
                    "messages": "count",
                    "share": "ratio",
                    "active_days": "days",
                },
                ranking,
            ),
            "new": Table(
                {"member_id": "member_id", "name": "name", "first_at": "time", "messages": "count"},
                [
                    ("x1", "小满", "2026-05-02T10:00:00+08:00", 12),
                    ("x2", names[0] + "二号", "2026-05-09T10:00:00+08:00", 3),
                    ("x3", "橘子皮", "2026-05-20T10:00:00+08:00", 1),
                ],
            ),
            "returned": Table(
                {"member_id": "member_id", "name": "name", "silent_days": "days"}, [("x4", "大鹏", 35)]
            ),
            "lost": Table(
                {"member_id": "member_id", "name": "name", "last_seen": "time"},
                [("x5", names[1], "2026-03-30T10:00:00+08:00"), ("x6", "阿珍", None)],
            ),
            "silent": Table({"member_id": "member_id", "name": "name", "joined_at": "time"}, silent),
            "same_name": Table({"name": "name", "members": "count"}, [("快乐的小鱼", 2)]),
            "many_names": Table({"member_id": "member_id", "name": "name", "current": "bool"}, []),
            "bots": Table(
                {"member_id": "member_id", "name": "name", "messages": "count"},
                [("2854196310", "Q群管家", 124)],
            ),
        },
    )


def questions(
    texts: tuple[str, ...] = (
        "明天读书会几点开始？",
        "有人知道第三章那个典故出自哪里吗",
        "求一份上周的笔记，谢谢！这周加班没赶上，听说讲得特别好，想补一补，谁有录音或者照片都行",
    ),
) -> Section:
    rows = [
        (f"m{i}", f"2026-05-{i + 3:02}T21:{i:02}:00+08:00", f"1008600{i}", PEOPLE[i % 12], text)
        for i, text in enumerate(texts * 4)
    ]
    return Section(
        "questions",
        {
            "questions": Metric(312, "count", 4688, 290),
            "askers": Metric(24, "count", 30, 20),
            "answered_ratio": Metric(253 / 312, "ratio", 312, 0.84, (0.76, 0.85)),
            "median_answer_seconds": Metric(247, "seconds", 253, 200),
            "p90_answer_seconds": Metric(8_100, "seconds", 253, 7_000),
            "unanswered": Metric(47, "count", 312, 40),
            "pending": Metric(12, "count", 312, 0),
            "explicit_reply_coverage": Metric(0.04, "ratio", 4688, None),
            "question_share": Metric(312 / 4688, "ratio", 4688, None),
        },
        {
            "unanswered": Table(
                {
                    "message_id": "message_id",
                    "sent_at": "time",
                    "member_id": "member_id",
                    "name": "name",
                    "text": "text",
                },
                rows,
            ),
            "answerers": Table(
                {"member_id": "member_id", "name": "name", "answers": "count"},
                [("a", "老陈", 61), ("b", "Lily", 40), ("c", "北山", 22)],
            ),
        },
    )


def unheard_of() -> Section:
    """A section no renderer knows, with every kind of column and unit."""
    return Section(
        "weather",
        {
            "sunny_days": Metric(3, "days"),
            "mood": Metric("germination", "code"),
            "odd": Metric(None, "ratio", 0),
            "fine": Metric(True, "code"),
        },
        {
            "storms": Table(
                {
                    "member_id": "member_id",
                    "at": "time",
                    "on": "date",
                    "what": "text",
                    "share": "ratio",
                    "lasted": "seconds",
                    "many": "number",
                    "ok": "bool",
                    "kind": "code",
                    "ids": "text",
                },
                [
                    (
                        "x1",
                        "2026-05-02T10:00:00+08:00",
                        "2026-05-02",
                        "[bold]雷[/bold]",
                        0.5,
                        61.0,
                        2.345,
                        True,
                        "image",
                        ["a", "b"],
                    )
                ]
                * 14,
            ),
            "none": Table({"a": "text"}, []),
        },
        {
            "rain": Series(
                "ratio", "day", [("2026-05-01", None), ("2026-05-02", 0.25), ("2026-05-03", math.nan)]
            )
        },
        [
            Finding(
                "weather/storm",
                "finding",
                "alert",
                0.83,
                {"count": 3, "share": 0.5},
                [Evidence("m1", "2026-05-02T10:00:00+08:00", "x1", "打雷了\x1b[2J")],
                [Evidence("m2", "2026-05-02T10:01:00+08:00", None, None)],
                [Threshold("storms", 2.0, "convention")],
            ),
            Finding("weather/fog", "clear", "info", 0.5),
        ],
    )


def quality(**known: object) -> Quality:
    fields: dict[str, object] = {
        "messages": 4812,
        "human_messages": 4688,
        "span_days": 84,
        "first": "2026-03-05T08:01:12+08:00",
        "last": "2026-05-27T22:40:00+08:00",
        "member_basis": "roster",
        "members": 42,
        "explicit_reply_coverage": 0.041,
        "gaps": [Gap(start="2026-04-02", end="2026-04-10", days=8.0)],
        "bots": 1,
        "anonymous_messages": 3,
        "media_share": 0.163,
        "name_only_senders": 2,
    }
    return Quality(**{**fields, **known})  # type: ignore[typeddict-item]


def group(
    name: str | None = "城南读书会", *sections: Section, id_: str = "12345@chatroom", **known: object
) -> GroupResult:
    shown = sections or (activity(), people(), questions())
    return GroupResult(GroupInfo(id_, name, "wechat", "group"), quality(**known), {s.id: s for s in shown})


def analysis(*groups: GroupResult, previous: bool = True) -> Analysis:
    records = Records(seen=5012, messages=4812, members=42, headers=120, problems=2, skipped=36)
    source = SourceReport(
        path="exports/城南读书会.txt",
        format="weflow-txt",
        sha256="0" * 64,
        bytes=1_234_567,
        records=records,
        skipped_by={"duplicate": 30, "empty": 6},
        problems=[Problem("bad_time", "城南读书会.txt:133", "25:61")],
        notices=[Problem("odd_name", "城南读书会.txt:7")],
        problem_counts={"bad_time": 2},
    )
    return Analysis(
        "0.1.0",
        WindowSpan("2026-03-05T00:00:00+08:00", "2026-05-28T00:00:00+08:00", "Asia/Shanghai"),
        PreviousSpan("2025-12-11T00:00:00+08:00", "2026-03-05T00:00:00+08:00") if previous else None,
        [source],
        groups or (group(),),
        compared=previous,
    )
