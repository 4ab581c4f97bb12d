"""From rows to a world: what the export loses, ids and names as it tells them, and the truth to compare with."""

from __future__ import annotations

from collections import Counter

from cq.model import Kind

from .causes import Causes
from .dice import Dice
from .levels import STAGES, Level
from .pack import Domain
from .people import Agent, shares
from .rows import BOT_NAME, BOT_NUMBER, Row
from .season import DAY, WEEK, Setting, week_of
from .talk import Floor
from .world import Message, RoleTruth, RosterMember, Truth, WeekTruth, World


def export(
    dice: Dice,
    rows: list[Row],
    floor: Floor,
    setting: Setting,
    level: Level,
    domain: Domain,
    group_name: str,
    causes: Causes,
) -> World:
    """The damaged export with its truth."""
    kept = [row for row in rows if not _hidden(dice, row, level)]
    last_of_turn: dict[int, int] = {}
    for n, row in enumerate(kept):
        if row.turn >= 0:
            last_of_turn[row.turn] = n
    agents = floor.agents
    messages, answered = [], []
    for n, row in enumerate(kept):
        week = week_of(setting, row.at)
        lost = row.kind is Kind.TEXT and level.lost_text > 0 and dice.chance(level.lost_text)
        quoted = last_of_turn.get(row.quoted) if row.quoted >= 0 else None
        if quoted is not None and (kept[quoted].kind is Kind.RECALL or quoted >= n):
            quoted = None
        mentions = tuple(_id(agents, person, week) for person in row.mentions) + (
            ("@all",) if row.at_all else ()
        )
        sender = None if row.kind is Kind.RECALL else _sender(agents, row, week)
        messages.append(
            Message(
                row.at,
                sender[0] if sender else None,
                sender[1] if sender else None,
                row.kind,
                None if lost else _text(agents, row, week),
                quoted,
                mentions,
                row.event,
                _id(agents, row.actor, week) if row.actor >= 0 else None,
                tuple(_id(agents, target, week) for target in row.targets),
                row.detail,
                row.url,
            )
        )
        parent = last_of_turn.get(row.reply, n) if row.reply >= 0 else n
        answered.append(parent if parent < n else None)
    sessions = [floor.turns[row.turn].session if row.turn >= 0 else -1 for row in kept]
    person, numbers = _accounts(agents, setting)
    bots = frozenset({BOT_NUMBER}) if level.bots else frozenset()
    truth = Truth(
        tuple(row.acts for row in kept),
        tuple(answered),
        tuple(row.turn for row in kept),
        tuple(sessions),
        person,
        bots,
        _roles(floor, setting, level),
        _weeks(floor, setting, causes),
        tuple(turn.reply for turn in floor.turns),
    )
    return World(
        str(700_000_000 + setting.start // DAY),
        group_name,
        level,
        setting,
        tuple(messages),
        _roster(agents, setting, bool(bots)),
        truth,
        numbers,
    )


def _hidden(dice: Dice, row: Row, level: Level) -> bool:
    if row.event is not None and row.event.value == "leave":
        return dice.chance(level.hidden_exits)
    return row.turn >= 0 and level.lost_rows > 0 and dice.chance(level.lost_rows)


def _id(agents: list[Agent], n: int, week: int) -> str:
    return agents[n].accounts[0].id(week)


def _sender(agents: list[Agent], row: Row, week: int) -> tuple[str, str] | None:
    if row.agent == -2:
        return BOT_NUMBER, BOT_NAME
    if row.agent < 0:
        return None
    account = agents[row.agent].accounts[row.account]
    return account.id(week), account.name(week)


def _text(agents: list[Agent], row: Row, week: int) -> str | None:
    """Happenings as the platform words them."""
    if row.event is None:
        return row.text
    actor = agents[row.actor].accounts[0].name(week) if row.actor >= 0 else ""
    targets = "、".join(agents[n].accounts[0].name(week) for n in row.targets)
    match row.event.value:
        case "join":
            return f"{actor}邀请{targets}加入了群聊" if actor else f"{targets}加入了群聊"
        case "leave":
            return f"{targets}退出了群聊"
        case "remove":
            return f"{actor}将{targets}移出了群聊"
        case "recall":
            return f"{actor}撤回了一条消息"
        case "red_packet":
            return f"{actor}领取了{targets}的红包"
        case _:
            return f"{actor}拍了拍{targets}"


def _accounts(agents: list[Agent], setting: Setting) -> tuple[dict[str, str], dict[str, str]]:
    """Sender id → person and → account number, for all ids the export may use."""
    person, numbers = {}, {}
    for agent in agents:
        for account in agent.accounts:
            for since, _ in account.names:
                person[account.id(since)] = agent.key
                numbers[account.id(since)] = account.number
    return person, numbers


def _roster(agents: list[Agent], setting: Setting, bot: bool) -> tuple[RosterMember, ...]:
    end = setting.weeks - 1
    found = [
        RosterMember(account.id(end), account.name(end), agent.rank, agent.joined, agent.left)  # type: ignore[arg-type]
        for agent in agents
        for account in agent.accounts
        if agent.left is None or agent.left > agent.joined
    ]
    if bot:
        found.append(RosterMember(BOT_NUMBER, BOT_NAME, "member", setting.start - WEEK, None))
    return tuple(found)


def _roles(floor: Floor, setting: Setting, level: Level) -> dict[str, RoleTruth]:
    acts: list[Counter[str]] = [Counter() for _ in floor.agents]
    weekly = [[0] * setting.weeks for _ in floor.agents]
    for turn in floor.turns:
        acts[turn.agent][turn.act] += 1
        weekly[turn.agent][week_of(setting, turn.times[0])] += 1
    found = {}
    for n, agent in enumerate(floor.agents):
        begin = max(agent.joined, setting.start)
        end = min(agent.left or setting.start + setting.weeks * WEEK, setting.start + setting.weeks * WEEK)
        held: Counter[str] = Counter()
        mixed: Counter[str] = Counter()
        edges = [setting.start + since * WEEK for since, _, _ in agent.spans[1:]] + [end]
        at = begin
        for (_, role, second), edge in zip(agent.spans, edges, strict=True):
            time = max(0, min(edge, end) - at)
            at += time
            held[role] += time
            for name, share in shares(level, role, second).items():
                mixed[name] += share * time  # type: ignore[assignment]
        label = max(held, key=lambda role: held[role])
        total = sum(mixed.values())
        found[agent.key] = RoleTruth(
            label,
            {name: part / total for name, part in mixed.items()} if total else {label: 1.0},
            tuple((since, role) for since, role, _ in agent.spans),
            max(0, end - begin) / WEEK,
            label == "lurker",
            sum(weekly[n]),
            dict(acts[n]),
            tuple(weekly[n]),
        )
    return found


def _weeks(floor: Floor, setting: Setting, causes: Causes) -> tuple[WeekTruth, ...]:
    turns = Counter(week_of(setting, turn.times[0]) for turn in floor.turns)
    found = []
    for week in range(setting.weeks):
        monday = setting.start + week * WEEK
        members = sum(agent.present(monday + WEEK - 1) for agent in floor.agents)
        stage = STAGES[setting.stages[week]]
        holiday = week in setting.holidays
        found.append(WeekTruth(monday, stage, holiday, causes.intensities(week), turns[week], members))
    return tuple(found)
