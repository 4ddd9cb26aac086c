"""Which templates fit: by their kind or not at all; and in which order."""

from uuid import UUID

import pytest

from app.domain.templates.fitting import Offer, Situation, fitting, kinds_for
from app.domain.vocabulary import StatementKind, Truth
from app.domain.vocabulary.templates import StatementLanguage, TemplateFit

K = StatementKind


def situation(truth=None, *, spoken=False, harm=None, platform=None, words=()):
    return Situation(truth, spoken, harm, platform, words)


def offer(number, kind=K.HOLDING, *, harm=None, platform=None, topics=(), language="zh"):
    return Offer(UUID(int=number), kind, harm, platform, StatementLanguage(language), topics)


def order(where, *offers):
    return [found.id.int for found in fitting(where, offers)]


@pytest.mark.parametrize(("truth", "before", "after"), [
    (None, [K.HOLDING], [K.PROGRESS]),
    (Truth.UNVERIFIABLE, [K.HOLDING], [K.PROGRESS]),
    (Truth.CONFIRMED, [K.APOLOGY, K.HOLDING], [K.APOLOGY, K.PROGRESS]),
    (Truth.PARTLY_CONFIRMED, [K.APOLOGY, K.CLARIFICATION, K.HOLDING], [K.APOLOGY, K.CLARIFICATION, K.PROGRESS]),
    (Truth.UNFOUNDED, [K.CLARIFICATION, K.LAWYER, K.HOLDING], [K.CLARIFICATION, K.LAWYER, K.PROGRESS]),
    (Truth.MISUNDERSTANDING, [K.CLARIFICATION, K.HOLDING], [K.CLARIFICATION, K.PROGRESS]),
])  # fmt: skip
def test_kinds_follow_the_facts(truth, before, after):
    assert list(kinds_for(situation(truth))) == before
    assert list(kinds_for(situation(truth, spoken=True))) == after
    every = [offer(number, kind) for number, kind in enumerate(K)]
    assert order(situation(truth), *every) == [list(K).index(kind) for kind in before]


def test_nearest_comes_first():
    where = situation(harm="user_rights", platform="zhihu", words=["會員信息洩露", "密码外流"])
    offers = [
        offer(1), offer(2, topics=("泄露", "密码")), offer(3, topics=("泄露",)), offer(4, harm="user_rights"),
        offer(5, harm="core_interest"), offer(6, topics=("异物",)), offer(7, platform="zhihu"), offer(8, platform="weibo"),
        offer(9, language="en", topics=("泄露", "密码")), offer(10),
    ]  # fmt: skip
    assert order(where, *offers) == [2, 3, 4, 7, 1, 10, 8, 5, 6, 9]
    found = {one.id.int: one for one in fitting(where, offers)}
    assert found[2].why == (TemplateFit.FIRST_WORD, TemplateFit.TOPIC)
    assert found[2].words == ("泄露", "密码")
    assert found[4].why == (TemplateFit.FIRST_WORD, TemplateFit.HARM_CLASS)
    assert found[7].why == (TemplateFit.FIRST_WORD, TemplateFit.ORIGIN_PLATFORM, TemplateFit.GENERAL)
    assert found[1].why == (TemplateFit.FIRST_WORD, TemplateFit.GENERAL)
    assert found[6].why == (TemplateFit.FIRST_WORD,)


def test_an_incident_that_nothing_is_known_of_is_offered_what_fits_anything_first():
    assert order(
        situation(), offer(1, harm="core_interest", topics=("异物",)), offer(2, harm="core_interest"), offer(3)
    ) == [3, 2, 1]
