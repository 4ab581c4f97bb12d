"""Turns and happenings as rows of a log, before the export damages them.

Here come the platform's own things: red packets and who took them, announcements, @all, pokes, recalls, joins,
exits, pictures and voice in place of text, quotes and mentions, bots.
"""

from __future__ import annotations

from dataclasses import dataclass

from cq.model import Event, Kind

from .dice import Dice
from .levels import Level
from .people import Agent
from .season import DAY, HOUR, Setting, week_of
from .talk import Floor, Turn
from .wording import Writer

NO_ACTS: frozenset[str] = frozenset()
BOT_NUMBER = "2854000001"
BOT_NAME = "小助手"
WORDY = frozenset({"help", "ans", "sub", "ann", "rule", "mod", "event", "chal", "order", "welcome"})
"""Acts that are rarely done by picture or voice."""
MISSPELT = 0.05
RECALLED = 0.008
NOT_CONVERSATIONAL = frozenset({"fill"})


@dataclass(slots=True)
class Row:
    """One row. ``agent``: index of the person, -1 for the system, -2 for the bot. ``reply``: the turn meant."""

    at: int
    agent: int
    kind: Kind
    text: str | None
    acts: frozenset[str] = NO_ACTS
    turn: int = -1
    account: int = 0
    reply: int = -1
    quoted: int = -1
    mentions: tuple[int, ...] = ()
    at_all: bool = False
    event: Event | None = None
    actor: int = -1
    targets: tuple[int, ...] = ()
    detail: str | None = None
    url: str | None = None


def rows_of(
    dice: Dice, floor: Floor, writer: Writer, level: Level, setting: Setting, agents: list[Agent]
) -> list[Row]:
    """All rows by time."""
    rows: list[Row] = []
    explicit = _explicit_chance(floor.turns, level)
    for number, turn in enumerate(floor.turns):
        rows += _turn_rows(dice, floor, writer, setting, number, turn, explicit)
    _media(dice, rows, level)
    rows += _joins(dice, floor, writer, level, setting)
    rows += _exits(dice, agents, setting)
    rows += _pokes(dice, floor, setting)
    rows += _daily(dice, writer, level, setting)
    rows.sort(key=lambda row: row.at)
    return rows


def counts_as_conversation(turn: Turn) -> bool:
    """Whether the turn is in the denominator of explicit reply coverage: no filler, does not open a session."""
    return turn.act not in NOT_CONVERSATIONAL and not turn.opens


def _explicit_chance(turns: list[Turn], level: Level) -> float:
    """The chance to quote or mention, so that the level's share of all conversational turns does."""
    first = {turn.session: turn for turn in reversed(turns)}
    talk = [t for t in turns if counts_as_conversation(t) and first[t.session] is not t]
    linked = sum(t.reply >= 0 for t in talk)
    return min(0.95, level.explicit * len(talk) / linked) if linked else 0.0


def _turn_rows(
    dice: Dice, floor: Floor, writer: Writer, setting: Setting, number: int, turn: Turn, explicit: float
) -> list[Row]:
    agents, agent = floor.agents, floor.agents[turn.agent]
    week = week_of(setting, turn.times[0])
    partner = floor.turns[turn.reply].agent if turn.reply >= 0 else turn.joiner
    texts, acts = writer.write(turn, number, week, agents[partner] if partner >= 0 else None)
    account = 1 if len(agent.accounts) > 1 and dice.chance(0.3) else 0
    rows = [
        Row(at, turn.agent, Kind.TEXT, text, acts, number, account, turn.reply)
        for at, text in zip(turn.times, texts, strict=True)
    ]
    head = rows[0]
    if turn.reply >= 0 and dice.chance(explicit):
        if dice.chance(0.55):
            head.quoted = turn.reply
        else:
            name = agents[partner].accounts[0].name(week)
            if dice.chance(MISSPELT) and len(name) > 1:
                name = name[:-1]
            else:
                head.mentions = (partner,)
            head.text = f"@{name} {head.text}"
    match turn.act:
        case "redp":
            for row in rows:
                row.kind = Kind.RED_PACKET
            del rows[1:]
            rows += _taken(dice, head, agents)
        case "ann" if agent.rank != "member":
            if dice.chance(0.25):
                head.kind, head.text, head.detail = Kind.ANNOUNCEMENT, " ".join(texts), None
                del rows[1:]
            elif dice.chance(0.3):
                head.text, head.at_all = f"@所有人 {head.text}", True
        case "ad" | "selfp":
            _as_card(dice, rows)
        case "mod" if agent.rank != "member" and turn.reply >= 0:
            rows += _removed(dice, floor, head, partner)
    if len(rows) == 1 and head.kind is Kind.TEXT and dice.chance(RECALLED):
        head.at += 20_000
        head.kind, head.event, head.actor, head.targets = Kind.RECALL, Event.RECALL, turn.agent, (turn.agent,)
        head.text, head.mentions, head.quoted, head.at_all = None, (), -1, False
        head.acts = NO_ACTS
    return rows


def _as_card(dice: Dice, rows: list[Row]) -> None:
    for row in rows:
        text = row.text or ""
        at = text.find("http")
        if at >= 0 and dice.chance(0.6):
            row.url, row.kind = text[at:].split(" ")[0].rstrip("，😂"), Kind.LINK
            row.text = text[:at].strip() or "链接"


def _taken(dice: Dice, head: Row, agents: list[Agent]) -> list[Row]:
    found = []
    for n in range(dice.below(4)):
        taker = dice.below(len(agents))
        if taker != head.agent and agents[taker].present(head.at):
            row = Row(head.at + 900 * (n + 1), -1, Kind.SYSTEM, "领取了红包", event=Event.RED_PACKET)
            row.actor, row.targets = taker, (head.agent,)
            found.append(row)
    return found


def _removed(dice: Dice, floor: Floor, head: Row, partner: int) -> list[Row]:
    target = floor.agents[partner]
    if not target.spammer or target.left is not None or not dice.chance(0.5):
        return []
    target.left = head.at + 5000
    row = Row(target.left, -1, Kind.SYSTEM, "被移出群聊", event=Event.REMOVE)
    row.actor, row.targets = head.agent, (partner,)
    return [row]


def _media(dice: Dice, rows: list[Row], level: Level) -> None:
    """Turn texts into pictures, stickers, voice, until the level's share of messages is media."""
    spoken = [row for row in rows if row.agent >= 0 and row.kind is not Kind.RECALL]
    texts = [row for row in spoken if row.kind is Kind.TEXT and not row.mentions and not row.at_all]
    weights = [0.15 if row.acts & WORDY else 1.0 for row in texts]
    wanted = level.media * len(spoken) - sum(r.kind in MEDIA for r in spoken)
    scale = max(0.0, wanted) / max(1.0, sum(weights))
    for row, weight in zip(texts, weights, strict=True):
        if dice.random() < scale * weight:
            u, light = dice.random(), not row.acts & (WORDY | {"q", "help"})
            if light and u < 0.45:
                row.kind = Kind.STICKER
            elif u < 0.75:
                row.kind = Kind.IMAGE
            else:
                row.kind = Kind.VOICE if u < 0.92 else (Kind.VIDEO, Kind.FILE, Kind.FORWARD)[dice.below(3)]
            row.text = None


MEDIA = frozenset({Kind.IMAGE, Kind.STICKER, Kind.VOICE, Kind.VIDEO, Kind.FILE, Kind.FORWARD, Kind.LINK})


def _joins(dice: Dice, floor: Floor, writer: Writer, level: Level, setting: Setting) -> list[Row]:
    """Joins with their inviter (known to most), and the bot's greeting."""
    found = []
    known = dice.between(0.6, 1.0)
    for join in floor.joins:
        inviter = floor.agents[join.agent].inviter
        row = Row(join.at, -1, Kind.SYSTEM, "加入了群聊", event=Event.JOIN, targets=(join.agent,))
        if dice.chance(known) and inviter != join.agent and floor.agents[inviter].present(join.at):
            row.actor, row.detail, row.text = inviter, "invite", "邀请加入了群聊"
        if not dice.chance(level.hidden_joins):
            found.append(row)
        if level.bots:
            who = floor.agents[join.agent].accounts[0].name(week_of(setting, join.at))
            found.append(Row(join.at + 1500, -2, Kind.TEXT, writer.one("hello", who=who)))
    return found


def _exits(dice: Dice, agents: list[Agent], setting: Setting) -> list[Row]:
    end = setting.start + setting.weeks * 7 * DAY
    found = []
    for n, agent in enumerate(agents):
        if agent.left is not None and agent.joined < agent.left < end and not agent.spammer:
            found.append(Row(agent.left, -1, Kind.SYSTEM, "退出了群聊", event=Event.LEAVE, targets=(n,)))
    return found


def _pokes(dice: Dice, floor: Floor, setting: Setting) -> list[Row]:
    found: list[Row] = []
    rate = dice.between(0, 0.02)
    for turn in floor.turns:
        if turn.act == "chat" and turn.reply >= 0 and dice.random() < rate:
            target = floor.turns[turn.reply].agent
            row = Row(turn.times[-1] + 1000, -1, Kind.POKE, "拍了拍", event=Event.POKE)
            row.actor, row.targets = turn.agent, (target,)
            found.append(row)
    return found


def _daily(dice: Dice, writer: Writer, level: Level, setting: Setting) -> list[Row]:
    """What a bot posts by the clock."""
    if not level.bots:
        return []
    hour = 7 + dice.below(3)
    days = range(setting.weeks * 7)
    return [
        Row(setting.start + day * DAY + hour * HOUR + dice.below(1500), -2, Kind.TEXT, writer.one("bot"))
        for day in days
    ]
