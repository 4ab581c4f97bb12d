"""Causes of decline, worked by hand on acts that are given: what fires, what stays clear, what says too little.

Every group lives in March to June, where no holiday is. People are p0, p1 …; the owner is o.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from cq.analysis import GroupView, health
from cq.analysis._conversation import conversation
from cq.conversation.acts import BIT, Act, Acts, SystemAct
from cq.model import Event, Kind
from cq.operators import Operator
from cq.section import Finding, Section

from .views import view, whole

START = datetime(2026, 3, 2, 9)
CODES = [
    "health/loss_of_focus", "health/leaderless", "health/tyranny", "health/harassment_ads",
    "health/harassment_flood", "health/boredom", "health/evaporation", "health/staleness",
]  # fmt: skip
ACT_OF = {
    "通知": Act.NOTICE, "求助": Act.HELP, "广告": Act.AD, "活动": Act.EVENT, "干货": Act.SUBSTANCE, "嗯": Act.FILLER,
    "不同意": Act.DISSENT, "聊": Act.CHAT, "答": Act.ANSWER, "下单": Act.ORDER,
}  # fmt: skip
Row = tuple[str, str, str, dict[str, Any]]


class Log:
    """Rows said at minutes after the start, put in time order, with acts by the beginning of the text."""

    def __init__(self) -> None:
        self.said: list[tuple[float, str | None, str, dict[str, Any]]] = []
        self.happened: list[tuple[float, Event, str | None, list[str]]] = []

    def say(self, day: float, minute: float, who: str, text: str, **extra: Any) -> None:
        self.said.append((day * 1440 + minute, who, text, extra))

    def happen(self, day: float, minute: float, event: Event, by: str | None, *whom: str) -> None:
        self.happened.append((day * 1440 + minute, event, by, list(whom)))

    def view(self, operator: Operator | None = None, **people: dict[str, Any]) -> GroupView:
        rows: list[tuple[float, str | None, str, dict[str, Any], Any]] = [
            (at, who, text, extra, None) for at, who, text, extra in self.said
        ]
        rows += [
            (at, None, "系统", {"kind": Kind.SYSTEM}, (e, by, whom)) for at, e, by, whom in self.happened
        ]
        rows.sort(key=lambda row: row[0])
        when = [(START + timedelta(minutes=row[0])).isoformat(" ") for row in rows]
        events = [(i, r[4][0], r[4][1], r[4][2], None) for i, r in enumerate(rows) if r[4]]
        table = [(at, who, text, extra) for at, (_, who, text, extra, _) in zip(when, rows, strict=True)]
        group = view(table, people, events=events)
        group = replace(group, operator=operator) if operator else group
        talk = conversation(group)
        first = group.text.take(talk.turns.first_row).to_pylist()
        mask = np.array([BIT[a] if (a := ACT_OF.get(_key(t))) else 0 for t in first], np.uint32)
        system = [
            SystemAct(e.row, e.actor, Act.MODERATION)
            for e in group.events
            if e.event in (Event.REMOVE, Event.RECALL) and e.actor >= 0
        ]
        talk.__dict__["acts"] = Acts(mask, np.zeros(len(mask), np.bool_), system)
        return group


def _key(text: str) -> str:
    return next((word for word in sorted(ACT_OF, key=len, reverse=True) if text.startswith(word)), "")


def run(group: GroupView) -> Section:
    return health.run(group, whole(group), health.Settings())


def finding(group: GroupView, code: str) -> Finding:
    return {f.code: f for f in run(group).findings}[f"health/{code}"]


def week_of(found: Finding) -> float:
    assert found.since is not None
    return (datetime.fromisoformat(found.since).replace(tzinfo=None) - START) / timedelta(weeks=1)


def people(n: int) -> list[str]:
    return [f"p{i}" for i in range(n)]


def hum(log: Log, days: Iterable[int], who: Sequence[str], minute: float = 660) -> None:
    """Every day everybody chats once, ten minutes apart."""
    for day in days:
        for i, one in enumerate(who):
            log.say(day, minute + 10 * i, one, f"聊{day}")


# --- the section --------------------------------------------------------------------------------------


def test_every_code_once_whatever_the_log() -> None:
    log = Log()
    log.say(0, 0, "p0", "聊")
    section = run(log.view())
    assert [f.code for f in section.findings] == CODES
    assert {f.status for f in section.findings} == {"not_enough_data"}
    assert set(section.metrics) == set(health.METRICS)
    assert set(section.tables) == set(health.TABLES)
    assert section.metrics["weeks"].value == 0


def test_an_empty_log() -> None:
    section = run(view([]))
    assert [f.code for f in section.findings] == CODES


def test_private_chats_are_no_groups() -> None:
    log = Log()
    hum(log, range(60), people(2))
    group = log.view()
    private = replace(group, group=replace_kind(group.group), memo=group.memo)
    assert {f.values.get("reason") for f in run(private).findings} >= {"private_chat"}


def replace_kind(group: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(group, chat_kind="private")


# --- leaderless ---------------------------------------------------------------------------------------


def led(until: int, days: int = 112, *, asked: bool = True) -> Log:
    """Twelve people chat every day; the owner gives notice every other day until a day; requests at night are
    never answered."""
    log = Log()
    hum(log, range(days), people(12))
    for day in range(days):
        if day < until and day % 2 == 0:
            log.say(day, 300, "o", f"通知{day}")
        if asked and day % 3 == 0:
            log.say(day, 1000, f"p{day % 12}", f"求助{day}")
    return log


def test_nobody_runs_it_and_things_are_left_undone() -> None:
    found = finding(led(until=49).view(), "leaderless")
    assert found.status == "finding"
    assert (found.values["run_weeks"], found.values["weeks"], found.values["runners"]) == (0, 8, 0)
    assert found.values["unmet"] == found.values["needs"]
    assert 3 <= len(found.evidence) <= 10
    assert abs(week_of(found) - 7) <= 2


def test_somebody_runs_it() -> None:
    found = finding(led(until=112).view(), "leaderless")
    assert found.status == "clear"
    assert found.values["run_weeks"] == 8


def test_remarks_in_the_midst_of_talk_are_no_requests() -> None:
    log = led(until=49, asked=False)
    for day in range(0, 112, 3):
        log.say(day, 661, f"p{day % 12}", f"求助{day}")  # a minute after somebody's words
        log.say(day, 1000, f"p{day % 12}", "求助")  # two letters
    found = finding(log.view(), "leaderless")
    assert (found.status, found.values["unmet"]) == ("clear", 0)


def test_a_few_requests_may_be_mistakes() -> None:
    log = led(until=49, asked=False)
    for day in (60, 75, 90, 105):
        log.say(day, 1000, "p1", f"求助{day}")
    found = finding(log.view(), "leaderless")
    assert (found.status, found.values["unmet"]) == ("clear", 4)


def test_without_needs_nobody_is_missed() -> None:
    found = finding(led(until=49, asked=False).view(), "leaderless")
    assert (found.status, found.values["reason"]) == ("not_enough_data", "acts")


def test_six_weeks_say_nothing() -> None:
    found = finding(led(until=0, days=45).view(), "leaderless")
    assert (found.status, found.values["reason"]) == ("not_enough_data", "weeks")


# --- tyranny ------------------------------------------------------------------------------------------


def ruled(silenced: bool, *, ads: bool = False) -> GroupView:
    """Fourteen people speak each evening. Every ninth day somebody is removed at noon, who disagreed (or
    advertised) before; then two speak."""
    log = Log()
    removals = list(range(35, 112, 9))
    for day in range(112):
        who = people(14)
        if day in removals and silenced:
            who = who[:2]
        for i, one in enumerate(who):
            log.say(day, 700 + 3 * i, one, f"聊{day}")
        log.say(day, 600, "o", f"通知{day}")
    for n, day in enumerate(removals):
        log.say(day, 100, f"x{n}", "广告" if ads else "不同意这样管")
        log.happen(day, 180, Event.REMOVE, "o", f"x{n}")
    return log.view()


def test_people_fall_silent_after_removals() -> None:
    found = finding(ruled(silenced=True), "tyranny")
    assert found.status == "finding"
    assert (found.values["acts"], found.values["people"]) == (9, 9)
    assert found.values["drop"] is not None and float(found.values["drop"]) > 0.5
    assert found.values["coerced_dissents"] == 9


def test_removals_that_change_nothing() -> None:
    assert finding(ruled(silenced=False), "tyranny").status != "finding"


def test_clearing_ads_away_is_no_coercion() -> None:
    found = finding(ruled(silenced=True, ads=True), "tyranny")
    assert (found.status, found.values["acts"]) == ("clear", 0)


def test_without_events_removals_cannot_be_seen() -> None:
    log = Log()
    hum(log, range(70), people(12))
    found = finding(log.view(), "tyranny")
    assert (found.status, found.values["reason"]) == ("not_observable", "no_events")


# --- ads ----------------------------------------------------------------------------------------------


def advertised(
    *,
    handled: bool = False,
    taken_up: bool = False,
    by: str = "x",
    operator: Operator | None = None,
    **who: Any,
) -> GroupView:
    """Twelve people chat for ten weeks; from week five on three ads a day at night, hours from any talk."""
    log = Log()
    hum(log, range(70), people(12))
    for day in range(35, 70):
        for n in range(3):
            log.say(day, 900 + 90 * n, by, f"广告{day} {n}")
            if handled:
                log.happen(day, 920 + 90 * n, Event.RECALL, "o", by)
            if taken_up and n == 0:
                log.say(day, 925, "p1", "下单两份")
    return log.view(operator, **who)


def test_ads_that_nobody_wants() -> None:
    found = finding(advertised(), "harassment_ads")
    assert found.status == "finding"
    assert found.values["share"] == pytest.approx(3 / 15)
    assert (found.values["senders"], found.values["response"]) == (1, 0.0)
    assert abs(week_of(found) - 5) <= 2


def test_ads_that_are_taken_away_at_once() -> None:
    found = finding(advertised(handled=True), "harassment_ads")
    assert found.status == "clear"
    assert found.values["handled"] == 1.0


def test_in_a_shop_the_ads_of_the_staff_are_the_service_if_anybody_takes_them_up() -> None:
    shop = Operator(kind="shop", staff=("x",))
    found = finding(advertised(operator=shop, taken_up=True), "harassment_ads")
    assert (found.status, found.values["ads"], found.values["staff_exempt"]) == ("clear", 0, True)
    # Orders in the shop's own system do not show, so that this is no more than worth a look.
    assert finding(advertised(operator=shop), "harassment_ads").status == "watch"
    assert finding(advertised(operator=Operator(kind="shop")), "harassment_ads").status == "finding"


# --- idle talk ----------------------------------------------------------------------------------------


def flooded(complaints: int) -> GroupView:
    """Talk of substance for eight weeks, then five weeks of nothing but acknowledgements."""
    log = Log()
    for day in range(91):
        for i, one in enumerate(people(12)):
            log.say(day, 600 + 10 * i, one, "嗯" if day >= 56 else f"干货{day} {i}")
    for n in range(complaints):
        log.say(80 + n, 1100, f"p{n % 4}", "都是废话，太水了")
    return log.view()


def test_a_flood_that_people_complain_of() -> None:
    found = finding(flooded(6), "harassment_flood")
    assert found.status == "finding"
    assert (found.values["complaints"], found.values["complainers"]) == (6, 4)
    assert abs(week_of(found) - 8) <= 2


def test_a_flood_that_bothers_nobody() -> None:
    found = finding(flooded(0), "harassment_flood")
    assert found.status == "clear"
    assert found.values["idle_share"] is not None and float(found.values["idle_share"]) > 0.9


# --- boredom ------------------------------------------------------------------------------------------


def quiet(events: Callable[[int], bool] = lambda week: False, operator: Operator | None = None) -> GroupView:
    """Three pairs of twelve people talk each day, hours apart; where there is an event, four come at once."""
    log = Log()
    for day in range(84):
        for n in range(3):
            one, other = f"p{(day + 2 * n) % 12}", f"p{(day + 2 * n + 1) % 12}"
            log.say(day, 60 + 240 * n, one, f"聊{day}")
            log.say(day, 65 + 240 * n, other, f"聊{day}")
        if day % 7 == 3 and events(day // 7):
            log.say(day, 800, "o", f"活动今晚八点 {day}")
            for i in range(4):
                log.say(day, 810 + 5 * i, f"p{i}", "聊")
    return log.view(operator)


def test_nothing_happens() -> None:
    found = finding(quiet(), "boredom")
    assert found.status == "finding"
    assert (found.values["activities"], found.values["organic"]) == (0, 0.0)


def test_every_thursday_something_happens() -> None:
    group = quiet(lambda week: True)
    found = finding(group, "boredom")
    assert found.status == "clear"
    assert (found.values["activities"], found.values["regular_share"]) == (8, 1.0)
    assert len(run(group).tables["activities"].rows) == 12


def test_a_call_says_when_or_how_to_sign_up() -> None:
    log = Log()
    for day in range(84):
        for n in range(3):
            one, other = f"p{(day + 2 * n) % 12}", f"p{(day + 2 * n + 1) % 12}"
            log.say(day, 60 + 240 * n, one, f"聊{day}")
            log.say(day, 65 + 240 * n, other, f"聊{day}")
        if day % 7 == 3:
            log.say(
                day,
                800,
                "o",
                "活动" if day < 40 else "活动今晚八点，要来的报名",
            )
            for i in range(4):
                log.say(day, 810 + 5 * i, f"p{i}", "聊")
    rows = run(log.view()).tables["activities"].rows
    assert len(rows) == 6


def test_what_ten_come_to_needs_no_call() -> None:
    log = Log()
    hum(log, [65, 75], people(12), 60)
    for day in range(84):
        for n in range(3):
            one, other = f"p{(day + 2 * n) % 12}", f"p{(day + 2 * n + 1) % 12}"
            log.say(day, 400 + 240 * n, one, f"聊{day}")
            log.say(day, 405 + 240 * n, other, f"聊{day}")
    found = finding(log.view(), "boredom")
    assert (found.status, found.values["activities"], found.values["gatherings"]) == ("watch", 0, 2)


def test_activities_that_only_the_operator_knows() -> None:
    told = Operator(
        activities=("2026-04-12 20:00", "2026-04-26 20:00", "2026-05-10 20:00", "2026-05-20 20:00")
    )
    assert finding(quiet(operator=told), "boredom").status == "clear"


# --- evaporation --------------------------------------------------------------------------------------


def leaving(gone: int, *, others_gone: int = 0, removed: bool = False) -> GroupView:
    return _quoted(leaving_log(gone, others_gone=others_gone, removed=removed))


def leaving_log(gone: int, *, others_gone: int = 0, removed: bool = False) -> Log:
    """Forty people; each day the first eight say something that two others quote. After sixteen of 28 weeks some
    leave."""
    log, dice = Log(), np.random.default_rng(3)
    names = people(40)
    for day in range(196):
        for i in range(8):
            if (i < gone and day >= 112) or (day + i) % 3:
                continue
            log.say(day, 60 * i, names[i], f"干货{day}")
            said = len(log.said) - 1
            log.said[said][3]["mark"] = said
            for k, who in enumerate(dice.choice(32, 2, replace=False).tolist()):
                log.say(day, 60 * i + 2 * k + 2, names[8 + who], "聊", mark_of=said)
    for i in [*range(gone), *range(8, 8 + others_gone)]:
        log.happen(
            112, 1000 + i, Event.REMOVE if removed else Event.LEAVE, "o" if removed else None, names[i]
        )
    return log


def _quoted(log: Log) -> GroupView:
    """The view, with replies to marked rows."""
    order = sorted(range(len(log.said)), key=lambda i: log.said[i][0])
    times = sorted([row[0] for row in log.said] + [row[0] for row in log.happened])
    place = dict.fromkeys(order, 0)
    taken = -1
    for i in order:
        taken = times.index(log.said[i][0], taken + 1)
        place[i] = taken
    for row in log.said:
        row[3].pop("mark", None)
        if "mark_of" in row[3]:
            row[3]["reply"] = place[row[3].pop("mark_of")]
    return log.view()


def test_the_valuable_leave() -> None:
    found = finding(leaving(5), "evaporation")
    assert found.status == "finding"
    assert (found.values["valued"], found.values["valued_exits"]) == (8, 5)
    # By the dice two of the others have not spoken for long.
    assert (found.values["others"], found.values["other_exits"]) == (32, 2)
    assert found.values["left"] == 5
    assert abs(week_of(found) - 16) <= 2


def test_all_alike_leave_or_stay() -> None:
    assert finding(leaving(0), "evaporation").status == "clear"
    # Removals are somebody else's doing.
    assert finding(leaving(5, removed=True), "evaporation").status != "finding"


def test_with_nicknames_only_nobody_knows_who_left() -> None:
    log = leaving_log(5)
    named = {f"p{i}" for i in range(40)}
    for i, (at, who, text, extra) in enumerate(log.said):
        log.said[i] = (at, f"name:{who}" if who in named else who, text, extra)
    log.happened.clear()
    found = finding(_quoted(log), "evaporation")
    assert (found.status, found.values["reason"]) == ("not_observable", "exits_hidden")


def test_fourteen_weeks_are_too_few() -> None:
    log = Log()
    hum(log, range(98), people(12))
    found = finding(log.view(), "evaporation")
    assert (found.status, found.values["reason"]) == ("not_enough_data", "weeks")


# --- staleness ----------------------------------------------------------------------------------------


def same_faces(*, fresh: bool = False, operator: Operator | None = None) -> GroupView:
    """Thirty people, five of whom talk five times a day, the others ever less; fresh ones come late."""
    log = Log()
    for day in range(168):
        for n in range(25):
            log.say(day, 200 + 12 * n, f"p{n % 5}", f"聊{day}")
        for i in range(5, 10):
            log.say(day, 100 + i, f"p{i}", "聊")
        if day % (1 + day // 20) == 0:
            for k in range(4):
                log.say(day, 130 + 3 * k, f"p{10 + (day + 5 * k) % 20}", "聊")
        if fresh and day > 56:
            log.say(day, 160, f"n{day // 7}", "聊")
    return log.view(operator)


def test_always_the_same_few() -> None:
    found = finding(same_faces(), "staleness")
    assert found.status == "finding"
    assert (found.values["new_voices"], found.values["falling"]) == (0.0, True)


def test_new_voices_every_week() -> None:
    assert finding(same_faces(fresh=True), "staleness").status == "clear"


def test_a_class_has_fixed_members() -> None:
    found = finding(same_faces(operator=Operator(kind="class")), "staleness")
    assert (found.status, found.values["members"]) == ("clear", "fixed")


# --- focus --------------------------------------------------------------------------------------------

RUNNING = ["跑鞋", "配速", "马拉松", "心率", "训练", "膝盖", "拉伸", "赛道", "补给", "呼吸", "间歇", "长距离"]
STRAY = [
    "股票",
    "装修",
    "电视剧",
    "美食",
    "手机",
    "旅游",
    "彩票",
    "宠物",
    "汽车",
    "化妆",
    "房价",
    "游戏",
    "天气",
    "孩子",
    "医院",
    "减肥",
    "明星",
    "火锅",
    "签证",
    "保险",
]
THEME = ["自行车", "骑行", "轮组", "变速", "头盔", "爬坡", "公路车", "刹车", "链条", "码表", "车架", "锁鞋"]


def about(late: Sequence[str], operator: Operator | None = None) -> GroupView:
    """Twelve people speak of running; from week 14 of 26 three of four turns are about something else."""
    log, dice = Log(), np.random.default_rng(5)
    for day in range(182):
        for i, one in enumerate(people(12)[:6]):
            off = day >= 98 and dice.random() < 0.75
            said = dice.choice(late if off else RUNNING, 4, replace=False)
            log.say(day, 120 * i, one, "干货 " + " ".join(said))
        for i, one in enumerate(people(12)[6:]):
            log.say(day, 730 + 5 * i, one, "聊")
    return log.view(operator)


def test_the_talk_scatters() -> None:
    found = finding(about(STRAY), "loss_of_focus")
    assert (found.status, found.values["course"]) == ("finding", "scattered")
    assert found.values["reference"] == "first_weeks"
    assert abs(week_of(found) - 14) <= 2
    assert found.evidence and found.counter_evidence


def test_the_talk_keeps_to_running() -> None:
    found = finding(about(RUNNING), "loss_of_focus")
    assert (found.status, found.values["course"]) == ("clear", "steady")


def test_a_new_theme_is_no_loss_of_focus() -> None:
    found = finding(about(THEME), "loss_of_focus")
    assert (found.status, found.values["course"]) == ("watch", "refocused")


def test_the_operator_s_words_are_the_purpose() -> None:
    found = finding(about(STRAY, Operator(purpose=("马拉松", "配速"))), "loss_of_focus")
    assert (found.status, found.values["reference"]) == ("finding", "purpose")
