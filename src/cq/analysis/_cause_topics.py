"""What a group talks about: words of turns that say something, as counts over the commonest words.

A sample of each week is read (seeded, so that a log always gives the same figures): what a million messages
are about can be told from a few thousand. It knows words, not meanings: another word for the same thing
looks new. Nothing here judges.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cq.analysis._statistics import divergence
from cq.analysis._weeks import WEEK_MS
from cq.conversation.acts import Act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cq.analysis._cause_ground import Ground

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Bags = NDArray[np.float32]

PER_WEEK = 60
"""Turns read of a week."""
FOUNDING = 8
"""Weeks of a log that say what it was made for, as long as nobody else does."""
RECENT = 52
_WORDS = 1500
_CHARACTERS = 300
"""The beginning of a turn; what it is about stands there."""
_SHORTEST = 6
_DRAWS = 200
_SEED = 20_261_124
# Words that say how people talk, not about what; found in any conversation.
_COMMON_WORDS = """
我们 你们 他们 自己 大家 这个 那个 这样 那样 这么 那么 什么 怎么 怎样 为什么 哪个 哪里 哪些 多少
几个 一个 一下 一点 一些 一样 可以 可能 应该 需要 不是 不要 不会 不能 没有 就是 还是 但是 因为 所以
如果 虽然 而且 然后 或者 以及 已经 现在 今天 明天 昨天 时候 时间 知道 觉得 感觉 认为 建议 推荐 谢谢
感谢 请问 请教 求助 帮忙 有人 有没有 老师 朋友 各位 真的 其实 比较 非常 特别 一直 一般 主要 关键
最好 最后 首先 其次 第一 第二 之后 之前 以后 以前 的话 起来 出来 过来 下来 一次 问题 事情 东西 方面
情况 办法 方法 这种 那种 只有 只要 不用 还有 都是 也是 是不是 能不能 要不要 怎么办 怎么样 看看 试试
一定 不过 到底
"""
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True)
class Topics:
    """Turns that were read, in order. ``turn``: which; ``week``: their week in the ground, -1 before it;
    ``founding``: among the first weeks of the log; ``content``: substance or a request;
    ``bags``: [turn, word] whether the word is in it; ``words``: the words.
    """

    turn: Ints
    week: Ints
    session: Ints
    founding: Flags
    content: Flags
    bags: Bags
    words: Sequence[str]

    def __len__(self) -> int:
        return len(self.turn)

    @cached_property
    def vectors(self) -> Bags:
        """Unit vectors, words weighted by how few turns have them; zero where no word is known."""
        n = len(self.turn)
        rare = np.log((1 + n) / (1 + self.bags.sum(0))) + 1
        weighted = self.bags * rare.astype(np.float32)
        length = np.linalg.norm(weighted, axis=1, keepdims=True)
        unit: Bags = np.divide(weighted, length, out=np.zeros_like(weighted), where=length > 0)
        return unit

    def alike(self, chosen: Flags) -> float | None:
        """Mean cosine between different turns of those chosen: how much they are about one thing."""
        some = self.vectors[chosen]
        n = int((some.any(1)).sum())
        if n < 2:
            return None
        total = some.sum(0)
        return float((total @ total - n) / (n * (n - 1)))

    def changed(self, before: Flags, after: Flags) -> tuple[float, float] | None:
        """How far the words of two blocks lie apart (JSD), and the chance of that if sessions could have
        been in either: turns of one session share a topic, so that drawing turns would find too much."""
        some = np.flatnonzero(before | after)
        if not before.any() or not after.any():
            return None
        place, later = self.session[some], after[some]
        sessions, of = np.unique(place, return_inverse=True)
        counts = np.zeros((len(sessions), self.bags.shape[1]))
        np.add.at(counts, of, self.bags[some])
        side = np.zeros(len(sessions), np.bool_)
        side[of] = later
        total = counts.sum(0)
        seen = divergence(counts[~side].sum(0), counts[side].sum(0))
        rng = np.random.default_rng(_SEED)
        drawn = rng.permuted(np.tile(side, (_DRAWS, 1)), axis=1).astype(np.float64) @ counts
        far = np.array([divergence(total - one, one) for one in drawn])
        return seen, float((np.count_nonzero(far >= seen - 1e-12) + 1) / (_DRAWS + 1))


def topics(ground: Ground) -> Topics:
    """What the turns of the founding weeks and of the last year are about; worked out once."""
    memo, key = ground.view.memo, ("topics", ground.end)
    if key not in memo:
        memo[key] = _topics(ground)
    found: Topics = memo[key]
    return found


def _topics(ground: Ground) -> Topics:
    turns = ground.found.turns
    start = turns.start_ms
    week = (ground.end - 1 - start) // WEEK_MS  # counted back, 0 is now
    content = np.flatnonzero(_topical(ground))
    oldest = week[content].max(initial=-1)
    active = np.unique(week[content])[::-1][:FOUNDING]
    wanted = content[np.isin(week[content], active) | (week[content] < RECENT)]
    # A seeded order in each week; the first of it are read.
    rng = np.random.default_rng(_SEED)
    order = np.lexsort((rng.random(len(wanted)), week[wanted]))
    of = week[wanted][order]
    place = np.arange(len(of)) - np.searchsorted(of, of)
    turn = np.sort(wanted[order[place < PER_WEEK]])
    bags, words = _bags(_texts(ground, turn))
    now = len(ground.weeks) - 1 - week[turn]
    founding = np.isin(week[turn], active) if oldest >= 0 else np.zeros(len(turn), np.bool_)
    session = ground.found.sessions.of_turn[turn]
    return Topics(turn, np.maximum(now, -1), session, founding, ground.content[turn], bags, words)


def _topical(ground: Ground) -> Flags:
    """Turns that say something: substance and requests, and questions and answers of some length."""
    spoken = ground.has(Act.QUESTION, Act.ANSWER) & (ground.found.turns.characters >= _SHORTEST) & ~ground.ads
    some: Flags = (ground.content & (ground.found.turns.characters > 0)) | spoken
    return some


def _texts(ground: Ground, turn: Ints) -> list[str]:
    """The words of turns, their rows joined."""
    import pyarrow as pa

    turns, view = ground.found.turns, ground.view
    rows = [
        row
        for first, last in zip(turns.first_row[turn].tolist(), turns.last_row[turn].tolist(), strict=True)
        for row in range(first, last + 1)
    ]
    kept = np.array(rows, np.int64)
    kept = kept[turns.of_row[kept] >= 0]
    said = view.text.take(pa.array(kept)).to_pylist()
    out: dict[int, list[str]] = {}
    for owner, text in zip(turns.of_row[kept].tolist(), said, strict=True):
        if text:
            out.setdefault(owner, []).append(text)
    return [" ".join(out.get(one, ()))[:_CHARACTERS] for one in turn.tolist()]


def _bags(texts: Sequence[str]) -> tuple[Bags, list[str]]:
    """Which of the commonest words (in two turns or more) each text has."""
    from cq.text.segment import words

    told = [{w.lower() for w in one if _tells(w)} for one in words(texts)]
    common = Counter(w for one in told for w in one)
    kept = [w for w, n in sorted(common.items(), key=lambda x: (-x[1], x[0])) if n > 1][:_WORDS]
    place = {w: i for i, w in enumerate(kept)}
    bags = np.zeros((len(texts), len(kept)), np.float32)
    for row, one in enumerate(told):
        bags[row, [place[w] for w in one if w in place]] = 1
    return bags, kept


def _tells(word: str) -> bool:
    """Whether a word can say what something is about: two letters or more, no number, no common word."""
    return len(word) > 1 and word not in _COMMON and word.isalpha() and (len(word) > 2 or not word.isascii())


def about(ground: Ground, texts: Sequence[str]) -> set[str]:
    """The telling words of some texts (a name, announcements, the operator's keywords)."""
    from cq.text.segment import words

    return {w.lower() for one in words(list(texts)) for w in one if _tells(w)}
