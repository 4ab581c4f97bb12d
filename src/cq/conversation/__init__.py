"""What happens between people: turns, sessions and who answers whom, as columns over a log.

A log comes in as :class:`Talk` and is never changed. Nothing here knows a file format, a section of the
report or a language; what is found are numbers and links, to be counted by others.
"""

from cq.conversation._talk import Talk
from cq.conversation.replies import Explicit, How, Inferred, Replies, ReplySettings, replies
from cq.conversation.sessions import Sessions, SessionSettings, sessions
from cq.conversation.turns import Turns, TurnSettings, turns

__all__ = [
    "Explicit",
    "How",
    "Inferred",
    "Replies",
    "ReplySettings",
    "SessionSettings",
    "Sessions",
    "Talk",
    "TurnSettings",
    "Turns",
    "replies",
    "sessions",
    "turns",
]
