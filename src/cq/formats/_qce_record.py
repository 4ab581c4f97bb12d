"""The fields of QCE's records, of all its shapes together. What they mean is :mod:`_qce_message`'s business.

Anything may stand in an ``Any``: values are checked where they are used.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Sender(msgspec.Struct, gc=False):
    uid: Any = None
    uin: Any = None
    name: Any = None
    nickname: Any = None
    groupCard: Any = None
    remark: Any = None
    title: Any = None
    role: Any = None


class Element(msgspec.Struct, gc=False):
    type: Any = None
    data: Any = None


class Said(msgspec.Struct, gc=False):
    """``content``. ``elements`` are the truth where there are any; shape B has none.

    Tuples, since an empty list in every message is what Python's collector would look at again and again.
    """

    text: Any = None
    elements: tuple[Element, ...] | None = None
    mentions: tuple[Any, ...] | None = None
    reply: Any = None
    resources: tuple[Any, ...] | None = None
    location: Any = None
    card: Any = None
    multiForward: Any = None
    emojis: Any = None


class Raw(msgspec.Struct, gc=False):
    """What is used of NT's own record, which shape B and an option add."""

    sendNickName: Any = None
    sendMemberName: Any = None
    peerUin: Any = None
    elements: Any = None


class Receiver(msgspec.Struct, gc=False):
    uid: Any = None
    name: Any = None
    type: Any = None


class Message(msgspec.Struct, gc=False):
    id: Any = None
    seq: Any = None
    timestamp: Any = None
    sender: Sender | None = None
    type: Any = None
    content: Said | None = None
    recalled: Any = None
    system: Any = None
    rawMessage: Raw | None = None
    messageId: Any = None
    messageSeq: Any = None
    messageType: Any = None
    isSystemMessage: Any = None
    isRecalled: Any = None
    receiver: Receiver | None = None
