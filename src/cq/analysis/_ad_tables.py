"""The tables about ads: kinds, senders, examples with their reasons, campaigns, domains, floods.

Rows for those who clean up, most urgent first. Names and words stand here as they are; masking them is
for reports. It decides nothing: what is an ad was decided before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cq.ads.verdict import AD_KINDS, KINDS, AdKind
from cq.analysis._aftermath import gone
from cq.analysis._who import iso

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cq.ads.group import GroupAds
    from cq.analysis import GroupView
    from cq.analysis._ads import Marked
    from cq.analysis._aftermath import Handling
    from cq.section import ColumnKind

    Ints = NDArray[np.int64]

Rows = list[tuple[object, ...]]

EXAMPLES = 10

TABLES: dict[str, dict[str, ColumnKind]] = {
    "kinds": {"kind": "code", "confirmed": "count", "suspected": "count", "share": "ratio"},
    "senders": {
        "member_id": "member_id", "name": "name", "confirmed": "count", "suspected": "count",
        "share": "ratio", "kinds": "code", "last_at": "time", "gone": "bool", "handled": "count",
        "role": "code", "joined_at": "time", "first_at": "time",
    },
    "examples": {
        "message_id": "message_id", "sent_at": "time", "member_id": "member_id", "name": "name",
        "verdict": "code", "kind": "code", "text": "text", "why": "code",
    },
    "campaigns": {
        "text": "text", "kind": "code", "posts": "count", "senders": "count", "first_at": "time",
        "last_at": "time",
    },
    "domains": {"domain": "text", "links": "count", "confirmed": "count", "senders": "count"},
    "floods": {
        "member_id": "member_id", "name": "name", "messages": "count", "share": "ratio", "why": "code",
        "last_at": "time",
    },
}  # fmt: skip


def every(
    view: GroupView, found: GroupAds, said: Marked, handling: Handling | None, width: int
) -> dict[str, Rows]:
    """All of them, by name."""
    return {
        "kinds": _kinds(said),
        "senders": _senders(view, said, handling),
        "examples": _examples(view, found, said, width),
        "campaigns": _campaigns(view, found, said, width),
        "domains": _domains(view, said),
        "floods": _floods(view, found, said),
    }


def _kinds(said: Marked) -> Rows:
    """Most first. Of chains the suspected ones make the share, as they can hardly be more."""
    confirmed = np.bincount(said.kind[said.confirmed], minlength=len(KINDS)).tolist()
    suspected = np.bincount(said.kind[said.suspected], minlength=len(KINDS)).tolist()
    rows: list[tuple[int, int, tuple[object, ...]]] = []
    for code, kind in enumerate(AD_KINDS):
        sure, unsure = confirmed[code], suspected[code]
        if kind is AdKind.CHAIN:
            sure, unsure = 0, int(said.chain.sum())
        if sure or unsure:
            part = unsure if kind is AdKind.CHAIN else sure
            rows.append((-sure, -unsure, (kind.value, sure, unsure, part / len(said))))
    return [row[-1] for row in sorted(rows, key=lambda row: row[:2])]


def _senders(view: GroupView, said: Marked, handling: Handling | None) -> Rows:
    """The list to clean up by: who sent confirmed ads, most first. A suspicion puts nobody on it."""
    people = len(view.people)
    own = np.bincount(said.person[said.signed], minlength=people).tolist()
    suspected = np.bincount(said.person[said.suspected & said.signed], minlength=people).tolist()
    done = None
    if handling is not None:
        done = np.bincount(said.person[said.confirmed][handling.done], minlength=people).tolist()
    away = gone(view)
    rows: list[tuple[int, int, int, tuple[object, ...]]] = []
    for i, ads in _by_sender(said, said.confirmed & said.signed):
        sure, unsure = len(ads), suspected[i]
        person = view.people[i]
        row = (
            person.id, person.name, sure, unsure, sure / own[i], _codes(said.kind[ads]),
            view.time(int(said.row[ads[-1]])), None if away is None else i in away,
            None if done is None else done[i], person.role,
            iso(view, _joined(view, int(said.row[ads[-1]]))), view.time(int(said.row[ads[0]])),
        )  # fmt: skip
        rows.append((-sure, -unsure, int(said.row[ads[0]]), row))
    return [row[-1] for row in sorted(rows, key=lambda row: row[:3])]


def _joined(view: GroupView, row: int) -> int | None:
    from cq.analysis._ads import joined_at

    at = int(joined_at(view, np.array([row]))[0])
    return at if at >= 0 else None


def _by_sender(said: Marked, flags: NDArray[np.bool_]) -> list[tuple[int, Ints]]:
    """The places of flagged messages by person."""
    at = np.flatnonzero(flags)
    order = at[np.argsort(said.person[at], kind="stable")]
    people, starts = np.unique(said.person[order], return_index=True)
    # Without any the split still yields one empty part; zip drops it.
    return list(zip(people.tolist(), np.split(order, starts[1:]), strict=False))


def _codes(kinds: NDArray[np.int8]) -> list[str]:
    """The kinds that occur, most first."""
    count = np.bincount(kinds, minlength=len(KINDS))
    return [KINDS[i].value for i in np.argsort(-count, kind="stable").tolist() if count[i]]


def _examples(view: GroupView, found: GroupAds, said: Marked, width: int) -> Rows:
    """The strongest, confirmed ones first; of a campaign and of one and the same words only one."""
    odd = np.flatnonzero(said.confirmed | said.suspected | said.chain)
    row = said.row[odd]
    order = odd[np.lexsort((row, -found.score[row], -found.outcome[row].astype(np.int64)))]
    chosen: list[int] = []
    seen: set[object] = set()
    for at in order.tolist():
        campaign = int(said.campaign[at])
        key = campaign if campaign >= 0 else view.excerpt(int(said.row[at]), width)
        if key not in seen:
            seen.add(key)
            chosen.append(int(said.row[at]))
        if len(chosen) == EXAMPLES:
            break
    rows: Rows = []
    verdicts = found.verdicts(np.array(chosen, np.int64)) if chosen else []
    for at, verdict in zip(chosen, verdicts, strict=True):
        person = view.people[view.person[at]]
        # What can be shown in the words comes first; the weight of the model is on a scale of its own.
        evidence = sorted(verdict.evidence, key=lambda e: (e.span is None, -e.weight))
        why = list(dict.fromkeys(e.rule for e in evidence))
        words = view.excerpt(at, width)
        row_ = (verdict.message_id, view.time(at), person.id, person.name, verdict.verdict)
        rows.append((*row_, verdict.kind.value, words, why))
    return rows


def _campaigns(view: GroupView, found: GroupAds, said: Marked, width: int) -> Rows:
    """Texts of ads that were posted at least twice in the window, most posts first."""
    at = np.flatnonzero((said.confirmed | said.suspected | said.chain) & (said.campaign >= 0))
    order = at[np.argsort(said.campaign[at], kind="stable")]
    starts = np.unique(said.campaign[order], return_index=True)[1]
    rows: list[tuple[int, int, tuple[object, ...]]] = []
    for posts in np.split(order, starts[1:]) if len(order) else []:
        if len(posts) < 2:
            continue
        row = said.row[posts]
        best = int(row[np.argmax(found.score[row])])
        senders = len(np.unique(said.person[posts]))
        times = view.time(int(row[0])), view.time(int(row[-1]))
        kind = KINDS[found.kind[best]].value
        rows.append(
            (-len(posts), int(row[0]), (view.excerpt(best, width), kind, len(posts), senders, *times))
        )
    return [row[-1] for row in sorted(rows, key=lambda row: row[:2])]


def _domains(view: GroupView, said: Marked) -> Rows:
    """Where the links of confirmed ads lead, with all messages of the window that link there.

    A message counts for its card's address, else for the first one in its words.
    """
    if not said.confirmed.any():
        return []
    place, code, names = _linked(view, said)
    n = len(names)
    sure = said.confirmed[place]
    links, ads = (np.bincount(code[flags], minlength=n).tolist() for flags in (slice(None), sure))
    pairs = np.unique(code[sure].astype(np.int64) * (len(view.people) + 1) + said.person[place[sure]])
    senders = np.bincount(pairs // (len(view.people) + 1), minlength=n).tolist()
    rows = [
        (names[i], links[i], ads[i], senders[i])
        for i in sorted(range(n), key=lambda i: (-ads[i], -links[i], names[i]))
    ]
    return [row for row in rows if row[2]]


def _linked(view: GroupView, said: Marked) -> tuple[Ints, Ints, list[str]]:
    """The places of messages with a link, the number of each one's domain, and the domains."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from cq.ads.links import domain

    lo, hi = int(said.row[0]), int(said.row[-1]) + 1
    texts, urls = view.text.slice(lo, hi - lo), view.url.slice(lo, hi - lo)
    linked = pc.or_(pc.is_valid(urls), pc.fill_null(pc.match_substring(texts, "://"), False))
    place = np.flatnonzero(np.asarray(linked)[said.row - lo])
    at = pa.array(said.row[place] - lo)
    host = r"(?P<host>(?i)https?://[^\s/?#\p{Han}]{1,255})"
    found = [pc.struct_field(pc.extract_regex(column.take(at), host), "host") for column in (urls, texts)]
    hosts = pc.coalesce(*found).dictionary_encode()
    known = [domain(url) for url in hosts.dictionary.to_pylist()]
    names = sorted({name for name in known if name})
    number = {name: i for i, name in enumerate(names)}
    table = np.array([number.get(name or "", -1) for name in known] + [-1], np.int64)
    code = table[np.asarray(pc.fill_null(hosts.indices, -1), np.int64)]
    return place[code >= 0], code[code >= 0], names


def _floods(view: GroupView, found: GroupAds, said: Marked) -> Rows:
    """Who floods: how much of what they say, and by what it was seen, most first."""
    from cq.ads.flood import REASONS

    own = np.bincount(said.person[said.signed], minlength=len(view.people)).tolist()
    rows: list[tuple[int, int, tuple[object, ...]]] = []
    for i, at in _by_sender(said, said.flood & said.signed):
        reasons = np.bincount(found.flood_reason[said.row[at]], minlength=len(REASONS))
        why = [REASONS[k] for k in np.argsort(-reasons, kind="stable").tolist() if reasons[k]]
        person, last = view.people[i], int(said.row[at[-1]])
        row = (person.id, person.name, len(at), len(at) / own[i], why, view.time(last))
        rows.append((-len(at), last, row))
    return [row[-1] for row in sorted(rows, key=lambda row: row[:2])]
