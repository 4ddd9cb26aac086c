"""The words of a made-up company: nobody of these exists."""

from typing import Final, NamedTuple

SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英文辉鑫宇晨曦悦彤佳雨欣怡诗琪浩然子轩梓涵"
AUTHORS: Final = (
    "城南观察", "糯米团妈妈", "早餐研究所", "阿泽开箱", "实验室小南", "街角饭搭子", "周末去哪儿吃", "一只橘猫", "北城闲话",
    "测评日记", "打工人小林", "厨房里的光", "跑步的豆子", "老王看消费", "慢半拍",
)  # fmt: skip


class Business(NamedTuple):
    """A watch rule of the company: what it watches, whose it is, and what people write when it goes wrong."""

    name: str
    brand: str
    negative: tuple[str, ...]
    harm: str
    unit: str
    complaints: tuple[str, ...]


UNITS: Final = ("乳品事业部", "婴幼儿事业部", "电商事业部", "门店事业部")
BUSINESSES: Final = (
    Business(
        "青禾鲜奶质量", "青禾鲜奶", ("异物", "变质", "避雷"), "user_rights", "乳品事业部",
        ("青禾鲜奶喝出异物，客服三天没人理", "刚买的青禾鲜奶没到期就变质了", "避雷青禾鲜奶，全家闹肚子"),
    ),
    Business(
        "青禾奶粉安全", "青禾奶粉", ("不合格", "召回", "不敢喝"), "core_interest", "婴幼儿事业部",
        ("青禾奶粉抽检不合格，宝宝喝了两个月", "青禾奶粉什么时候召回？", "孩子的青禾奶粉现在不敢喝了"),
    ),
    Business(
        "青禾商城售后", "青禾商城", ("退款难", "客服不理", "虚假发货"), "individual", "电商事业部",
        ("青禾商城退款难，拖了十天", "青禾商城虚假发货，物流一直没有更新", "找青禾商城售后，客服不理人"),
    ),
    Business(
        "青禾营销宣传", "青禾有机", ("虚假宣传", "夸大", "翻车"), "individual", "乳品事业部",
        ("青禾有机涉嫌虚假宣传，牧场照片是图库的", "青禾有机这次营销翻车了", "青禾有机的功效写得太夸大"),
    ),
    Business(
        "青禾门店服务", "青禾奶站", ("态度差", "赶客", "投诉"), "individual", "门店事业部",
        ("青禾奶站店员态度差还赶客", "投诉青禾奶站，会员卡不给用", "在青禾奶站被店员赶客，录了视频"),
    ),
    Business(
        "青禾会员数据", "青禾会员", ("泄露", "骚扰电话", "盗刷"), "individual", "电商事业部",
        ("青禾会员信息泄露，一天三个骚扰电话", "青禾会员积分被盗刷", "青禾会员数据是不是泄露了？"),
    ),
)  # fmt: skip
PRAISES: Final = (
    "今天的早餐是青禾家的酸奶配燕麦", "青禾新出的包装挺好看", "下班路上买了瓶青禾", "青禾的牧场开放日去过，环境不错",
    "青禾家门店开到我们小区了", "喝了半年青禾，味道一直没变",
)  # fmt: skip
# Title, for how many months a completion is good, the pass mark, and whether it is for those alone who answer for crises.
COURSES: Final = (
    ("舆情应对基础", 24, None, False), ("员工社交行为准则宣讲", 12, None, False), ("信息核实与留证", 12, 60, False),
    ("媒体沟通与发言人训练", 12, 60, True),
)  # fmt: skip
