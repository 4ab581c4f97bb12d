"""A group in a few sentences, made from its metrics alone.

A sentence is said only where all its numbers are known. It describes; it judges nothing. Nothing
here knows where the sentences are shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from cq.report.wording import FEW, Words, is_number
from cq.result import GroupResult
from cq.section import Metric

CONCENTRATION = ("top1_share", "top5_share", "top10_share", "absence_factor")
"""Metrics of the people section that :func:`concentration` tells."""


def sentences(group: GroupResult, words: Words) -> list[str]:
    """The summary of a group, in the order one would tell it."""
    said = (_talk(group, words), _half(group, words), _flow(group, words), _silent(group, words))
    return [sentence for sentence in (*said, *_answers(group, words), _ads(group, words)) if sentence]


def concentration(group: GroupResult, words: Words) -> str:
    """How much of the talk comes from how few, in one sentence; empty where it is not known."""
    shares = [_number(group, f"people.{code}") for code in CONCENTRATION]
    if any(share is None for share in shares):
        return ""
    top1, top5, top10, few = (share or 0 for share in shares)
    said = words.say(
        "summary.concentration",
        top1=words.percent(top1),
        top5=words.percent(top5),
        top10=words.percent(top10),
    )
    # Of one person the share of the first tells it already.
    half = words.say("summary.of_few", people=words.amount(int(few), "person")) if few > 1 else ""
    return said + half + words.say("summary.stop")


def stage(group: GroupResult, words: Words) -> str:
    """Where in its life the group is, and where without its top sender; empty where it is not known."""
    known = {code: metric(group, f"lifecycle.{code}") for code in ("stage", "runner_up", "stage_without_top")}
    values = {code: m.value if m else None for code, m in known.items()}
    if values["stage"] is None:
        return ""
    names = {code: words.code(str(value)) for code, value in values.items() if value is not None}
    said = [words.say("verdict.stage", stage=names["stage"])]
    if "runner_up" in names:
        said.append(words.say("verdict.runner_up", stage=names["runner_up"]))
    if values["stage_without_top"] not in (None, values["stage"]):
        said.append(words.say("verdict.without_top", stage=names["stage_without_top"]))
    return "".join(said) + words.say("summary.stop")


def people(group: GroupResult, words: Words) -> str:
    """How many spoke; empty where it is not known."""
    return _count(group, "activity.speakers", "person", words)


def metric(group: GroupResult, path: str) -> Metric | None:
    """The metric ``section.code`` of a group, if it was built."""
    section_id, _, code = path.partition(".")
    section = group.sections.get(section_id)
    return section.metrics.get(code) if section else None


def _number(group: GroupResult, path: str) -> float | int | None:
    found = metric(group, path)
    return found.value if found and is_number(found.value) else None


def _count(group: GroupResult, path: str, unit: str, words: Words) -> str:
    """The amount ``path`` counts; empty where it is unknown or nothing."""
    value = _number(group, path)
    return words.amount(value, unit) if value else ""


def _talk(group: GroupResult, words: Words) -> str:
    speakers = _count(group, "activity.speakers", "person", words)
    messages = _count(group, "activity.messages", "message", words)
    if not (speakers and messages):
        return ""
    days, per_day = _number(group, "activity.span_days"), _number(group, "activity.messages_per_day")
    if days is None or per_day is None or days < 2:
        said = words.say("summary.talk_short", speakers=speakers, messages=messages)
    else:
        said = words.say(
            "summary.talk",
            span=words.span(days),
            speakers=speakers,
            messages=messages,
            per_day=words.number(per_day),
        )
    return said + words.say("summary.space").join(["", *_trend(group, words)])


def _trend(group: GroupResult, words: Words) -> Iterator[str]:
    found = metric(group, "activity.messages")
    now, before = (found.value, found.previous) if found else (None, None)
    if not (is_number(now) and is_number(before)) or before <= 0 or now <= 0:
        return
    key = "same" if abs(now - before) < 0.005 * before else "more" if now > before else "fewer"
    if before < FEW:
        yield words.say("summary.was", messages=words.amount(before, "message"))
        return
    yield words.say(f"summary.{key}", change=words.growth(now, before))


def _half(group: GroupResult, words: Words) -> str:
    few = _number(group, "people.absence_factor")
    if not few:
        return ""
    if few == 1:
        return _one(group, words)
    return words.say("summary.half_few", people=words.amount(few, "person"))


def _one(group: GroupResult, words: Words) -> str:
    """One person wrote half or more; nothing where that is true of both of two, or of the only one."""
    share, speakers = _number(group, "people.top1_share"), _number(group, "people.speakers")
    if share is not None and 0.5 < share < 1:
        return words.say("summary.half_one")
    if share == 1 or (speakers is not None and speakers <= 2):
        return ""
    return words.say("summary.half_even")


def _flow(group: GroupResult, words: Words) -> str:
    """Who came, came back and stayed away; only what there is."""
    parts = [
        words.say(f"summary.{key}", people=people)
        for key, code in (
            ("new", "new_speakers"),
            ("returned", "returned_speakers"),
            ("lost", "lost_regulars"),
        )
        if (people := _count(group, f"people.{code}", "person", words))
    ]
    return words.say("summary.joiner").join(parts) + words.say("summary.stop") if parts else ""


def _silent(group: GroupResult, words: Words) -> str:
    silent = _count(group, "people.silent_members", "person", words)
    members = _count(group, "people.members", "person", words)
    return words.say("summary.silent", members=members, people=silent) if silent and members else ""


def _answers(group: GroupResult, words: Words) -> Iterator[str]:
    questions = _count(group, "questions.questions", "question", words)
    ratio, median = (_number(group, f"questions.{c}") for c in ("answered_ratio", "median_answer_seconds"))
    if questions and ratio is not None and ratio > 0 and median is not None:
        yield words.say(
            "summary.answered",
            questions=questions,
            ratio=words.percent(ratio),
            median=words.duration(median),
        )
    elif questions and ratio is not None:
        yield words.say("summary.answered_short", questions=questions, ratio=words.percent(ratio))
    unanswered = _count(group, "questions.unanswered", "question", words)
    if unanswered and ratio:  # of no answers at all the sentence before has told
        yield words.say("summary.open", questions=unanswered)


def _ads(group: GroupResult, words: Words) -> str:
    """How much is advertising; nothing where none was seen."""
    ratio = _number(group, "ads.ad_ratio")
    messages = _count(group, "ads.confirmed", "message", words)
    senders = _count(group, "ads.ad_senders", "person", words)
    if not (ratio and messages and senders):
        return ""
    said = {"ratio": words.percent(ratio), "messages": messages, "people": senders}
    here = _number(group, "ads.remaining_ad_senders")
    key = "ads" if here is None else "ads_here" if here else "ads_gone"
    return words.say(f"summary.{key}", **said, here=words.number(here or 0))
