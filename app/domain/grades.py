"""Words of severity: the three grades of the plan and the three classes of harm (方案 二(二))."""

from enum import StrEnum
from typing import Self


class Grade(StrEnum):
    """How severe an incident is: 一级(重大), 二级(较大), 三级(一般). No grade means watched, not a crisis.

    Shown with both words, because in the state's own scale of four 重大 is the second grade, not the first.
    """

    level: int
    label: str

    def __new__(cls, value: str, level: int, label: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.level = level
        member.label = label
        return member

    MAJOR = "major", 1, "一级(重大)"
    SERIOUS = "serious", 2, "二级(较大)"
    GENERAL = "general", 3, "三级(一般)"


class HarmClass(StrEnum):
    """Whose interests are harmed, the gravest first: 核心利益, 用户权益, 个体投诉."""

    severity: int
    label: str

    def __new__(cls, value: str, severity: int, label: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.severity = severity
        member.label = label
        return member

    CORE_INTEREST = "core_interest", 1, "核心利益"
    USER_RIGHTS = "user_rights", 2, "用户权益"
    INDIVIDUAL = "individual", 3, "个体投诉"


def more_severe(a: Grade | None, b: Grade | None) -> bool:
    """Whether `a` is strictly more severe than `b`; None is the least severe."""
    return a is not None and (b is None or a.level < b.level)


def most_severe(*grades: Grade | None) -> Grade | None:
    """The most severe of the grades, None when there is none."""
    return min((grade for grade in grades if grade is not None), key=lambda grade: grade.level, default=None)


def grade_of(word: str | None) -> Grade | None:
    """The grade a stored word stands for."""
    return Grade[word.upper()] if word else None


UNGRADED = 4
"""Where a level stands for no grade: after all that have one."""


def level_of(word: str | None) -> int:
    """The level of a stored grade, so that what is grave comes first."""
    grade = grade_of(word)
    return grade.level if grade else UNGRADED


def grade_at(level: int) -> Grade | None:
    """The grade of a level, None for UNGRADED."""
    return next((grade for grade in Grade if grade.level == level), None)


def harm_of(word: str | None) -> HarmClass | None:
    """The class of harm a stored word stands for."""
    return HarmClass[word.upper()] if word else None
