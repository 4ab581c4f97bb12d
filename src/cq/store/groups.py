"""Which group is which, where an export knows a group only by its name.

``name:X`` is the native group of the platform that was ever called X, when there is exactly one and the two
lie near in time: names are given again, but hardly to a group that stops as the other begins. Two native
ids are never one group. It knows names and times, not rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from cq.model import Group

STAND_IN = "name:"

NEAR_MS = 45 * 86_400_000
"""Monthly exports of one group touch; a fortnight's holiday does not part them."""


class Heads:
    """What sources say of groups: names, platforms, whether private, and the formats they come in."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}
        self.formats: dict[str, set[str]] = {}
        self._platforms: dict[str, set[str]] = {}
        self._chats: dict[str, set[str]] = {}

    def learn(self, group: str, name: str | None, platform: str, format_id: str | None = None) -> None:
        """One row's word, or one description's."""
        if name:
            self.names.setdefault(group, set()).add(name.strip())
        if platform != "unknown":
            self._platforms.setdefault(group, set()).add(platform)
        if format_id is not None:
            self.formats.setdefault(group, set()).add(format_id)

    def learn_groups(self, groups: Iterable[Group]) -> None:
        """What descriptions of groups say."""
        for group in groups:
            self.learn(group.group_id, group.group_name, group.platform)
            if group.chat_kind != "unknown":
                self._chats.setdefault(group.group_id, set()).add(group.chat_kind)

    def with_others(self, other: Heads) -> Heads:
        """What both say."""
        both = Heads()
        for told in (self, other):
            for mine, theirs in zip(both._all(), told._all(), strict=True):
                for group, values in theirs.items():
                    mine.setdefault(group, set()).update(values)
        return both

    def _all(self) -> tuple[dict[str, set[str]], ...]:
        return self.names, self.formats, self._platforms, self._chats

    def namesakes(self) -> dict[str, str]:
        """Stand-ins for groups, each with the only native group it can be by its name."""
        bearers: dict[str, list[str]] = {}
        for group in sorted(self.formats):
            for name in () if group.startswith(STAND_IN) else self.names.get(group, ()):
                bearers.setdefault(name, []).append(group)
        found = {}
        for group in sorted(self.formats):
            name = group.removeprefix(STAND_IN).strip()
            if group.startswith(STAND_IN) and name:
                alike = [g for g in bearers.get(name, ()) if self._may_be(group, g)]
                if len(alike) == 1:
                    found[group] = alike[0]
        return found

    def _may_be(self, one: str, other: str) -> bool:
        """Whether nothing said of the two forbids that they are one."""
        for told in (self._platforms, self._chats):
            mine, theirs = told.get(one, set()), told.get(other, set())
            if mine and theirs and not mine & theirs:
                return False
        return True


def near(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two spans of time overlap, or nearly touch."""
    return one[0] <= other[1] + NEAR_MS and other[0] <= one[1] + NEAR_MS
