"""Words of the plan that more than one room says on the wire: one schema each in the contract."""

from enum import StrEnum


class Grade(StrEnum):
    """How severe an incident is: 一级(重大), 二级(较大), 三级(一般)."""

    MAJOR = "major"
    SERIOUS = "serious"
    GENERAL = "general"
