"""Which metric measures a concept of the articles (F01–F51), in one place; most are context, not findings."""

from __future__ import annotations

METRICS: dict[str, str] = {
    "F04": "habits.silent_expert_share",
    "F06": "questions.repeated_questions",
    "F07": "onboarding.expert_answer_share",
    "F10": "habits.staff_service_share",
    "F11": "health.answer_share",
    "F12": "habits.days_to_first_ad",
    "F14": "habits.staff_ads_at_events_share",
    "F32": "lifecycle.peak_order",
    "F34": "elements.never_answered_share",
    "F37": "onboarding.member_invited_share",
    "F38": "habits.orders",
    "F41": "lifecycle.half_life",
    "F43": "circles.relays",
    "F48": "habits.unheard_streak",
    "F50": "health.exits_after_ads",
    "orders_share": "habits.order_ratio",
}
