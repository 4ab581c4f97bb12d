"""System sentences: the wording of both platforms, and names that try to break it. Invented."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from cq.formats._system_text import SELF, SystemText, clean, parse
from cq.formats._wechat_content import event_of
from cq.model import Event, Kind

N = "name:{}".format


def said(text: str, platform: str) -> tuple[str, str | None, tuple[str, ...], str | None]:
    found = parse(text, platform)
    assert found.kind is {Event.RECALL: Kind.RECALL, Event.POKE: Kind.POKE}.get(found.event, Kind.SYSTEM)
    return found.event.value, found.actor, found.targets, found.detail


QQ = [
    # recall
    ("小禾(室友)撤回了一条消息", "recall", N("小禾(室友)"), [N("小禾(室友)")], None),
    ("你撤回了一条消息", "recall", SELF, [SELF], None),
    ("撤回了一条消息", "recall", None, [], None),
    ("小禾 撤回了一条消息（手滑）", "recall", N("小禾"), [N("小禾")], "手滑"),
    ("阿宽 撤回了 小禾 的消息", "recall", N("阿宽"), [N("小禾")], None),
    ("管理员阿宽撤回了成员小禾的一条消息", "recall", N("阿宽"), [N("小禾")], None),
    ("阿宽撤回了一条成员消息", "recall", N("阿宽"), [], None),
    ("管理员撤回了一条成员消息", "recall", None, [], None),
    # join, leave, remove
    ("路过加入本群。", "join", None, [N("路过")], None),
    ("路过加入了群聊", "join", None, [N("路过")], None),
    ("阿宽邀请路过加入了本群。", "join", N("阿宽"), [N("路过")], "invite"),
    ("阿宽邀请路过、新人加入了群聊", "join", N("阿宽"), [N("路过"), N("新人")], "invite"),
    ("你邀请路过加入了群聊", "join", SELF, [N("路过")], "invite"),
    ("路过通过阿宽分享的二维码加入了群聊", "join", N("阿宽"), [N("路过")], "qr"),
    ("小禾退出了本群。", "leave", None, [N("小禾")], None),
    ("小禾 已退出群聊", "leave", None, [N("小禾")], None),
    ("管理员阿宽将路过移出本群", "remove", N("阿宽"), [N("路过")], None),
    ("路过被管理员阿宽移出本群。", "remove", N("阿宽"), [N("路过")], None),
    ("路过已被管理员移出群聊", "remove", None, [N("路过")], None),
    ("路过被移出群聊", "remove", None, [N("路过")], None),
    ("小被子被管理员阿宽移出本群", "remove", N("阿宽"), [N("小被子")], None),
    # mute
    ("小禾被管理员阿宽禁言10分钟", "mute", N("阿宽"), [N("小禾")], "10分钟"),
    ("小禾 被 阿宽 禁言 1天2小时", "mute", N("阿宽"), [N("小禾")], "1天2小时"),
    ("你被管理员禁言1小时", "mute", None, [SELF], "1小时"),
    ("管理员阿宽将小禾禁言了30天", "mute", N("阿宽"), [N("小禾")], "30天"),
    ("小禾被管理员阿宽解除禁言", "unmute", N("阿宽"), [N("小禾")], None),
    ("阿宽解除了小禾的禁言", "unmute", N("阿宽"), [N("小禾")], None),
    ("管理员阿宽开启了全员禁言", "mute_all", N("阿宽"), [], None),
    ("管理员关闭了全员禁言", "unmute_all", None, [], None),
    # the group
    ("阿宽修改群名为周六羽毛球", "rename_group", N("阿宽"), [], "周六羽毛球"),
    ("阿宽将群名称修改为“周六”", "rename_group", N("阿宽"), [], "周六"),
    ("阿宽发布了新的群公告", "announcement", N("阿宽"), [], None),
    ("阿宽发布了群公告：请新人\n加入本群", "announcement", N("阿宽"), [], "请新人\n加入本群"),
    ("小禾已成为新的群主", "owner_change", None, [N("小禾")], None),
    ("阿宽将群主转让给了小禾", "owner_change", N("阿宽"), [N("小禾")], None),
    ("小禾被群主设为管理员", "admin_change", None, [N("小禾")], "set"),
    ("群主阿宽将小禾设置为管理员", "admin_change", N("阿宽"), [N("小禾")], "set"),
    ("小禾成为本群管理员", "admin_change", None, [N("小禾")], "set"),
    ("群主取消了小禾的管理员资格", "admin_change", None, [N("小禾")], "unset"),
    ("小禾被取消了管理员身份", "admin_change", None, [N("小禾")], "unset"),
    ("恭喜小禾获得群主授予的【扣杀王】头衔", "title_change", None, [N("小禾")], "扣杀王"),
    ("恭喜小禾获得群主授予的头衔收藏家头衔", "title_change", None, [N("小禾")], "头衔收藏家"),
    ("阿宽将小禾的消息设为精华消息", "essence", N("阿宽"), [N("小禾")], "set"),
    ("阿宽将一条消息设为精华", "essence", N("阿宽"), [], "set"),
    ("小禾的消息被阿宽设为精华消息", "essence", N("阿宽"), [N("小禾")], "set"),
    ("阿宽将小禾的消息移出精华", "essence", N("阿宽"), [N("小禾")], "unset"),
    ("该群已被群主解散", "dismiss", None, [], None),
    ("阿宽解散了本群", "dismiss", N("阿宽"), [], None),
    # things
    ("阿宽 拍了拍 小禾 的肩膀", "poke", N("阿宽"), [N("小禾")], "的肩膀"),
    ("阿宽 拍了拍 小 禾 的 肩膀", "poke", N("阿宽"), [N("小 禾")], "的 肩膀"),
    ("阿宽戳了戳小禾", "poke", N("阿宽"), [N("小禾")], None),
    ("你戳了戳自己", "poke", SELF, [SELF], None),
    ("阿宽 拍了拍 我是谁", "poke", N("阿宽"), [N("我是谁")], None),
    ("阿宽给小禾发送了一个窗口抖动", "poke", N("阿宽"), [N("小禾")], None),
    ("阿宽领取了小禾的红包", "red_packet", N("阿宽"), [N("小禾")], None),
    ("你领取了阿宽的红包", "red_packet", SELF, [N("阿宽")], None),
    ("[QQ红包]恭喜发财", "red_packet", None, [], "恭喜发财"),
    ("阿宽分享了文件", "file_share", N("阿宽"), [], None),
    ("阿宽分享了文件a.pdf", "file_share", N("阿宽"), [], "a.pdf"),
    ("阿宽上传了群文件：赛程 (2).xlsx", "file_share", N("阿宽"), [], "赛程 (2).xlsx"),
    ("阿宽 分享了文件 《赛程.pdf》", "file_share", N("阿宽"), [], "赛程.pdf"),
    # go-cqhttp: names carry numbers
    ("群 周末(东区)(700000001) 内 阿宽(10086001) 撤回了 小禾(10086002) 的消息: -123.",
     "recall", "10086001", ["10086002"], None),
    ("群 周末(700000001) 内 小禾(10086002) 被 阿宽(10086001) 禁言了 600 秒.", "mute", "10086001", ["10086002"], "600 秒"),
    ("群 周末(700000001) 内 小禾(10086002) 被 阿宽(10086001) 解除禁言.", "unmute", "10086001", ["10086002"], None),
    ("群 周末(700000001) 被 阿宽(10086001) 开启全员禁言.", "mute_all", "10086001", [], None),
    ("群 周末(700000001) 被 阿宽(10086001) 解除全员禁言.", "unmute_all", "10086001", [], None),
    ("新成员 路过(10086006) 进入了群 周末(700000001).", "join", None, ["10086006"], None),
    ("成员 路过(10086006) 离开了群 周末(700000001).", "leave", None, ["10086006"], None),
    ("成员 路过(10086006) 被 阿宽(10086001) T出了群 周末(700000001).", "remove", "10086001", ["10086006"], None),
    ("群 周末(700000001) 内 阿宽(10086001) 戳了戳 小禾(10086002)", "poke", "10086001", ["10086002"], None),
    ("群 周末(700000001) 内 小禾(10086002) 上传了文件: a.pdf", "file_share", "10086002", [], "a.pdf"),
    ("群 周末(700000001) 内 阿宽(10086001) 的红包被抢完, 小禾(10086002) 是运气王",
     "red_packet", "10086002", ["10086001"], None),
    ("群 周末(700000001) 内成员 小禾(10086002) 获得了新的头衔: 扣杀王", "title_change", None, ["10086002"], "扣杀王"),
    ("群 周末(700000001) 的 小禾(10086002) 更新了名片 a -> b", "other", None, [], None),
    # nothing of interest
    ("群聊更新", "other", None, [], None),
    ("系统提示 (类型: 3)", "other", None, [], None),
    ("你已是群成员", "other", None, [], None),
    ("对方已成功接收文件", "other", None, [], None),
]  # fmt: skip

WECHAT = [
    ('你邀请"默默、西西"加入了群聊  $revoke$', "join", SELF, [N("默默"), N("西西")], "invite"),
    ('你邀请"默默"加入了群聊  (撤销)', "join", SELF, [N("默默")], "invite"),
    ('"阿北"邀请"默默"加入了群聊', "join", N("阿北"), [N("默默")], "invite"),
    ("&quot;阿北&quot;邀请&quot;默默&quot;加入了群聊", "join", N("阿北"), [N("默默")], "invite"),
    ('<a href="weixin://x">阿北</a>邀请"默默"加入了群聊', "join", N("阿北"), [N("默默")], "invite"),
    ('"阿北"邀请你加入了群聊，群聊参与人还有：西西、默默', "join", N("阿北"), [SELF], "invite"),
    ('"阿北"邀请你和"默默"加入了群聊', "join", N("阿北"), [SELF, N("默默")], "invite"),
    ('"阿北"邀请"你和我"加入了群聊', "join", N("阿北"), [N("你和我")], "invite"),
    ('"阿北"邀请"你"加入了群聊', "join", N("阿北"), [N("你")], "invite"),
    ('" 默默"通过扫描你分享的二维码加入群聊  (撤销)', "join", SELF, [N("默默")], "qr"),
    ('" 默默"通过扫描"阿北"分享的二维码加入群聊', "join", N("阿北"), [N("默默")], "qr"),
    ('"默默"通过"阿北"的邀请二维码加入群聊', "join", N("阿北"), [N("默默")], "qr"),
    ("你通过扫描二维码加入群聊，群聊参与人还有：阿北", "join", None, [SELF], "qr"),
    ('"默默"加入了群聊', "join", None, [N("默默")], None),
    ("默默 加入了群聊", "join", None, [N("默默")], None),
    ("[系统] “默默”加入了群聊", "join", None, [N("默默")], None),
    ('你将"默默"移出了群聊', "remove", SELF, [N("默默")], None),
    ('"阿北"将"默默、西西"移出了群聊', "remove", N("阿北"), [N("默默"), N("西西")], None),
    ('你被"阿北"移出群聊', "remove", N("阿北"), [SELF], None),
    ('"默默"退出了群聊', "leave", None, [N("默默")], None),
    ('"阿北"修改群名为“夜骑”', "rename_group", N("阿北"), [], "夜骑"),
    ("你修改群名为“一“二”三”", "rename_group", SELF, [], "一“二”三"),
    ('"阿北" 撤回了一条消息', "recall", N("阿北"), [N("阿北")], None),
    ("“西西”撤回了一条消息", "recall", N("西西"), [N("西西")], None),
    ("你撤回了一条消息 重新编辑", "recall", SELF, [SELF], None),
    ('[撤回] "阿北" 撤回了一条消息', "recall", N("阿北"), [N("阿北")], None),
    ("撤回了一条消息", "recall", None, [], None),
    ('"阿北" 撤回了一条群公告', "recall", N("阿北"), [N("阿北")], "announcement"),
    ('"阿北" 拍了拍 "默默" 的小脑袋', "poke", N("阿北"), [N("默默")], "的小脑袋"),
    ('"阿北" 拍了拍我', "poke", N("阿北"), [SELF], None),
    ('"阿北" 拍了拍自己的头', "poke", N("阿北"), [N("阿北")], "的头"),
    ('我拍了拍 "默默"', "poke", SELF, [N("默默")], None),
    ('"${wxid_a}" 拍了拍 "${wxid_b}" 说好', "poke", "wxid_a", ["wxid_b"], "说好"),
    ("[拍一拍]", "poke", None, [], None),
    ("阿北领取了你的红包", "red_packet", N("阿北"), [SELF], None),
    ("你领取了阿北的红包", "red_packet", SELF, [N("阿北")], None),
    ("收到红包，请在手机上查看", "red_packet", None, [], None),
    ("你已成为新群主", "owner_change", None, [SELF], None),
    ('"默默"已成为新群主', "owner_change", None, [N("默默")], None),
    ('"默默"被设为管理员', "admin_change", None, [N("默默")], "set"),
    ('群主"阿北"已解散该群聊', "dismiss", N("阿北"), [], None),
    ("阿北置顶了一条消息", "pin", N("阿北"), [], "set"),
    ("阿北移除了一条置顶消息", "pin", N("阿北"), [], "unset"),
    ('"默默"与群里其他人都不是微信朋友关系，请注意隐私安全', "other", None, [], None),
    ("邀请你加入群聊", "other", None, [], None),
    ("你已添加了阿北，现在可以开始聊天了。", "other", None, [], None),
    ("消息已发出，但被对方拒收了。", "other", None, [], None),
    ("该红包已超过24小时未领取，阿北撤回了红包", "other", None, [], None),
    # English
    ("You invited 默默 to the group chat.   ", "join", SELF, [N("默默")], "invite"),
    ("Abel invited B. B., Cai to a group chat", "join", N("Abel"), [N("B. B."), N("Cai")], "invite"),
    ("Abel invited you to a group chat with Cai, Dan", "join", N("Abel"), [SELF], "invite"),
    ("Abel invited you and Cai to the group chat", "join", N("Abel"), [SELF, N("Cai")], "invite"),
    ('"Cai" joined group chat via the QR code you shared.', "join", SELF, [N("Cai")], "qr"),
    ('"Cai" joined the group chat via the QR Code shared by "Abel".', "join", N("Abel"), [N("Cai")], "qr"),
    ("Cai joined the group chat", "join", None, [N("Cai")], None),
    ('You removed "Cai" from the group chat', "remove", SELF, [N("Cai")], None),
    ('You were removed from the group chat by "Abel"', "remove", N("Abel"), [SELF], None),
    ('"Abel" changed the group name to "Night ride"', "rename_group", N("Abel"), [], "Night ride"),
    ('"Abel" has recalled a message.', "recall", N("Abel"), [N("Abel")], None),
    ("You recalled a message", "recall", SELF, [SELF], None),
    ('"Abel" tickled "Cai"', "poke", N("Abel"), [N("Cai")], None),
    ("Abel opened your Red Packet", "red_packet", N("Abel"), [SELF], None),
    ("Red packet received. View on phone.", "red_packet", None, [], None),
    # templates and ids
    ('"$username$"邀请"$names$"加入了群聊', "join", None, [], "invite"),
    ('你邀请"$names$"加入了群聊', "join", SELF, [], "invite"),
    ('"$adder$"通过扫描"$from$"分享的二维码加入群聊', "join", None, [], "qr"),
    ('"$username$"邀请"$names$"加入了群聊 wxid_aaaa 阿北 wxid_bbbb 默默 、 wxid_cccc 西',
     "join", "wxid_aaaa", ["wxid_bbbb", "wxid_cccc"], "invite"),
    ('你邀请"$names$"加入了群聊  $revoke$ wxid_bbbb 默默', "join", SELF, ["wxid_bbbb"], "invite"),
    ('"$username$"修改群名为“群聊”', "rename_group", None, [], "群聊"),
    ('"$username$"邀请"$names$"加入了群聊 wxid_aaaa 阿 北 wxid_bbbb 默', "join", None, [], "invite"),
    ('"阿北(wxid_aaaa0001)"邀请"默默(夜)(wxid_cccc0003)、西西"加入了群聊',
     "join", "wxid_aaaa0001", ["wxid_cccc0003", N("西西")], "invite"),
    ('"$发财$"加入了群聊', "join", None, [N("$发财$")], None),
]  # fmt: skip

NAMES = [
    ('"撤回了一条消息"邀请"加入了群聊"加入了群聊', "wechat", "join", N("撤回了一条消息"), [N("加入了群聊")], "invite"),
    ('"A邀请"邀请"B"加入了群聊', "wechat", "join", N("A邀请"), [N("B")], "invite"),
    ('"加入了群聊" 撤回了一条消息', "wechat", "recall", N("加入了群聊"), [N("加入了群聊")], None),
    ('"a"b" 撤回了一条消息', "wechat", "recall", N('a"b'), [N('a"b')], None),
    ('"修改群名为“x”"邀请"B"加入了群聊', "wechat", "join", N("修改群名为“x”"), [N("B")], "invite"),
    ('"发布了群公告"将"移出了群聊"移出了群聊', "wechat", "remove", N("发布了群公告"), [N("移出了群聊")], None),
    ('"  周  末  " 撤回了一条消息', "wechat", "recall", N("周  末"), [N("周  末")], None),
    ('"阿北" 拍了拍 "撤回了一条消息"', "wechat", "poke", N("阿北"), [N("撤回了一条消息")], None),
    ('"😀(夜骑)👩‍👩‍👧"加入了群聊', "wechat", "join", None, [N("😀(夜骑)👩‍👩‍👧")], None),
    ("加入本群撤回了一条消息", "qq", "recall", N("加入本群"), [N("加入本群")], None),
    ("撤回了一条消息加入本群。", "qq", "join", None, [N("撤回了一条消息")], None),
    ("拍了拍机器人撤回了一条消息", "qq", "recall", N("拍了拍机器人"), [N("拍了拍机器人")], None),
    ("修改群名为发财加入了群聊", "qq", "join", None, [N("修改群名为发财")], None),
    ('"老周"撤回了一条消息', "qq", "recall", N('"老周"'), [N('"老周"')], None),
    ("  小禾撤回了一条消息", "qq", "recall", N("  小禾"), [N("  小禾")], None),
    ("小禾(10086002)撤回了一条消息", "qq", "recall", N("小禾(10086002)"), [N("小禾(10086002)")], None),
    ("管理员小王撤回了一条消息", "qq", "recall", N("管理员小王"), [N("管理员小王")], None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "event", "actor", "targets", "detail"), QQ)
def test_qq(text: str, event: str, actor: str | None, targets: list[str], detail: str | None) -> None:
    assert said(text, "qq") == (event, actor, tuple(targets), detail)


@pytest.mark.parametrize(("text", "event", "actor", "targets", "detail"), WECHAT)
def test_wechat(text: str, event: str, actor: str | None, targets: list[str], detail: str | None) -> None:
    assert said(text, "wechat") == (event, actor, tuple(targets), detail)


@pytest.mark.parametrize(("text", "platform", "event", "actor", "targets", "detail"), NAMES)
def test_names_that_hold_the_fixed_words(
    text: str, platform: str, event: str, actor: str | None, targets: list[str], detail: str | None
) -> None:
    assert said(text, platform) == (event, actor, tuple(targets), detail)


def test_an_unknown_platform_tries_both() -> None:
    assert said('"阿北"邀请你加入了群聊', "discord")[:3] == ("join", N("阿北"), (SELF,))
    assert said("阿宽上传了文件: a.pdf", "")[3] == "a.pdf"


@pytest.mark.parametrize(
    "text", [None, "", " ", "\n", "\0", '"', '""', "$", "${}", "“”加入了群聊", "\ud83d", "撤回"]
)
@pytest.mark.parametrize("platform", ["qq", "wechat", "x"])
def test_never_raises(text: str | None, platform: str) -> None:
    assert isinstance(parse(text, platform), SystemText)


def test_long_participant_lists_are_cut_off_and_named_nowhere() -> None:
    others = "、".join(f"成员{i}" for i in range(2000))
    assert said(f'"阿北"邀请你加入了群聊，群聊参与人还有：{others}', "wechat")[2] == (SELF,)


@pytest.mark.parametrize("count", [1, 40, 100])
def test_every_invited_person_is_a_target(count: int) -> None:
    people = [f"新人 {i}" for i in range(count)]
    assert said(f'"阿北"邀请"{"、".join(people)}"加入了群聊', "wechat")[2] == tuple(map(N, people))


def test_clean_leaves_the_sentence() -> None:
    assert (
        clean('&quot;a&quot; 撤回了一条消息 <img src="x"/><a href="y">重新编辑</a>') == '"a" 撤回了一条消息'
    )
    assert clean("你修改群名为“撤销”") == "你修改群名为“撤销”"


TEMPLATE = (
    '<sysmsg type="sysmsgtemplate"><sysmsgtemplate><content_template type="tmpl_type_profile">'
    '<template><![CDATA["$username$"邀请"$names$"加入了群聊]]></template><link_list>'
    '<link name="username" type="link_profile"><memberlist><member><username><![CDATA[wxid_a]]></username>'
    "<nickname><![CDATA[阿北]]></nickname></member></memberlist></link>"
    '<link name="names" type="link_profile"><memberlist>'
    "<member><username><![CDATA[wxid_b]]></username><nickname>默默</nickname></member>"
    "<member><username>zhangsan88</username><nickname>三</nickname></member>"
    "</memberlist><separator><![CDATA[、]]></separator></link>"
    "</link_list></content_template></sysmsgtemplate></sysmsg>"
)
XML = [
    (TEMPLATE, "join", "wxid_a", ["wxid_b", "zhangsan88"], "invite"),
    (f"10000000001@chatroom:\n{TEMPLATE}", "join", "wxid_a", ["wxid_b", "zhangsan88"], "invite"),
    (f'<?xml version="1.0" encoding="gbk"?>\n{TEMPLATE}\n', "join", "wxid_a", ["wxid_b", "zhangsan88"], "invite"),
    ('<sysmsg type="revokemsg"><revokemsg><session>1@chatroom</session><newmsgid>7</newmsgid>'
     '<replacemsg><![CDATA["阿北" 撤回了一条消息]]></replacemsg></revokemsg></sysmsg>',
     "recall", N("阿北"), [N("阿北")], None),
    ('<sysmsg type="revokemsg"><revokemsg><newmsgid>7</newmsgid></revokemsg></sysmsg>', "recall", None, [], None),
    ('<sysmsg type="pat"><pat><fromusername>wxid_a</fromusername><pattedusername>wxid_b</pattedusername>'
     '<template><![CDATA["${wxid_a}" 拍了拍 "${wxid_b}" 的头]]></template></pat></sysmsg>',
     "poke", "wxid_a", ["wxid_b"], "的头"),
    ('<sysmsg type="pat"><pat><fromusername>wxid_a</fromusername><pattedusername>wxid_b</pattedusername></pat></sysmsg>',
     "poke", "wxid_a", ["wxid_b"], None),
    ('<sysmsg type="delchatroommember"><delchatroommember><plain><![CDATA[你邀请"默默、三"加入了群聊  ]]></plain>'
     "<text><![CDATA[你邀请…]]></text><link><text>撤销</text><memberlist><username>wxid_b</username>"
     "<username>wxid_c</username></memberlist></link></delchatroommember></sysmsg>",
     "join", SELF, ["wxid_b", "wxid_c"], "invite"),
    ('<sysmsg type="mmchatroomtopmsg"><mmchatroomtopmsg><username>wxid_a</username><op>2</op></mmchatroomtopmsg></sysmsg>',
     "pin", "wxid_a", [], "unset"),
    ('<sysmsg type="unheard"><x/></sysmsg>', "other", None, [], None),
    ('<sysmsg type="revokemsg"><broken</sysmsg>', "other", None, [], None),
    ('<sysmsg type="revokemsg"><replacemsg>"a" 撤回了一条消息', "other", None, [], None),
    ('<sysmsg type="revokemsg"><!DOCTYPE x [<!ENTITY a "b">]></sysmsg>', "other", None, [], None),
    ('<sysmsg type="revokemsg"><replacemsg>\ud83d</replacemsg></sysmsg>', "other", None, [], None),
    ("<sysmsg>" + "<a>" * 60_000 + "</sysmsg>", "other", None, [], None),
    ("<sysmsg>" + "<a>" * 20_000 + "</a>" * 20_000 + "</sysmsg>", "other", None, [], None),
]  # fmt: skip


def test_a_raw_record_is_shown_as_wechat_shows_it() -> None:
    assert event_of(Kind.SYSTEM, TEMPLATE, "wechat").text == '"阿北"邀请"默默、三"加入了群聊'
    with_button = TEMPLATE.replace('"$username$"邀请', "你邀请").replace("群聊]]", "群聊  $revoke$]]")
    assert event_of(Kind.SYSTEM, with_button, "wechat").text == '你邀请"默默、三"加入了群聊'
    bare = event_of(Kind.RECALL, '<revokemsg>"阿北" 撤回了一条消息</revokemsg>', "wechat")
    assert (bare.text, bare.event and bare.event.actor) == ('"阿北" 撤回了一条消息', N("阿北"))


@pytest.mark.parametrize(("text", "event", "actor", "targets", "detail"), XML)
def test_raw_xml(text: str, event: str, actor: str | None, targets: list[str], detail: str | None) -> None:
    assert said(text, "wechat") == (event, actor, tuple(targets), detail)


PIECES = [
    '"', "“", "'", "(", "你和", "、", " ", "<a ", "&amp;", "$username$", "${a}", "$", "被", "将", "的", "邀请", "加入了群聊",
    '"邀请"', "通过", "分享的二维码", "撤回了一条消息", "撤回了", "的消息", "修改群名为“", "拍了拍", "移出", "被管理员", "禁言",
    "1天", "解除", "取消了", "管理员", "群主", "设为", "精华", "已解散该群聊", "领取了", "的红包", "发布了群公告:", "群 ",
    "群 1(12345) 内 ", "新成员 ", "成员 a 群 ", " invited ", ", ", " to the group chat", " recalled a message",
    " tickled ", "获得群主授予的", "头衔", "上传了文件 ", "<sysmsg ", "<sysmsg>", "wxid_a 阿 ", "重新编辑 ", "(撤销)", "消息重新编辑",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_no_pattern_blows_up(piece: str) -> None:
    count = 200_000 // len(piece)
    full = 4_000 // len(piece) - 10  # what is looked at, with the end of a sentence that may match
    texts = [piece * count, "阿北邀请" + piece * count, piece * full + "加入了群聊", piece * full + "禁言x"]
    texts += [
        f"甲{piece * full}移出了群聊x",
        f'"{piece * full}管理员',
        f'"甲{piece * full}被{piece}的消息设为精华x',
    ]
    for text in texts:
        for platform in ("qq", "wechat"):
            start = time.perf_counter()
            parse(text, platform)
            assert time.perf_counter() - start < 2, (text[:60], platform)


def test_pyarrow_is_not_imported() -> None:
    code = "import sys, cq.formats._system_text as s; s.parse('a', 'x'); sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
