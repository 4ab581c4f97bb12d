"""The conversation as WeCom's message archive has it: without the rows that WeCom does not archive."""

from __future__ import annotations

import json
from collections.abc import Mapping

from invented import PEOPLE, Conversation, Told

from writers.wechat_json import Json, dump


def _wecom_body(told: Told) -> Json:
    match told.kind:
        case "text":
            return {"text": {"content": told.text}}
        case "file":
            return {"file": {"filename": told.title, "fileext": "xlsx", "md5sum": "00", "filesize": 1024}}
        case "link":
            return {"link": {"title": told.title, "description": "", "link_url": told.url, "image_url": ""}}
        case "red_packet":
            return {"redpacket": {"type": 1, "wish": told.title, "totalcnt": 3, "totalamount": 600}}
        case "forward":
            inside = {"type": "ChatRecordText", "content": '{"content":"里面的"}', "msgtime": 1}
            return {"chatrecord": {"title": told.title, "item": [inside]}}
        case "mini_program":
            return {
                "weapp": {"title": told.title, "description": "", "username": "gh_0", "displayname": "打卡"}
            }
        case "location":
            return {
                "location": {"longitude": 121.4, "latitude": 31.2, "title": told.title, "address": "体育馆"}
            }
        case "recall":
            return {"revoke": {"pre_msgid": "0_gone_external"}}
        case _:
            name = "emotion" if told.kind == "sticker" else told.kind
            return {name: {"md5sum": "00", "sdkfileid": "Cj"}}


def _wecom(conversation: Conversation) -> list[Json]:
    rows = []
    for told in conversation.rows:
        if told.event and told.event != "recall":
            continue
        body = _wecom_body(told)
        if told.event:  # what was recalled is in the archive, too
            body["revoke"]["pre_msgid"] = f"{3}_1_external"
        actor = PEOPLE[told.sender or told.actor or ""]
        row = {
            "msgid": f"{told.n}_1_external",
            "action": "recall" if told.event else "send",
            "from": actor.wxid,
        }
        row |= {
            "tolist": [p.wxid for p in PEOPLE.values() if p is not actor],
            "roomid": conversation.wechat_room,
        }
        rows.append(row | {"msgtime": told.seconds * 1000, "msgtype": next(iter(body)), **body})
    return rows


def wecom(conversation: Conversation) -> Mapping[str, bytes]:
    return {"archive.json": dump(_wecom(conversation))}


def wecom_wrapped(conversation: Conversation) -> Mapping[str, bytes]:
    rows = [
        {"seq": i, "msgid": row["msgid"], "msg": json.dumps(row)}
        for i, row in enumerate(_wecom(conversation))
    ]
    return {"archive.json": dump({"errcode": 0, "errmsg": "ok", "chatdata": rows})}


def wecom_lines(conversation: Conversation) -> Mapping[str, bytes]:
    return {
        "archive.jsonl": b"".join(dump(row, separators=(",", ":")) + b"\n" for row in _wecom(conversation))
    }


WRITERS = {
    "wecom-json": wecom,
    "wecom-json:wrapped": wecom_wrapped,
    "wecom-jsonl": wecom_lines,
}
