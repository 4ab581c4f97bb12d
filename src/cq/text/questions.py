"""Which texts ask something: marks, particles and question words, by rule.

A text is a question when it carries a cue of ``questions.toml`` (吗, 怎么, 求推荐, 有没有, 是不是, …)
or a question mark that follows words, once addresses, mentions and ``[stickers]`` are taken out and
what only looks like a question is masked: rhetoric (怎么这么贵, 难道…), list fillers and indefinites
(什么的, 没什么, 谁都), noises with a mark behind ("哈哈哈？", "？？？", "啊？").

It is not help-seeking, and it does not judge sincerity: greetings (在吗, 吃了吗), sales talk
(想赚钱吗), riddles and indirect questions (不知道怎么弄) count. A price or a number with a mark ("300？")
does not: bare digits are sign-ins and applause more often than questions; nor does a group notice
(【群公告…). Questions asked without cue or mark ("明天开会" with a rising tone) cannot be seen.
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

# Neither letter, digit nor punctuation that a rule looks for.
_MASK = "·"
_BREAK = r"[^\n。！!?？，,；;]*[?？]*"


class _Rules(NamedTuple):
    anything: str
    cue: str
    mark: str
    masks: tuple[tuple[str, str], ...]


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
        anything=f"[?？]|{either('cues', 'either_or_hint')}",
        cue=either("cues", "either_or"),
        # A letter that is no interjection, then a mark before the sentence ends.
        mark=rf"[^\P{{L}}{letters['interjections']}][^?？。！!\n]*[?？]",
        masks=(
            (either("announced"), _MASK),
            (either("noise"), " "),
            (f"(?:{either('rhetorical')}){_BREAK}", _MASK),
            (f"({either('indirect')})(?:{words})", rf"\1{_MASK}"),
            (either("indefinite"), _MASK),
        ),
    )


def is_question(texts: pa.Array) -> NDArray[np.bool_]:
    """One flag per text; a missing text is no question. ``texts``: Arrow strings, any length."""
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
