"""Ubuntu IRC with hand-annotated reply links, as logs `cq` can look at.

Kummerfeld et al., ACL 2019 (CC-BY-4.0), expected beside the repository. A nick is a name and its person; the
bots of the channel were annotated like people and are people here. Times are whole minutes.
"""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from cq.conversation import Talk

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "irc-disentanglement"
ANNOTATED_FROM = 1000
"""Links of earlier messages are not annotated; they are context."""

_SAID = re.compile(r"\[(\d\d):(\d\d)\] (?:<([^>]+)> ?| \* (\S+) ?)(.*)")
_TOKEN = re.compile(r"""[^\s,.:;!?"'()<>@=/~]+""")
_DAY = 1440


@dataclass(frozen=True)
class Row:
    """One line: minute (the one before's for lines without), nick (none for system lines) and text."""

    minute: int
    nick: str | None
    text: str


@dataclass(frozen=True)
class Log:
    """A file: its rows, and all annotated links as (answered, answering); threads start with themselves."""

    name: str
    rows: list[Row]
    links: frozenset[tuple[int, int]]


def read(split: str) -> list[Log]:
    """The files of ``train`` or ``dev`` by name."""
    return [_log(path) for path in sorted((DATA / split).glob("*.ascii.txt"))]


def _log(path: Path) -> Log:
    rows: list[Row] = []
    minute = day = 0
    for line in path.read_text(encoding="ascii").splitlines():
        if found := _SAID.match(line):
            hour, at, nick, actor, text = found.groups()
            clock = int(hour) * 60 + int(at)
            day += _DAY if day + clock < minute - _DAY // 2 else 0
            minute = max(minute, day + clock)
            rows.append(Row(minute, nick or actor, text))
        else:
            rows.append(Row(minute, None, line))
    name = path.name.removesuffix(".ascii.txt")
    pairs = [line.split() for line in path.with_name(f"{name}.annotation.txt").read_text().splitlines()]
    links = [tuple(sorted((int(pair[0]), int(pair[1])))) for pair in pairs]
    return Log(name, rows, frozenset((a, b) for a, b in links if b >= ANNOTATED_FROM))


def talk(log: Log, names_kept: float = 1.0) -> Talk:
    """The columns of a log; of ``names_kept`` of its rows the texts keep their nicks.

    In the other rows every word that is anybody's nick is cut out, address or not.
    """
    nicks = sorted({row.nick for row in log.rows if row.nick})
    number = {nick: index for index, nick in enumerate(nicks)}
    lowered = {nick.lower() for nick in nicks}

    def text(index: int, row: Row) -> str:
        if row.nick is None or zlib.crc32(b"%d" % index) % 1000 < names_kept * 1000:
            return row.text
        cut = _TOKEN.sub(lambda word: "" if word[0].lower() in lowered else word[0], row.text)
        return cut.lstrip(" ,:")

    return Talk(
        sent_at=np.array([row.minute * 60_000 for row in log.rows], np.int64),
        person=np.array([number.get(row.nick or "", -1) for row in log.rows], np.int32),
        human=np.array([row.nick is not None for row in log.rows], np.bool_),
        text=pa.array([text(index, row) for index, row in enumerate(log.rows)], pa.string()),
        reply_to=np.full(len(log.rows), -1, np.int64),
        mention_row=np.zeros(0, np.int64),
        mention_person=np.zeros(0, np.int32),
        names=[(nick,) for nick in nicks],
    )
