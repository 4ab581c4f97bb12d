"""Web pages: JSON in scripts, blocks of HTML, and what people put into both."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from raw import SHANGHAI, read, source

from cq.errors import InputError
from cq.formats import identify
from cq.formats._embedded import literal, unescaped
from cq.formats._markup import Trees, plain
from cq.formats._page_pieces import pieces
from cq.reading import ReadRequest
from cq.reading import read as merged

HEAD = "<!DOCTYPE html>\n<html><head><title>周末骑行小队 - 聊天记录</title></head><body>\n"


def weflow(*items: str, head: str = HEAD, end: str = "\n];\nrender();\n</script></body></html>") -> bytes:
    return (head + "<script>\nwindow.WEFLOW_DATA = [\n" + ",\n".join(items) + end).encode()


def item(text: str, name: str = "阿北", at: int = 1769900000, **more: object) -> str:
    body = f'<div class="sender-name">{name}</div><div class="message-text">{text}</div>'
    return json.dumps({"i": 1, "t": at, "s": 0, "a": "", "b": body, **more}, ensure_ascii=False)


def block(text: str, at: str = "2022-02-01 09:00:00", wxid: str = "wxid_aaaa0001", name: str = "阿北") -> str:
    return (
        f'<div class="msg chat left" msgid="1" msgtype="1"><div><span class="dspname left" wxId="{wxid}">{name}</span>'
        f" {at}</div><div><pre>{text}</pre></div></div>\n"
    )


def exporter(*blocks: str) -> bytes:
    return (HEAD.replace("聊天记录", "微信聊天记录") + "".join(blocks) + "</body></html>").encode()


def qce(*blocks: str) -> bytes:
    meta = '<!-- QCE_METADATA: {"chatName":"周末羽毛球","chatType":"group","peerUid":"700000001"} -->'
    return f"<!DOCTYPE html>\n<html>\n{meta}\n<body><div>\n{''.join(blocks)}</div></body></html>".encode()


def qce_block(content: str, n: int = 1, at: str = "2026/01/01 09:13:20") -> str:
    return (
        f'<div class="message-block" data-date="2026-01-01"><div class="message other" data-sender-uid="u_aAAAA" id="msg-740000000000000000{n}">'
        f'<span class="sender">阿宽</span><span class="time">{at}</span>'
        f'<div class="message-bubble"><div class="content">{content}</div></div></div></div>\n'
    )


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


# -- which tool ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "window.CHAT_DATA = {",
        "const messagesData = [",
        "const chatMessages = [ {",
        'class="msg chat ',
        "const local_msg_list = [",
        "<!-- QCE_METADATA: {",
        "window.WEFLOW_DATA = [",
    ],
)
def test_a_mark_that_somebody_typed_decides_nothing(typed: str) -> None:
    assert identify(source(weflow(item(typed)))).format.id == "weflow-html"
    assert identify(source(exporter(block("早"), block(typed)))).format.id == "wechatexporter-html"


def test_a_page_that_only_reads_the_data_is_no_export() -> None:
    page = HEAD + "<script>const d = window.CHAT_DATA || {}; show(window.WEFLOW_DATA);</script></body></html>"
    with pytest.raises(InputError) as refused:
        identify(source(page.encode()))
    assert refused.value.code == "html_page"


def test_a_classic_page_of_qce_is_sent_back() -> None:
    page = "<!DOCTYPE html><html><head><title>QQ聊天记录</title></head><body>QQChatExporter V4<div class='message'>早</div></body></html>"
    with pytest.raises(InputError) as refused:
        identify(source(page.encode()))
    assert refused.value.code == "qce_old_page"


# -- JSON in a script ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [7, 64, 1000])
def test_the_blocks_of_a_file_do_not_matter(size: int) -> None:
    data = weflow(item("早"), item("&lt;b&gt; 👋<br>二", at=1769900001), item("三", at=1769900002))
    whole, cut = read(data, "weflow-html"), read(data, "weflow-html", block=size)
    assert cut.rows == whole.rows
    assert whole.column("text") == ["早", "<b> 👋\n二", "三"]


def test_a_problem_names_the_line_of_the_page() -> None:
    data = weflow(item("早"), '{"i":2,"t":1769900001,"b":"<div', item("好", at=1769900002), item("晚", at=-5))
    found = read(data, "weflow-html")
    assert found.column("text") == ["早", "好"]
    lines = data.decode().split("\n")
    places = {problem.code: int(problem.where.rsplit(":", 1)[1]) for problem in found.problems}
    assert lines[places["bad_json"] - 1].startswith('{"i":2')
    assert '"t": -5' in lines[places["bad_time"] - 1]


def test_a_page_that_breaks_off_keeps_what_it_has() -> None:
    found = read(weflow(item("早"), item("好")[:-9], end=""), "weflow-html")
    assert found.column("text") == ["早"]
    assert found.codes == ["truncated"]


def test_a_script_without_messages_says_so() -> None:
    assert read(weflow(), "weflow-html").codes == ["no_records"]


def test_weflow_keeps_servers_ids_only() -> None:
    found = read(
        weflow(item("早", p="7000000000000000001"), item("好", p="images/1.jpg", r="7000000000000000001")),
        "weflow-html",
    )
    assert found.column("native_id") == ["7000000000000000001", None]
    assert found.column("reply_to") == [None, "7000000000000000001"]


def test_a_private_chat_shows_no_names() -> None:
    rows = [
        json.dumps({"t": 1769900000 + s, "s": s, "b": '<div class="message-text">早</div>'}) for s in (0, 1)
    ]
    assert read(weflow(*rows), "weflow-html").column("sender_id") == ["name:周末骑行小队", "self"]


def test_a_name_with_colons_before_a_quotation() -> None:
    body = '<div class="sender-name">西西</div><div class="quoted-message">Λ 9:30：七点：桥头</div><div class="message-text">好</div>'
    found = read(weflow(item("早", "Λ 9:30"), json.dumps({"t": 1769900009, "b": body})), "weflow-html")
    assert found.rows[1]["reply_quote"] == "七点：桥头"


# -- JavaScript literals --------------------------------------------------------------------------------

LITERAL = r"""[{ a:'it\'s "q" \x41\u4f60\u{1F600}\/', 'b':"x:1, {y}", c:undefined, d:-1.5e3, e:'two\
 lines',
f:true,},]"""


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_a_literal_becomes_json(size: int) -> None:
    made = b"".join(literal(in_pieces(LITERAL.encode(), size)))
    wanted = {"a": 'it\'s "q" A你😀/', "b": "x:1, {y}", "c": None, "d": -1500.0, "e": "two lines", "f": True}
    assert json.loads(made) == [wanted]
    assert made.count(b"\n") == 1


def test_a_lost_quote_costs_its_line() -> None:
    rows = [
        f"{{ type:1, text: '第{n}',is_send:0,timestamp:17067492{n:02},displayname:'阿北'}}," for n in range(9)
    ]
    rows[4] = rows[4].replace("text: '", "text: ")
    page = HEAD + "<script>\nconst chatMessages = [\n" + "\n".join(rows) + "\n];</script></body></html>"
    found = read(page.encode(), "memotrace2-html")
    assert found.column("text") == [f"第{n}" for n in range(9) if n != 4]
    assert [p.where for p in found.problems] == ["x.txt:9"]


def test_a_literal_is_never_run_and_takes_no_time() -> None:
    for hostile in (b"'" * 200_000, b"\\'" * 100_000, b"{a:" * 100_000, b"'\\" * 100_000, b"a" * 500_000):
        begun = time.process_time()
        list(literal(in_pieces(b"[{ x:" + hostile, 4096)))
        assert time.process_time() - begun < 5


def test_strings_of_a_script() -> None:
    assert unescaped(rb"a\"b\/c\n\u4f60\ud83d\ude00\ud83d").decode() == 'a"b/c\n你😀\ufffd'


# -- MemoTrace, EchoTrace, CipherTalk ---------------------------------------------------------------------


def memotrace2(*rows: str) -> bytes:
    return (
        HEAD + "<script>\nconst chatMessages = [\n" + "\n".join(rows) + "\n];</script></body></html>"
    ).encode()


@pytest.mark.parametrize(
    ("avatar", "person"),
    [
        ("./avatar/wxid_aaaa0001.png", "wxid_aaaa0001"),
        (r".\\avatar\\zhang_san88.jpg", "zhang_san88"),
        ("./avatar/default_avatar.png", "name:阿北"),
        ("http://wx.qlogo.cn/mmhead/wxid_aaaa0001.png", "name:阿北"),
        ("", "name:阿北"),
    ],
)
def test_the_picture_names_the_sender(avatar: str, person: str) -> None:
    row = f"{{ type:1, text:'早',is_send:0,avatar_path:'{avatar}',timestamp:1706749200,displayname:'阿北'}},"
    assert read(memotrace2(row)).column("sender_id") == [person]


def test_memotrace3_texts_are_escaped_for_certain() -> None:
    row = {
        "type": "1",
        "is_send": 0,
        "timestamp": 1769900000,
        "server_id": "7000000000000000001",
        "display_name": "阿北",
    }
    rows = [
        row | {"text": "&amp;lt; 是实体<br>好"},
        row | {"text": "<a href='x'>看</a>", "server_id": "7000000000000000002"},
    ]
    page = f"{HEAD}<script>\nconst chatMessages = {json.dumps(rows)};\nconst wxid = '10000000001@chatroom';\n</script></body></html>"
    found = read(page.encode())
    assert found.rows[0]["text"] == "&lt; 是实体\n好"
    assert list(found.groups) == ["10000000001@chatroom"]


def test_echotraces_chat_is_no_person() -> None:
    rows = [
        {
            "content": "&lt;早&gt;",
            "isSend": False,
            "senderName": "阿北",
            "timestamp": 1769900000,
            "avatarKey": "wxid_a000001",
        },
        {
            "content": "你撤回了一条消息",
            "senderName": "群成员",
            "timestamp": 1769900001,
            "avatarKey": "10000000001@chatroom",
        },
        {
            "content": "我的",
            "isSend": True,
            "senderName": "西西",
            "timestamp": 1769900002,
            "avatarKey": "wxid_me00001",
        },
    ]
    page = f"{HEAD}<script>const messagesData = {json.dumps(rows)};</script></body></html>"
    found = read(page.encode())
    assert found.column("sender_id") == ["wxid_a000001", None, "wxid_me00001"]
    assert found.rows[0]["text"] == "<早>"
    assert found.rows[1]["event_actor"] == "wxid_me00001"
    assert list(found.groups) == ["10000000001@chatroom"]


def test_ciphertalks_head_may_stand_behind_the_messages() -> None:
    said = {
        "timestamp": 1769900000123,
        "sender": "wxid_a000001",
        "type": "文本消息",
        "content": "早",
        "isSend": 0,
    }
    data = {
        "messages": [said],
        "members": [{"id": "wxid_a000001", "name": "阿北"}],
        "meta": {"sessionId": "10000000001@chatroom"},
    }
    found = read(f"window.CHAT_DATA = {json.dumps(data)}\n".encode())
    assert found.rows[0]["group_id"] == "10000000001@chatroom"
    assert found.rows[0]["sender_name"] == "阿北"
    assert found.rows[0]["sent_at"].microsecond == 123_000
    assert found.problems == []


# -- blocks of HTML -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [11, 100, 3000, 1 << 20])
def test_a_message_is_whole_wherever_blocks_are_cut(size: int) -> None:
    data = exporter(*(block(f"第{n} &lt;b&gt;", f"2022-02-01 09:00:0{n}") for n in range(9)))
    found = read(data, "wechatexporter-html", block=size)
    assert found.column("text") == [f"第{n} <b>" for n in range(9)]
    assert found.column("origin_record") == list(range(3, 12))


@pytest.mark.parametrize(
    "hostile",
    [
        "<!-- x",
        "<plaintext>",
        "<script>alert(1)",
        "<textarea>",
        "<style>",
        "</pre></div></div></div></body></html>",
        "<div>" * 190,
        "<a href='" + "x" * 1_000,
        "&#xD800;&#0;&#x110000;",
        "<b " + " ".join(f"a{n}=1" for n in range(20_000)) + ">x</b>",
        "x" * 3_000_000,
        "<" * 300_000,
        "<!--" * 200_000,
        "<script>" * 100_000,
        "x" + " " * 400_000 + "y",
        "x" + "\n" * 400_000 + "y",
        "&" * 300_000,
    ],
)
def test_what_one_writes_costs_no_other_message(hostile: str) -> None:
    begun = time.process_time()
    found = read(exporter(block("前"), block(hostile), block("后")), "wechatexporter-html")
    assert time.process_time() - begun < 10
    assert found.rows[0]["text"] == "前"
    assert found.rows[-1]["text"] == "后"
    assert len(found.rows) + len(found.problems) == 3


def test_nesting_without_end_is_a_problem() -> None:
    found = read(exporter(block("前"), block("<div>" * 100_000), block("后")), "wechatexporter-html")
    assert found.column("text") == ["前", "后"]
    assert [(p.code, p.detail) for p in found.problems] == [("bad_row", "nested too deeply")]


def test_tags_that_people_type_stay() -> None:
    shown = [
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("<k>尖</k>括号", "<k>尖</k>括号"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        ('好<img src="e.png" alt="[微笑]"><img src="photo.png" alt="合影">', "好[微笑]"),
        ("一<br>二\n三", "一\n二\n三"),
    ]
    found = read(exporter(*(block(html) for html, _ in shown)), "wechatexporter-html")
    assert found.column("text") == [text for _, text in shown]


def test_a_start_that_is_damaged_is_said() -> None:
    blocks = [block("前"), block("中").replace('class="msg chat', 'cl\x01ss="msg chat'), block("后")]
    found = read(exporter(*blocks), "wechatexporter-html")
    assert found.column("text") == ["前", "后"]
    assert found.codes == ["bad_row"]


def test_notices_have_the_time_of_the_message_before() -> None:
    notice = '<div class="msg chat-notice" msgid="2"><span>"阿北"邀请"默默"加入了群聊</span></div>'
    found = read(exporter(notice, block("早"), notice), "wechatexporter-html")
    assert found.codes == ["bad_time"]  # nothing stands before the first one
    assert found.rows[1]["event"] == "join"
    assert found.rows[1]["sent_at"] == found.rows[0]["sent_at"]
    assert [n.code for n in found.notices] == ["time_of_neighbour"]


def test_am_and_pm() -> None:
    found = read(exporter(block("早", "2021-02-01 12:05:00 AM"), block("晚", "2021-02-01 09:05:00 PM")))
    assert found.local_times == ["2021-02-01 00:05:00", "2021-02-01 21:05:00"]


def test_pieces_of_any_length_need_little_memory() -> None:
    start = re.compile(rb"<p>")
    data = b"x" * 50_000 + b"<p>1" + b"y" * 40_000 + b"<p>2"
    cut = list(pieces(in_pieces(data, 700), start))
    assert [len(p.data) for p in cut] == [50_000, 40_004, 4]


def test_damage_does_not_leak_into_the_next_tree() -> None:
    trees = Trees()
    trees.of(b"<div><span class='a'>x")
    assert trees.of(b"<p>y</p>").words() == "y"
    assert trees.of(b"").words() == ""
    assert trees.of(b"\xff\xfe\x00").words() is not None


def test_plain_texts_keep_what_is_no_markup_of_the_tool() -> None:
    assert (
        plain('a<br/>b</br>c <b>d</b> &lt;<img src="x" alt="[OK]"><img src="y">') == "a\nb\nc <b>d</b> <[OK]"
    )


# -- QCE ------------------------------------------------------------------------------------------------


def test_a_template_in_a_script_is_no_message() -> None:
    template = '<script>const t = `<div class="message ${side}" data-sender-uid="${uid}" id="msg-${id}">`;</script>\n'
    found = read(qce(template, qce_block("来")))
    assert found.column("text") == ["来"]
    assert found.problems == []


def test_the_words_of_a_chunk_come_from_its_html() -> None:
    row = {
        "id": "msg-7400000000000000001",
        "ts": 1767230000000,
        "uid": "u_aAAAA",
        "name": "阿宽",
        "text": "abc",
    }
    data = f'window.__QCE_CHUNK__ && window.__QCE_CHUNK__({{id:"c1",messages:[\n{json.dumps(row | {"html": qce_block("ABC d")})},\n{json.dumps(row)}]}});'
    found = read(data.encode())
    assert found.column("text") == ["ABC d", "abc"]
    assert found.column("sender_id") == ["uid:u_aAAAA"] * 2
    assert [n.code for n in found.notices] == ["lowered_text"]


def test_a_time_without_a_day_takes_that_of_its_block() -> None:
    assert read(qce(qce_block("来", at="09:13:20"))).local_times == ["2026-01-01 09:13:20"]


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (
            '<span class="text-content">看 </span><div class="image-content"><img src="a.jpg" alt="a.jpg"></div>',
            "text",
            "看",
        ),
        ('<img class="market-face" src="m.png" alt="[打球]">', "sticker", "[打球]"),
        ('<span class="face-emoji">/微笑</span>', "text", "/微笑"),
        ('<video class="message-video" src="v"></video>', "video", "[视频]"),
        ('<span class="text-content">[文件:表.xlsx]</span>', "file", "表.xlsx"),
        (
            '<div class="forward-card"><div class="forward-title">群聊的聊天记录</div><p>甲: 乙</p></div>',
            "forward",
            "群聊的聊天记录",
        ),
    ],
)
def test_what_stands_in_a_bubble(content: str, kind: str, text: str) -> None:
    row = read(qce(qce_block(content))).rows[0]
    assert (row["kind"], row["text"].strip()) == (kind, text)


def test_a_chunked_export_is_one_source(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "sample_exports" / "qce-html" / "chunked"
    for path in (sample, sample / "index.html", sample / "data" / "manifest.js"):
        reading = merged(ReadRequest([str(path)], SHANGHAI))
        reading.log.close()
        assert [s.records.messages for s in reading.sources] == [5]
        assert reading.sources[0].notice_counts == {"missing_part": 1}


def test_a_shell_without_its_data_says_what_is_missing() -> None:
    shell = qce().decode().replace("<body>", '<body><script src="data/manifest.js"></script>')
    found = read(shell.encode(), "qce-html")
    assert found.codes == ["no_records"]
    assert [n.code for n in found.notices] == ["missing_part"]


# -- old QQ for Android -----------------------------------------------------------------------------------


def android(*said: str) -> bytes:
    return "".join(
        f'<p align=\'left\'><font color="blue"><b>阿宽(10086001)</b></font>-----<font color="green">2019-03-05 09:13:{n:02}</font></br>{text}</br></br></p>'
        for n, text in enumerate(said)
    ).encode()


def test_words_are_unescaped_only_where_they_were_escaped() -> None:
    assert read(android("1 &lt; 2", "a&amp;b")).column("text") == ["1 < 2", "a&b"]
    assert read(android("1 < 2 <b>", "a&amp;b")).column("text") == ["1 < 2 <b>", "a&amp;b"]


@pytest.mark.parametrize(
    "hostile", ["</br>" * 200_000 + "x", " " * 400_000 + "x", "<img" * 200_000, "&lt" * 200_000]
)
def test_long_bodies_take_no_time(hostile: str) -> None:
    begun = time.process_time()
    assert len(read(android("前", hostile, hostile + " ", "后")).rows) == 4
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("size", [13, 200])
def test_a_page_without_lines(size: int) -> None:
    found = read(android("一", "二</br>三", "</p>四", '<img src="x.jpg">'), "qq-android-html", block=size)
    assert found.column("text") == ["一", "二\n三", "</p>四", "[图片]"]
    assert found.column("origin_record") == [1, 2, 3, 4]
