"""People's data is hidden in place, domain words read as users know them, platforms are recognised."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.labels import LABELS
from app.domain.wording import mask_name, mask_phone, mask_text, mask_url, platform_of
from tests.support.shown import SHOWN


@pytest.mark.parametrize(
    ("name", "shown"),
    [("", ""), ("王", "*"), ("王明", "王*"), ("欧阳小明", "欧***"), ("user_123", "u*******"), ("A B", "A**")],
)
def test_a_name_keeps_its_first_character_only(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(("phone", "shown"), [
    ("+8613800138000", "+86138******00"), ("+861062345678", "+86106*****78"), ("+16502530000", "+*********00"),
    ("+861062345678;ext=801", "+86106*******;ext=*01"), ("+8521", "+**21"), ("+44", "+44"), ("", ""),
])  # fmt: skip
def test_of_a_phone_little_is_left(phone, shown):
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("找@张三 投诉", "找@** 投诉"),
        ("@user_1·a-b：退钱", "@**********：退钱"),
        ("＠小明，在吗", "＠**，在吗"),
        ("转@甲//@乙:好", "转@*//@*:好"),
        ("电话13812345678。", "电话138******78。"),
        ("138 1234 5678", "138 **** **78"),
        ("138-1234-5678", "138-****-**78"),
        ("138　1234　5678", "138　****　**78"),
        ("138\u20111234\u20115678", "138\u2011****\u2011**78"),
        ("1381 2345 678", "138* **** *78"),
        ("+8613812345678", "+86138******78"),
        ("(+86) 138-1234-5678", "(+86) 138-****-**78"),
        ("008613812345678", "0086138******78"),
        ("8613812345678", "86138******78"),
        ("１３８１２３４５６７８", "１３８******７８"),
        ("010-12345678", "010-******78"),
        ("(021)6234 5678", "(021)**** **78"),
        ("0755－8888666", "075*－*****66"),
        ("01012345678", "010******78"),
        ("身份证11010119900307777X吧", "身份证******************吧"),
        ("110101 19900307 777x", "********************"),
        ("写信zhang.san+1@mail.example.com。", "写信***********@****************。"),
        ("a@b.cn c@d.cn", "*@**** *@****"),
        ("138\u00a01234\u00a05678", "138\u00a0****\u00a0**78"),
        ("138\u200b1234\u200b5678", "138\u200b****\u200b**78"),
        ("1\u200b3\u200b812345678", "1\u200b3\u200b8******78"),
        ("138\t1234\n5678", "138\t****\n**78"),
        ("138_1234_5678 138/1234/5678 138,1234,5678", "138_****_**78 138/****/**78 138,****,**78"),
        ("138，1234，5678", "138，****，**78"),
        ("138 12 34 56 78", "138 ** ** ** 78"),
        ("1 3 8 1 2 3 4 5 6 7 8", "1 3 8 * * * * * * 7 8"),
        ("①③⑧12345678", "①③⑧******78"),
        ("¹³⁸12345678", "¹³⁸******78"),
        ("\u0661\u0663\u066812345678", "\u0661\u0663\u0668******78"),
        ("1️⃣3️⃣8️⃣12345678", "1️⃣3️⃣8️⃣******78"),
        ("010\u00a01234\u20095678", "010\u00a0****\u2009**78"),
        ("@\u200b张三丰", "@\u200b***"),
        ("zhangsan@qq。com", "********@******"),
        ("zhangsan@qq.com。谢谢", "********@******。谢谢"),
        ("zhangsan@例子.中国", "********@*****"),
        ("写信zhangsan@例子.com", "写信********@******"),
        ("张三@example.com", "**@***********"),
        ("邮箱：张三@例子.公司", "邮箱：**@*****"),
        ("zhangsan\u200b@qq\ufeff.com", "********\u200b@**\ufeff****"),
    ],
)
def test_personal_data_is_hidden_character_for_character(text, shown):
    assert mask_text(text) == shown
    assert len(shown) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "蒙牛牛奶变质了，客服不理",
        "订单号123456789012345678",
        "订单202413812345678",
        "订单13812345678901",
        "12812345678",
        "价格139.00 1580.00",
        "花了150 2023-01-01到货",
        "热线400-123-4567",
        "2024-01-15 13:45",
        "110101199013077777",
        "@ 谁",
        "① ③ ⑤ 先看",
        "①②③④⑤⑥⑦⑧⑨",
        "150 20 30 40",
        "1 3 5 7 9",
        "2023/11/05,150",
        "139,2023-11-05",
        "x²³+y²",
        "a.b.c",
    ],
)
def test_text_without_personal_data_stays_as_it_is(text):
    assert mask_text(text) == text


PERSONAL = (
    "@张三",
    "＠小明",
    "13812345678",
    "+86 138-1234-5678",
    "0755-8888666",
    "a.b@c.com",
    "11010119900307777X",
    "①③⑧ 12 34 56 78",
    "张三\u200b@例子.中国",
)
dirty_text = st.lists(
    st.one_of(st.sampled_from(PERSONAL), st.text("@01386·-_ .+()张aX，", max_size=8), st.text(max_size=4))
).map("".join)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("会面@张三。谢谢", "会面@**。谢谢"), ("会面@3.15晚会", "会面@*.15晚会"), ("见@张三.李四", "见@**.李四")],
)
def test_an_at_name_at_the_end_of_a_sentence_is_no_mail(text, shown):
    assert mask_text(text) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://weibo.com/u/1234567?phone=13812345678&name=a",
            "https://weibo.com/u/1234567?phone=138******78&name=a",
        ),
        ("https://a.cn/p?m=wang@example.com", "https://a.cn/p?m=****@***********"),
        ("https://a.cn/p?m=wang%40example.com#x", "https://a.cn/p?m=****%40***********#x"),
        ("https://a.cn/13812345678/", "https://a.cn/138******78/"),
        ("https://a.cn/n/@wang/1", "https://a.cn/n/@****/1"),
    ],
)
def test_an_address_is_shown_without_peoples_data(url, shown):
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://weibo.com/1/OAbCdEfGh",
        "https://m.weibo.cn/detail/5012345678901234",
        "https://www.douyin.com/video/7301234567890123456",
        "https://www.zhihu.com/question/612345678/answer/3123456789",
        "https://tieba.baidu.com/p/8765432109",
        "http://society.people.com.cn/n1/2023/1105/c1008-40112233.html",
        "https://news.example.cn/139/2023/1105/a.html?page=2",
        "https://www.bilibili.com/video/BV1xx411c7mD?p=1&t=150",
    ],
)
def test_the_address_of_a_post_stays_whole(url):
    assert mask_url(url) == url


@given(dirty_text)
def test_a_mask_never_moves_a_character_and_puts_nothing_but_stars(text):
    masked = mask_text(text)
    assert len(masked) == len(text)
    assert all(after in (before, "*") for before, after in zip(text, masked, strict=True))
    assert len(mask_name(text)) == len(text)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("蒙牛，。 \n", max_size=5))
def test_six_digits_of_every_mobile_number_are_hidden_wherever_it_stands(number, around):
    hidden = number[:3] + "******" + number[-2:]
    assert mask_text(around + number + around) == around + hidden + around


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "1",
        "0",
        "-",
        " ",
        "a@",
        "@a",
        "a.",
        "@",
        "13",
        "1 ",
        "+86",
        "010-",
        "a@a.",
        "110101",
        "(",
        "_%",
        "例",
        "例@",
        "@例.",
        "a@例.",
        "例@a.",
        "@a。",
        "①",
        "1\u200b",
        "1 3",
        "138 12",
        "1_",
        "\u200b",
    ],
)
def test_hostile_texts_are_masked_in_time(part):
    text = (part * 100_000)[:100_000]
    for ending in ("", "x@", "@a."):
        started = time.process_time()
        mask_text(text + ending)
        assert time.process_time() - started < 1


# What Chinese users see (方案): a changed word is a changed contract.


def test_every_vocabulary_shows_the_words_of_the_plan():
    assert {name: " ".join(zh for zh, _ in labels.values()) for name, labels in LABELS.items()} == SHOWN


def test_labels_cannot_be_changed_and_all_have_an_english_word():
    with pytest.raises(TypeError):
        LABELS["grade"]["major"] = ("", "")
    assert all(english.isascii() and english for labels in LABELS.values() for _, english in labels.values())


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("wechat_official", "公众号,微信,微信公众号,wechat,WeChat,weixin,mp.weixin.qq.com"),
        ("wechat_channels", "视频号,微信视频号,WeChat Channels,wechat-channels"),
        ("weibo", "微博,新浪微博,Sina Weibo,sina_weibo,weibo.com,www.weibo.com,WEIBO,ｗｅｉｂｏ, weibo "),
        ("douyin", "抖音,TikTok CN,aweme,dy,Douyin"),
        ("xiaohongshu", "小红书,XHS,RED,RedNote"),
        ("zhihu", "知乎,Zhihu"),
        ("bilibili", "B站,b站,哔哩哔哩,bili,BiliBili"),
        ("forum", "论坛,贴吧,BBS"),
        ("news", "新闻,资讯,News"),
        ("other", "其他,快手,TikTok"),
    ],
)
def test_a_platform_is_recognised_under_its_common_names_and_the_name_is_kept(platform, names):
    for name in names.split(","):
        assert platform_of(name) == (platform, name)


def test_a_platform_already_in_our_words_needs_no_raw_name():
    for platform in LABELS["platform"]:
        assert platform_of(platform) == (platform, None)


def test_a_blank_platform_is_other_without_a_name():
    assert platform_of(" ") == ("other", None)
