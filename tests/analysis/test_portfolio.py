"""Several groups compared: shared seats, words that stand in several, and what nicknames do not allow."""

from __future__ import annotations

import numpy as np

from cq.ads.campaigns import elsewhere, fingerprints
from cq.analysis import GroupView
from cq.analysis._digest import Digest, digest
from cq.analysis._portfolio import portfolio
from cq.model import Group
from cq.section import Metric, Section

from .views import SHANGHAI, view, whole

NOTICE = "各位群友请注意本周的活动报名今晚十点截止没有填表的抓紧"


def groups(
    *rows: list[tuple[str, str, str]], people: dict[str, dict[str, object]] | None = None
) -> list[Digest]:
    """Digests of groups of such rows, as the app makes them: first what other groups said, then each."""
    views = []
    for number, some in enumerate(rows):
        one = view(some, people)
        object.__setattr__(one, "group", Group(f"g{number}", f"群{number}", "qq"))
        views.append(one)
    for one, others in zip(views, elsewhere([fingerprints(v.text) for v in views]), strict=True):
        one.memo["elsewhere"] = others
    return [digest(v, whole(v), {"questions": questions(n)}) for n, v in enumerate(views)]


def questions(answered: int) -> Section:
    return Section("questions", {"answered_ratio": Metric(answered / 4, "ratio", 4)})


def talk(*people: str, extra: tuple[tuple[str, str, str], ...] = ()) -> list[tuple[str, str, str]]:
    rows = [(f"2026-03-{2 + i:02d} 09:00", who, f"今天{who}说点自己的事情") for i, who in enumerate(people)]
    return sorted([*rows, *extra])


def test_seats_and_repeats_by_hand() -> None:
    found = portfolio(groups(talk("a", "b", "c"), talk("b", "c", "d"), talk("c", "e")), SHANGHAI)
    values = {code: metric.value for code, metric in found.metrics.items()}
    assert values["unique_members"] == 5
    assert values["seats"] == 8
    assert values["member_repeat_share"] == 2 / 5
    assert values["seat_repeat_share"] == 3 / 8
    assert values["groups_per_member"] == 8 / 5
    assert found.tables["people"].rows[0][0::2] == ("c", 3)
    assert [row[2] for row in found.tables["pairs"].rows] == [2, 1, 1]
    assert found.tables["spread"].rows == [(1, 3), (2, 1), (3, 1)]
    assert values["answered_ratio_median"] == 0.25


def test_nicknames_withhold_overlap() -> None:
    found = portfolio(groups(talk("name:甲", "name:乙"), talk("name:甲", "b")), SHANGHAI)
    assert found.metrics["unique_members"].value is None
    assert found.tables["pairs"].rows == found.tables["people"].rows == []
    overlap = next(f for f in found.findings if f.code == "portfolio/overlap")
    assert (overlap.status, overlap.values["reason"]) == ("not_observable", "unstable_ids")


def test_the_same_words_in_several_groups() -> None:
    post = (("2026-03-03 10:00", "boss", NOTICE),)
    found = portfolio(groups(talk("a", extra=post), talk("b", extra=post), talk("c")), SHANGHAI)
    assert [(row[0], row[1], row[2], row[3]) for row in found.tables["copied"].rows] == [(NOTICE, 2, 2, 1)]
    copied = next(f for f in found.findings if f.code == "portfolio/copied_posts")
    assert copied.status == "not_enough_data", "nobody is known to run these groups"


def test_copied_posts_of_staff() -> None:
    posts = tuple(
        (f"2026-03-{d:02d} 10:00", "boss", f"{NOTICE}第{'一二三四五六七八九十'[d - 1]}期")
        for d in range(1, 11)
    )
    people: dict[str, dict[str, object]] = {"boss": {"listed": True, "role": "owner"}}
    found = portfolio(groups(talk("a", extra=posts), talk("b", extra=posts), people=people), SHANGHAI)
    copied = next(f for f in found.findings if f.code == "portfolio/copied_posts")
    assert (copied.status, copied.values["share"], copied.values["notices"]) == ("finding", 1.0, 20)


def test_one_person_asks_in_two_groups_within_a_day() -> None:
    ask = "请问报名表在哪里填写呢有人知道吗"
    here, later = (("2026-03-05 10:00", "q", ask),), (("2026-03-05 18:00", "q", ask),)
    other, far = (("2026-03-05 18:00", "z", ask),), (("2026-03-09 18:00", "q", ask),)
    for second, count in ((later, 1), (other, 0), (far, 0)):
        found = portfolio(groups(talk("a", extra=here), talk("b", extra=second)), SHANGHAI)
        assert found.metrics["cross_posted_questions"].value == count


def test_real_talk_ranks_and_volume_does_not() -> None:
    busy = [
        (f"2026-03-{d:02d} 0{h}:{m:02d}", "boss", "早上好")
        for d in range(1, 29)
        for h in (8, 9)
        for m in range(9)
    ]
    lively = [
        (f"2026-03-{d:02d} 20:{m:02d}", "abc"[m % 3], f"我觉得第{d}页讲的和第{m}页不一样你们怎么看")
        for d in range(1, 29)
        for m in range(6)
    ]
    found = portfolio(groups(busy, lively), SHANGHAI)
    table = found.tables["ranking"]
    rank = {
        row[list(table.columns).index("name")]: row[list(table.columns).index("interaction_rank")]
        for row in table.rows
    }
    assert rank == {"群0": 2, "群1": 1}


def test_digests_keep_no_log() -> None:
    one = groups(talk("a", "b"), talk("a"))[0]
    assert not any(isinstance(getattr(one, field), GroupView) for field in one.__dataclass_fields__)
    assert np.array_equal(one.speakers, [0, 1])
