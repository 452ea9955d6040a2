"""Check digits: mod 10, of LOINC codes and of the numbers of orders and specimens (ISO/IEC 7812-1, annex B)."""

import re

_LOINC = re.compile(r"([0-9]{1,7})-([0-9])", re.ASCII)
_NUMBER = re.compile(r"[0-9]{2,20}", re.ASCII)


def check_digit(digits: str) -> str:
    """The digit that is to follow some digits."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def with_check_digit(number: int, width: int = 9) -> str:
    """A number in so many digits at least, and its check digit."""
    digits = f"{number:0{width}}"
    return digits + check_digit(digits)


def is_number(text: str) -> bool:
    """Whether a text is a number that ends with its check digit."""
    return _NUMBER.fullmatch(text) is not None and check_digit(text[:-1]) == text[-1]


def is_loinc(text: str) -> bool:
    """Whether a text is written as a LOINC code, with an ASCII hyphen and the right check digit."""
    found = _LOINC.fullmatch(text)
    return found is not None and check_digit(found[1]) == found[2]
