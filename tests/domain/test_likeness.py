"""Near-duplicates 洗稿: what is a copy and what is another story. The posts are made up."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.likeness import Representative, canonical

ORIGINAL = (
    "昨天在北门那家店买了两箱示例牌纯牛奶，回家打开第一盒就喝出一块蓝色塑料片，孩子差点吞下去。"
    "打客服电话说要自己举证，门店让我找厂家，厂家又让我找门店，到现在没有一个人道歉！"
)
TRADITIONAL = (
    "昨天在北門那家店買了兩箱示例牌純牛奶，回家打開第一盒就喝出一塊藍色塑料片，孩子差點吞下去。"
    "打客服電話說要自己舉證，門店讓我找廠家，廠家又讓我找門店，到現在沒有一個人道歉！"
)
EDITS = {
    "the same": ORIGINAL,
    "before it": "气死我了，大家都来看看这家店是怎么做生意的，转发扩散一下吧：" + ORIGINAL,
    "after it": ORIGINAL + "有没有遇到同样情况的朋友，评论区说一下，我准备打市场监管的电话了。",
    "names": "@北门老王 @小红_2020 " + ORIGINAL.replace("，", " @示例牌客服 ") + "//@阿强:太过分了",
    "emoji": "[怒][怒]" + ORIGINAL.replace("，", "😡[二哈]"),
    "an address": "https://t.cn/A6xYz123 " + ORIGINAL + " 网页链接 http://example.com/a?b=c",
    "other punctuation": " ".join(ORIGINAL.replace("，", "…").replace("。", "！！")),
    "traditional": TRADITIONAL,
    "sentences rearranged": "。".join(reversed(re.split("[。！]", ORIGINAL))),
    "the first half": ORIGINAL[: len(ORIGINAL) // 2],
    "the last third": ORIGINAL[-len(ORIGINAL) // 3 :],
    "words replaced": ORIGINAL.replace("昨天", "前两天").replace("孩子", "我女儿").replace("打客服电话", "联系客服").replace(
        "到现在", "至今"
    ),
    "full width": ORIGINAL.replace("示例牌", "示　例　牌").replace("一", "１"),
}  # fmt: skip
OTHERS = {
    "another rumour of the brand": "示例牌纯牛奶又涨价了，上个月一箱五十九，今天去超市看已经六十八，喝不起了，换别家吧。",
    "its denial": "示例牌发布声明：网传工厂停产的消息不实，目前各地生产线运转正常，请大家不信谣不传谣。",
    "the brand and a few words": "示例牌纯牛奶太坑了",
    "words that everybody writes": "打客服电话没人接",
    "nothing but passing things": "@示例牌客服 [怒][怒] https://t.cn/A6xYz123",
    "nothing": "……",
}
BRAND = ["示例牌", "示例牌纯牛奶"]


@pytest.mark.parametrize("kind", EDITS)
def test_a_copy_is_known_whatever_was_done_to_it(kind):
    assert Representative(ORIGINAL, BRAND).is_like(EDITS[kind])
    assert Representative(EDITS[kind], BRAND).is_like(ORIGINAL), "whichever of the two stands for the cluster"


@pytest.mark.parametrize("kind", OTHERS)
def test_another_story_of_the_same_brand_is_not_a_copy(kind):
    assert not Representative(ORIGINAL, BRAND).is_like(OTHERS[kind])
    assert not Representative(OTHERS[kind], BRAND).is_like(ORIGINAL)


def test_without_the_brands_words_a_short_post_is_mostly_the_brand():
    one, other = "示例牌高端纯牛奶太坑了", "示例牌高端纯牛奶喝出塑料片"
    assert Representative(one).is_like(other)
    assert not Representative(one, ["示例牌高端纯牛奶"]).is_like(other)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("差评", "差评！", True),
        ("差评", "差评，避雷", False),
        ("喝出了塑料片", "喝出了塑料片", True),
        # Eight runs of ten characters, of which four in ten: three are too few, four are enough.
        ("甲乙丙丁戊己庚辛壬癸", "甲乙丙丁戊子丑寅卯辰", False),
        ("甲乙丙丁戊己庚辛壬癸", "甲乙丙丁戊己丑寅卯辰", True),
        ("", "", True),
    ],
)
def test_of_few_words_more_must_be_the_same(one, other, alike):
    assert Representative(one).is_like(other) == Representative(other).is_like(one) == alike


@given(st.text(max_size=60), st.text(max_size=60), st.lists(st.text(max_size=6), max_size=3))
def test_likeness_goes_both_ways_and_everything_is_like_itself(one, other, common):
    assert Representative(one, common).is_like(one)
    assert Representative(one, common).is_like(other) == Representative(other, common).is_like(one)


@given(st.text(max_size=80))
def test_what_is_compared_of_a_text_holds_no_punctuation(text):
    assert not re.search(r"[\W_]", canonical(text))
