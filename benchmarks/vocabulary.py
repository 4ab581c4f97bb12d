"""The words of the invented conversations: names, topics and sentence parts.

Everything here is made up.  The parts combine into millions of different sentences, so that segmentation,
hashing and compression meet text that behaves like a chat and not one sentence repeated a million times.
It holds words only; `generate` decides who says what and when.
"""

from typing import NamedTuple


class Topic(NamedTuple):
    """What a stretch of conversation is about: its nouns and the remarks that go with them."""

    nouns: tuple[str, ...]
    remarks: tuple[str, ...]


def words(line: str) -> tuple[str, ...]:
    """Split a line of words written with spaces between them."""
    return tuple(line.split())


TOPICS = (
    Topic(
        words(
            "羽毛球拍 三号场地 球网 拍线 手胶 双打名单 羽毛球 球馆 护腕 发球机 场地费 计分牌 训练计划 "
            "混双搭档"
        ),
        words("手腕别太用力 场地有点滑 反手还要练 打满两小时 先热身再上场 赢的请喝水 轮换着打 灯光太晃眼"),
    ),
    Topic(
        words(
            "山地车 头盔 补胎片 刹车线 码表 骑行路线 尾灯 水壶架 打气筒 链条油 河堤绿道 坐垫 备用内胎 骑行服"
        ),
        words(
            "上坡记得换挡 逆风骑得慢 二十公里起步 夜里一定开灯 路口慢一点 休息站有热水 别走机动车道 胎压打足"
        ),
    ),
    Topic(
        words("番茄苗 堆肥桶 薄荷 花盆 浇水壶 有机肥 辣椒种子 阳台架子 营养土 多肉 蚜虫 月季 育苗盘 遮阳网"),
        words("叶子有点发黄 早晚各浇一次 别晒太狠 根都烂了 要掐尖才长得好 换个大盆 通风最要紧 结了好几个果"),
    ),
    Topic(
        words(
            "酸菜鱼 电饭煲 菜谱 冷冻饺子 烤箱 红烧排骨 面粉 发酵粉 豆腐 砂锅粥 菜刀 蛋糕模具 花椒油 腌萝卜"
        ),
        words("火候要小 盐放多了 先焯水再炒 闻着就饿了 孩子吃了两碗 糖少放一点 隔夜更入味 切薄一些好熟"),
    ),
    Topic(
        words(
            "打印机 路由器 旧手机 数据线 充电宝 内存条 键盘 显示器 硬盘 开源工具 系统更新 网线 投影仪 说明书"
        ),
        words(
            "重启一下就好 驱动要重装 信号隔墙就弱 先备份再动手 版本太旧了 日志里有报错 换根线试试 "
            "风扇声音很大"
        ),
    ),
    Topic(
        words(
            "读书会 旧书箱 观影票 合唱谱 吉他 展览 绘本 摄影作业 志愿者名单 报名表 场地钥匙 海报 茶话会 投稿"
        ),
        words(
            "人数还差几个 名额先到先得 结尾写得真好 音准还得磨 下次换个主题 自带杯子 拍得很有味道 签到别忘了"
        ),
    ),
)

OPENERS = ("",) * 5 + words("对了， 话说 其实 刚才 我看 没想到 听说 另外， 补充一下， 说真的， 哎，")
WHENS = words(
    "昨天 今天 明早 周六下午 上个月 刚刚 下班后 中午 前天晚上 这周 月底 清明那天 早上七点 午休时 雨停以后 "
    "晚饭前 开会前 放假第一天 过两天 周三 今年 十点半 去年秋天 傍晚"
)
WHOS = words(
    "我 我们 他 她 大家 楼下师傅 隔壁同事 老板 我家孩子 物业 店员 教练 邻居阿姨 快递员 新来的 组长 我妈 "
    "保安大叔 对面那家 朋友 几个老队员 群里两位 管理处 我室友"
)
DOINGS = (
    ("把", "借走了"),
    ("刚看完", ""),
    ("打算换", ""),
    ("还在等", "的消息"),
    ("试了试", ""),
    ("修好了", ""),
    ("又买了一份", ""),
    ("忘了带", ""),
    ("拍了", "的照片"),
    ("整理了", "的清单"),
    ("传了", "的说明"),
    ("说", "比上次好用"),
    ("觉得", "有点贵"),
    ("量了", "的尺寸"),
    ("预约了", ""),
    ("搬走了两箱", ""),
    ("弄丢了", ""),
    ("找到了", ""),
    ("想卖掉", ""),
    ("帮忙收拾", ""),
    ("送来", "三个"),
    ("在研究", ""),
    ("给", "拍了段视频"),
    ("对", "很满意"),
)
TAILS = ("",) * 5 + words("。 。 ！ ～ 哈哈 😂 👍 ，先这样 ，回头再说 ，辛苦各位 ...")
QUESTIONS = (
    ("有人知道", "在哪里买吗？"),
    ("", "怎么用？"),
    ("请问", "几点开始？"),
    ("谁有", "可以借我一下"),
    ("", "多少钱一个"),
    ("想问一下", "为什么总是坏？"),
    ("大家的", "都放在哪儿？"),
    ("有没有", "的推荐？"),
    ("", "还能退吗"),
    ("这个", "是不是换过了？"),
    ("新手选", "要注意什么呢？"),
    ("", "和旧的有什么区别?"),
)
SHORTS = words(
    "收到 好的 哈哈哈哈 +1 同意 可以 没问题 谢谢 辛苦了 早 晚安 是的 不错 厉害 我也是 笑死 真的假的 好看 "
    "加油 明白 嗯嗯 来了 算我一个 改天吧 666 支持 已报名 👍👍 在路上了 稍等"
)
NAME_HEADS = words("阿 小 老 大")
NAME_STEMS = words(
    "禾 川 北 柚 岚 舟 桐 麦 砚 鹿 茶 星 竹 棉 溪 虎 橙 霜 柏 鸥 枫 雨 石 荷 云 笛 灯 雀 梨 盐 湖 墨 瓜 豆 "
    "松 藕 夏 粥 渡 萤"
)
NAME_ENDS = words("(东区) -7栋 🌊 酱 _Leo 同学 【夜班】 .ovo")
LEVELS = words("【潜水】 【冒泡】 【活跃】 【话唠】")
