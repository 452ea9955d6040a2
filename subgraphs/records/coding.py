"""Which codes can be recorded, by the rules of their systems (https://hl7.org/fhir/R4/terminologies-systems.html)."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import distribution
from typing import NamedTuple

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED_CT = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
UCUM = "http://unitsofmeasure.org"

_HINTS = 5
_ICD = re.compile(r"[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?")
_ICD_UNDOTTED = re.compile(r"[A-Z][0-9A-Z]{2,6}")
_SNOMED = re.compile(r"[1-9][0-9]{5,17}")
_LOINC = re.compile(r"[1-9][0-9]{0,6}-[0-9]")
_RXCUI = re.compile(r"[1-9][0-9]{0,7}")
_CVX = re.compile(r"[0-9]{2,3}")

# Verhoeff's tables: the dihedral group of order 10, and the permutation of a digit by its place.
_D5 = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PLACES = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


class Refused(NamedTuple):
    """Why a code cannot be recorded; `instead` are codes of its system that can be, where it heads such."""

    instead: Sequence[str] = ()


def refused(system: str, code: str) -> Refused | None:
    """Why a code is none that can be recorded; None if it can be, or if its system is none that is known here."""
    check = _CHECKS.get(system)
    return None if check is None else check(code)


def _icd_10_cm(code: str) -> Refused | None:
    if not _ICD.fullmatch(code):
        return Refused()
    ends = _icd_10_cm_codes()
    bare = code.replace(".", "")
    if bare in ends:
        return None
    below = sorted((each for each in ends if each.startswith(bare)), key=lambda each: (len(each), each))
    return Refused([f"{each[:3]}.{each[3:]}" for each in below[:_HINTS]])


@cache
def _icd_10_cm_codes() -> frozenset[str]:
    """The codes that can be recorded, without their dots: those that head no others.

    simple-icd-10-cm reads the whole tabular list when it is imported, which takes 1.5 s and 185 MB; the list of codes that it
    brings takes 0.15 s and 15 MB, and says the same.
    """
    path = distribution("simple-icd-10-cm").locate_file("simple_icd_10_cm/data/code-list-April-2026.txt")
    with open(str(path), encoding="ascii") as lines:  # noqa: PTH123 - importlib's own kind of path
        codes = [line.strip() for line in lines if _ICD_UNDOTTED.fullmatch(line.strip())]
    heads = {code[:length] for code in codes for length in range(3, len(code))}
    return frozenset(code for code in codes if code not in heads)


def _snomed_ct(code: str) -> Refused | None:
    """An identifier of a concept: its partition ends with 0, its check digit is Verhoeff's (SNOMED CT release file 5.4)."""
    return None if _SNOMED.fullmatch(code) and code[-2] == "0" and _verhoeff(code) else Refused()


def _verhoeff(digits: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_D5[check][int(_PLACES[place % 8][int(digit)])])
    return check == 0


def _loinc(code: str) -> Refused | None:
    """The check digit is Luhn's (LOINC Users' Guide, appendix C)."""
    if not _LOINC.fullmatch(code):
        return Refused()
    number, _, check = code.partition("-")
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number)))
    total = sum(value // 10 + value % 10 for value in doubled)
    return None if (10 - total % 10) % 10 == int(check) else Refused()


def _matching(pattern: re.Pattern[str]) -> Callable[[str], Refused | None]:
    return lambda code: None if pattern.fullmatch(code) else Refused()


_CHECKS: dict[str, Callable[[str], Refused | None]] = {
    ICD_10_CM: _icd_10_cm,
    SNOMED_CT: _snomed_ct,
    LOINC: _loinc,
    RXNORM: _matching(_RXCUI),
    CVX: _matching(_CVX),
}


def is_checked(system: str) -> bool:
    """Whether codes of a system can be told from what is none."""
    return system in _CHECKS
