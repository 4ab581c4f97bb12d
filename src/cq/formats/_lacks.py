"""What an export cannot carry, by name: the columns of one table in the documentation.

Each format declares its own; nothing here knows a format.
"""

from __future__ import annotations

from enum import StrEnum


class Lack(StrEnum):
    """Something that no file of a format holds, however it was exported."""

    GROUP_ID = "group_id"  # the group's own id: a stand-in is made from its name
    GROUP_NAME = "group_name"
    MESSAGE_IDS = "native_id"
    SENDER_IDS = "sender_id"  # people are names: ``name:…``
    NAMES = "sender_name"  # people are ids only
    OWN_NAME = "own_name"  # the name of the owner of the export, who stands there as 我 or nothing
    SECONDS = "seconds"  # times are to the minute
    TIMES = "times"  # times are to the day, or carried over from other rows
    ZONE = "zone"  # times are those of the exporting computer: ``--tz``
    KINDS = "kinds"  # kinds are read from placeholders, which people can type, too
    EVENTS = "events"  # no rows for joins, recalls and the like
    EVENT_PEOPLE = "event_people"  # such rows, but not whom they are about
    REPLIES = "reply_to"
    QUOTES = "reply_quote"
    MENTIONS = "mentions"  # only as @name in the text
    LINKS = "url"
    TITLES = "card_title"  # titles of cards and files
    BREAKS = "breaks"  # line breaks inside a text
    LINES = "lines"  # of a text with several lines only the first
    OWN_TEXT = "own_text"  # the owner's messages are cut short
    OWN = "is_self"
    RECALLED = "recalled"


NAMED_TALK = frozenset(
    {
        Lack.GROUP_ID,
        Lack.MESSAGE_IDS,
        Lack.SENDER_IDS,
        Lack.ZONE,
        Lack.KINDS,
        Lack.REPLIES,
        Lack.MENTIONS,
        Lack.OWN,
        Lack.RECALLED,
    }
)
"""What logs for human readers lack, all of them: names, local times and placeholders are all they have."""
