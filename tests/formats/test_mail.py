"""The chat history that WeChat sends by mail: as text, as a mail, as a page; and what it prints as null."""

from __future__ import annotations

import base64
import quopri
from datetime import date
from pathlib import Path

import pytest
from raw import SHANGHAI, Read, read, source

from cq.errors import InputError
from cq.formats import identify
from cq.reading import ReadRequest
from cq.reading import read as merged

ID = "wechat-mail-txt"
HEADER = "骑行 微信群上的聊天记录如下，请查收。"


def day(written: str) -> str:
    return f"—————  {written}  —————\n\n\n"


def said(*records: tuple[str, str, str]) -> str:
    return "".join(f"{name}  {at}\n\n{body}\n\n" for name, at, body in records)


def mail(*records: tuple[str, str, str], header: str = HEADER, on: str = "2026-02-01") -> str:
    return f"{header}\n\n{day(on)}{said(*records)}"


def several(text: str, **options: object) -> Read:
    whole = read(text.encode(), ID, **options)  # type: ignore[arg-type]
    for block in (1, 7, 64):
        assert read(text.encode(), ID, block=block, **options) == whole, block  # type: ignore[arg-type]
    return whole


def pairs(found: Read) -> list[tuple[str, str]]:
    return list(zip(found.column("sender_name"), found.column("text"), strict=True))


# -- text --------------------------------------------------------------------------------------------


def test_names_days_and_bodies() -> None:
    text = (
        mail(("阿北", "06:53", "一\n\n二"), ("a  b (c)", "23:59", "\u2028 “三”"))
        + day("2026-2-2") + said(("阿北", "00:10", "明天  12:30\n见")) + day("2026/12/3") + said(("阿北", "00:10", "四"))
    )  # fmt: skip
    found = several(text)
    assert identify(source(text.encode())).format.id == ID
    assert pairs(found) == [
        ("阿北", "一\n\n二"),
        ("a  b (c)", "\u2028 “三”"),
        ("阿北", "明天  12:30\n见"),
        ("阿北", "四"),
    ]
    assert found.local_times == [
        "2026-02-01 06:53:00", "2026-02-01 23:59:00", "2026-02-02 00:10:00", "2026-12-03 00:10:00",
    ]  # fmt: skip
    assert found.column("group_name") == ["骑行"] * 4
    assert (found.headers, found.problems, found.notices, found.segments) == (4, [], [], [0] * 4)


@pytest.mark.parametrize(
    ("header", "name", "kind"),
    [
        (HEADER, "骑行", "group"),
        ("阿北、西西, 老 周 微信群上的聊天记录如下，请查收。", "阿北、西西, 老 周", "group"),
        ("阿北 和 西西 在微信上的聊天记录如下，请查收。", "阿北 和 西西", "private"),
        ("Dear:\n\n    微信群“骑行\"队\"”的聊天记录如下:", '骑行"队"', "group"),
        ('Dear:\n微信群"骑行"的聊天记录如下：', "骑行", "group"),
        ("骑行 微信群上的聊天記錄如下，請查收。", "骑行", "group"),
        ("发件人: a@b.cc\n主题: 聊天记录\n\n" + HEADER, "骑行", "group"),
        ("阿北 <a.b@c.example.org>\n2026年2月1日 周日 12:00\n收件人：我\n\n" + HEADER, "骑行", "group"),
        ("Chat history in “Riding” is as follows:", "x", "unknown"),  # wording unknown: the file names the group
        ("", "x", "unknown"),
    ],
)  # fmt: skip
def test_headers(header: str, name: str, kind: str) -> None:
    text = mail(("阿北", "06:53", "早"), ("西西", "06:54", "好"), header=header)
    assert identify(source(text.encode())).format.id == ID
    found = several(text)
    assert pairs(found) == [("阿北", "早"), ("西西", "好")]
    assert [(g.group_name, g.chat_kind) for g in found.groups.values()] == [(name, kind)]
    assert not found.problems


def test_null_rows_are_dropped_and_counted() -> None:
    text = mail(
        ("阿北", "06:53", "早"),
        ("null", "06:54", "null"),
        ("西西", "06:55", "null"),
        ("西西", "06:56", "null 值"),
    )
    found = several(text)
    assert pairs(found) == [("阿北", "早"), ("西西", "null 值")]
    assert found.skipped == {"unsupported": 2}


def test_a_null_glued_to_a_head() -> None:
    text = mail(
        ("阿北", "06:53", "早"), ("null阿北", "06:54", "好"), ("nullnull阿北", "06:55", "嗯"), ("nullable", "06:56", "我叫这个"),
    ) + f"null{day('2026-02-02')}" + said(("阿北", "00:01", "尾\n\nnull"))  # fmt: skip
    found = several(text)
    assert pairs(found) == [
        ("阿北", "早"),
        ("阿北", "好"),
        ("阿北", "嗯"),
        ("nullable", "我叫这个"),
        ("阿北", "尾"),
    ]
    assert [(n.code, n.detail) for n in found.notices] == [("glued_null", "4")]
    assert found.local_times[-1] == "2026-02-02 00:01:00"


@pytest.mark.parametrize(
    ("body", "kind", "text", "title"),
    [
        ("[图片: 0f.jpg(请在附件中查看)]", "image", "[图片]", None),
        ("[视频: 0f.mp4(请在附件中查看)]", "video", "[视频]", None),
        ("[文件: 表 (1).xlsx(请在附件中查看)]", "file", "表 (1).xlsx", "表 (1).xlsx"),
        ("[名片: 老周]", "contact_card", "老周", "老周"),
        ("[位置: 桥头]", "location", "桥头", None),
        ("[位置]", "location", "[位置]", None),
        ("[动画表情]", "sticker", "[动画表情]", None),
        ("[语音]", "voice", "[语音]", None),
        ("[图片: 这张] 好看", "text", "[图片: 这张] 好看", None),
    ],
)
def test_placeholders(body: str, kind: str, text: str, title: str | None) -> None:
    row = read(mail(("阿北", "06:53", body)).encode(), ID).rows[0]
    assert (row["kind"], row["text"], row["card_title"]) == (kind, text, title)


def test_a_time_that_goes_back_keeps_its_day_and_is_told() -> None:
    found = several(mail(("阿北", "23:59", "一"), ("阿北", "00:01", "二")))
    assert found.local_times == ["2026-02-01 23:59:00", "2026-02-01 00:01:00"]
    assert [(n.code, n.where) for n in found.notices] == [("out_of_order", "x.txt:10")]


def test_a_broken_day_line_is_told() -> None:
    text = mail(("阿北", "23:59", "一")) + day("2026-92-02") + said(("阿北", "23:59", "二"))
    found = several(text)
    assert found.codes == ["bad_time"]
    assert [n.code for n in found.notices] == ["assumed_date"]
    assert len(found.rows) == 2


def test_without_day_lines_a_date_is_needed() -> None:
    text = f"{HEADER}\n\n" + said(("阿北", "23:59", "一"), ("阿北", "00:01", "二"))
    assert identify(source(text.encode())).format.id == ID
    with pytest.raises(InputError) as needed:
        read(text.encode(), ID)
    assert needed.value.code == "date_needed"
    found = several(text, date=date(2026, 2, 1))
    assert found.local_times == ["2026-02-01 23:59:00", "2026-02-02 00:01:00"]


def test_text_without_its_blank_lines() -> None:
    text = mail(("阿北", "06:53", "一"), ("西西", "06:54", "二")).replace("\n\n", "\n")
    assert identify(source(text.encode())).format.id == ID
    assert pairs(several(text)) == [("阿北", "一"), ("西西", "二")]


def test_only_names_and_times_are_no_marks() -> None:
    with pytest.raises(InputError):
        identify(source(said(("阿北", "06:53", "一"), ("西西", "06:54", "二")).encode()))


def test_mails_in_one_file_overlap_as_if_they_were_several(tmp_path: Path) -> None:
    first = mail(("阿北", "06:53", "1"), ("阿北", "06:53", "1"), ("西西", "06:54", "好"))
    second = mail(("阿北", "06:53", "1"), ("西西", "06:54", "好"), ("西西", "06:55", "走"))
    between = "发自我的手机\n\n---------- 原始邮件 ----------\n发件人: a@b.cc\n主题: x\n\n"
    for joined in (first + between + second, first + second.removeprefix(HEADER)):
        path = tmp_path / "mails.txt"
        path.write_text(joined, encoding="utf-8")
        reading = merged(ReadRequest([str(path)], SHANGHAI))
        texts = [row["text"] for batch in reading.log.batches() for row in batch.to_pylist()]
        assert texts == ["1", "1", "好", "走"]
        assert reading.sources[0].skipped_by == {"duplicate": 2}
        reading.log.close()


def test_a_mail_without_its_days_asks_for_one() -> None:
    text = "".join(f"阿北  06:5{i}\n\n好\n\n" for i in range(3))
    with pytest.raises(InputError) as refused:
        identify(source(text.encode()))
    assert refused.value.code == "mail_without_dates"
    talk = "明天  06:53\n出发\n后天  06:54\n回来\n"
    with pytest.raises(InputError) as refused:
        identify(source(talk.encode()))
    assert refused.value.code == "unknown_format"


def test_the_last_words_of_a_mail_are_kept_and_signatures_are_not() -> None:
    last = ("西西", "06:54", "通知\n\n时间：周六\n主题：翻土")
    for below in (
        "",
        "\n发自我的手机\n",
        "\n--- 原始邮件 ---\n发件人: a@b.cc\n",
        "\n发自我的手机\n\n---- 转发 ----\n\n",
    ):
        assert pairs(several(mail(("阿北", "06:53", "早"), last) + below))[-1] == (
            "西西",
            "通知\n\n时间：周六\n主题：翻土",
        )


def test_mails_of_two_groups_in_one_file() -> None:
    text = mail(("阿北", "06:53", "一")) + mail(
        ("西西", "06:53", "二"), header="种菜 微信群上的聊天记录如下，请查收。"
    )
    found = several(text)
    assert found.column("group_name") == ["骑行", "种菜"]
    assert found.segments == [0, 1]


# -- mails -------------------------------------------------------------------------------------------

BODY = mail(("阿北", "06:53", "早\n\n=安= <b>"), ("西西", "06:54", "[语音]"))


def eml(*parts: str, top: str = 'Content-Type: multipart/mixed; boundary="=_x"') -> bytes:
    head = f"From: a@b.cc\nTo: c@d.ee\nSubject: x\nMIME-Version: 1.0\n{top}\n\n"
    body = "".join(f"--=_x\n{part}\n" for part in parts) + "--=_x--\n" if len(parts) > 1 else parts[0]
    return (head + body).replace("\n", "\r\n").encode()


def part(kind: str, charset: str, text: str, encoding: str = "base64") -> str:
    data = text.encode("gbk" if charset == "gb2312" else charset)
    packed = base64.encodebytes(data) if encoding == "base64" else quopri.encodestring(data)
    return (
        f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n{packed.decode()}"
    )


ATTACHED = (
    'Content-Type: text/plain; name="a.txt"\nContent-Disposition: attachment; filename="a.txt"\n\nnot this\n'
)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gb2312"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_the_text_part_of_a_mail(charset: str, encoding: str) -> None:
    data = eml(part("text/plain", charset, BODY, encoding), ATTACHED, ATTACHED)
    found = read(data)
    assert pairs(found) == [("阿北", "早\n\n=安= <b>"), ("西西", "[语音]")]
    assert found.skipped == {"attachment": 2}


def test_a_mail_of_one_part_in_eight_bits() -> None:
    assert pairs(
        read(eml(BODY, top="Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit"))
    )
    assert pairs(read(eml(BODY, top="X-Mailer: phone")))


def page(text: str) -> str:
    out = "".join(
        f"<p><b>{block}</b></p>" if "  06:5" in block else f"<p>{block}</p>"
        for block in text.split("\n\n")
        if block
    )
    return f'<div id="history"><p>Dear:</p>{out}</div><div>广告</div>'


def test_the_page_part_of_a_mail_without_a_text_part() -> None:
    markup = page(mail(("阿北", "06:53", "早"), ("西西", "06:54", "好")))
    for parts in (
        (part("text/html", "utf-8", markup), ATTACHED),
        (part("text/plain", "utf-8", "请用网页查看"), part("text/html", "gb18030", markup)),
    ):
        assert pairs(read(eml(*parts))) == [("阿北", "早"), ("西西", "好")]


def test_a_damaged_mail_is_told() -> None:
    whole = eml(part("text/plain", "utf-8", BODY), ATTACHED)
    found = read(whole.replace(b"Content-Type: multipart", b"Content-Type: multipbrt"), ID)
    assert not found.rows
    assert found.codes == ["no_records"] or found.notices
    cut = read(whole[: len(whole) // 2], ID)
    assert [n.code for n in cut.notices] == ["damaged_mail"]


# -- pages -------------------------------------------------------------------------------------------


def test_a_page_of_qq_mail() -> None:
    markup = (
        "<!DOCTYPE html><html><head><style>p{}</style><title>阿北  06:00</title></head><body><!-- <p>x</p> -->\n"
        '<div class="a"><div id="history">\n  <p>Dear:</p>\n  <p>微信群"骑 &amp; 行"的聊天记录如下:</p>'
        "<p><span>&mdash;&mdash;&mdash;&mdash;&mdash;&nbsp;&nbsp;2026-02-01&nbsp;&nbsp;&#8212;————</span></p>"
        "<p><b>阿北&nbsp;&nbsp;06:53</b></p><p>一<br/>二</p><p>三</p>"
        "<p><strong>&lt;西西&gt;  06:54</strong></p><div><p>阿北  06:55</p><p>不是新的一条</p></div>"
        '<p><b>阿北  06:56</b></p><p><img src="cid:1"/></p></div><p>广告</p></div></body></html>'
    )
    found = several(markup)
    assert identify(source(markup.encode())).format.id == ID
    assert pairs(found) == [
        ("阿北", "一\n二\n\n三"), ("<西西>", "阿北  06:55\n\n不是新的一条"), ("阿北", "[图片]"),
    ]  # fmt: skip
    assert found.rows[2]["kind"] == "image"
    assert found.column("group_name") == ["骑 & 行"] * 3


def test_a_piece_of_the_page_is_enough() -> None:
    markup = page(mail(("阿北", "06:53", "早")))
    assert pairs(read(markup.encode())) == [("阿北", "早")]
    assert identify(source(markup.encode("gb18030"))).format.id == ID
