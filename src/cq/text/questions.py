"""Which texts ask something: marks, particles and question words by rule, looked at once more by weights.

By rule a text is a question when it carries a cue of ``questions.toml`` (吗, 怎么, 求推荐, 有没有, 是不是, …)
or a question mark that follows words, once addresses, mentions and ``[stickers]`` are taken out and
what only looks like a question is masked: rhetoric (怎么这么贵, 难道…), list fillers and indefinites
(什么的, 没什么, 谁都), noises with a mark behind ("哈哈哈？", "？？？", "啊？").

Of short texts without a question mark, weights of characters (:mod:`cq.text.question_weights`) then take out
those with a cue in a statement ("我也不知道他在哪"), and add those that ask without cue ("你没生气吧"). They
add no rhetoric and no indefinite, and take out nothing that has a pause inside or speaks to a group (求…,
请问…, 大家…). What was measured stands in ``benchmarks/questions``.

It is not help-seeking, and it does not judge sincerity: greetings (在吗, 吃了吗), sales talk
(想赚钱吗), riddles and indirect questions (不知道怎么弄) count. A price or a number with a mark ("300？")
does not: bare digits are sign-ins and applause more often than questions; nor does a group notice
(【群公告…). Questions by tone alone ("明天开会") can hardly be seen.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cq.text.question_weights import Weights

# Neither letter, digit nor punctuation that a rule looks for.
_MASK = "·"
_BREAK = r"[^\n。！!?？，,；;]*[?？]*"


LONGEST = 40
"""Characters up to which weights are asked: they know a spoken line, not a letter."""
LEAST_ADDED, MOST_REFUSED = -1 << 18, -3 << 19
"""Scores: a text that the rules pass over asks above -0.25, a chance of 0.44; one with a cue does not below
-1.5, a chance of 0.18. From -0.5 to 0 and from -2 to -1.5, F1 on held-out shows stays within 0.006."""

# Without one of these letters hardly anything that has no cue asks.
_UNCUED = "[吧你您妳什甚么麼凭憑]"


class _Rules(NamedTuple):
    anything: str
    cue: str
    sure: str
    mark: str
    masks: tuple[tuple[str, str], ...]
    noise: str
    settled: str
    polite: str


@cache
def _rules() -> _Rules:
    page = tomllib.loads(files("cq.text").joinpath("questions.toml").read_text(encoding="utf-8"))
    letters, rules = page["letters"], page["rules"]
    pairs = [f"{c}不{c}" for c in letters["a_not_a"]]
    pairs += [f"{c}[没沒]{c}" for c in letters["a_did_not_a"]]
    fragments = {**page["fragments"], "ME": "[么麼麽]", "A_NOT_A": "|".join(pairs)}

    def either(*names: str) -> str:
        joined = "|".join(f"(?:{rule})" for name in names for rule in rules[name])
        return re.sub(r"<([A-Z_]+)>", lambda m: fragments[m[1]], joined)

    words = "|".join(fragments[name] for name in ("WHAT", "HOW", "MUCH"))
    return _Rules(
        anything=f"[?？]|{either('cues', 'sure', 'either_or_hint')}",
        cue=either("cues", "sure", "either_or"),
        sure=f"[?？]|{either('sure', 'to_all')}",
        # A letter that is no interjection, then a mark before the sentence ends.
        mark=rf"[^\P{{L}}{letters['interjections']}][^?？。！!\n]*[?？]",
        masks=(
            (either("announced"), _MASK),
            (either("noise"), " "),
            (f"(?:{either('rhetorical')}){_BREAK}", _MASK),
            (f"({either('indirect')})(?:{words})", rf"\1{_MASK}"),
            (either("indefinite"), _MASK),
        ),
        noise=either("noise"),
        # A mark, rhetoric, an indefinite or a notice says itself what the text is.
        polite=either("polite"),
        settled=rf"[?？]|[。！!][\s\p{{Z}}]*$|{either('announced', 'rhetorical', 'indefinite')}",
    )


def is_question(texts: pa.Array, weights: Weights | None = None) -> NDArray[np.bool_]:
    """One flag per text; a missing text is no question. ``texts``: Arrow strings, any length.

    ``weights``: others than those of the package.
    """
    import numpy as np
    import pyarrow.compute as pc

    flags = by_rule(texts)
    if len(texts) == 0:
        return flags
    rules = _rules()
    short = np.asarray(pc.fill_null(pc.less_equal(pc.utf8_length(texts), LONGEST), False))
    uncued = np.asarray(pc.fill_null(pc.match_substring_regex(texts, _UNCUED), False))
    rows = np.flatnonzero(short & (flags | uncued))
    score, ruled = _scores(texts, rows, flags, weights), flags[rows]
    # Few are left, so the dear patterns come last.
    flags[_unsettled(texts, rows[~ruled & (score > LEAST_ADDED)], rules.settled)] = True
    flags[_unsettled(texts, rows[ruled & (score < MOST_REFUSED)], rules.sure)] = False
    return flags


def _unsettled(texts: pa.Array, rows: NDArray[np.int64], settled: str) -> NDArray[np.int64]:
    """Those of the rows that a pattern does not find."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    return rows[~np.asarray(pc.match_substring_regex(texts.take(pa.array(rows)), settled), np.bool_)]


def _scores(
    texts: pa.Array, rows: NDArray[np.int64], ruled: NDArray[np.bool_], weights: Weights | None
) -> NDArray[np.int64]:
    import pyarrow as pa

    from cq.text.question_weights import scores, shipped

    return scores(cleaned(texts.take(pa.array(rows))), ruled[rows], weights or shipped())


def cleaned(texts: pa.Array) -> pa.Array:
    """Texts as the weights read them: no addresses, mentions, stickers, line breaks, final full stops."""
    import pyarrow.compute as pc

    for pattern, instead in ((_rules().noise, " "), (r"[\s\p{Z}]+", " "), (r"^ |[。！!~～… ]+$", "")):
        texts = pc.replace_substring_regex(texts, pattern, instead)
    return texts


def wording(texts: pa.Array) -> pa.Array:
    """What is asked, to be compared: letters and digits, without politeness and final particles."""
    import pyarrow.compute as pc

    bare = pc.replace_substring_regex(pc.utf8_lower(cleaned(texts)), r"[^\p{L}\p{N}]+", "")
    return pc.replace_substring_regex(bare, _rules().polite, "")


def by_rule(texts: pa.Array) -> NDArray[np.bool_]:
    """The same by the rules alone: every flag has a reason that can be shown."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rules = _rules()
    flags = np.zeros(len(texts), dtype=bool)
    if len(texts) == 0:
        return flags
    maybe = pc.fill_null(pc.match_substring_regex(texts, rules.anything), False)
    rows = np.flatnonzero(np.asarray(maybe))
    if len(rows) == 0:
        return flags
    some = texts.take(pa.array(rows))
    for pattern, instead in rules.masks:
        some = pc.replace_substring_regex(some, pattern, instead)
    found = pc.or_(pc.match_substring_regex(some, rules.cue), pc.match_substring_regex(some, rules.mark))
    flags[rows] = np.asarray(found)
    return flags
