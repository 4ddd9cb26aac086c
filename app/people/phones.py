"""Phone numbers in one form, so that duplicates are found and any dialler takes them."""

import re
from typing import Final

import phonenumbers

HOME: Final = "CN"
# What Chinese address books write before an extension.
_EXTENSION = re.compile(r"\s*(?:转|分机号?)\s*[::]?\s*")


def phone_of(text: str) -> str:
    """The number as E.164 (+8613800138000), an extension as RFC 3966 has it (;ext=801).

    Full-width digits, spaces and hyphens are as good as none. A number without a country code is of mainland China.
    ValueError where it is not a number that anybody could have.
    """
    try:
        number = phonenumbers.parse(_EXTENSION.sub(" ext. ", text), HOME)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValueError(
            "is no phone number: write a mobile as 13800138000, a landline with its area code as 010-62345678, and one "
            "abroad with its country code as +1 650 253 0000"
        )
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain
