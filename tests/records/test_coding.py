from decimal import Decimal

import pytest

from subgraphs.records.coding import CVX, ICD_10_CM, LOINC, SNOMED_CT, refused
from subgraphs.records.vital_signs import (
    BODY_HEIGHT,
    BODY_TEMPERATURE,
    BODY_WEIGHT,
    HEART_RATE,
    SIGNS,
    SYSTOLIC,
    body_mass_index,
    canonical,
    is_possible,
    is_unusual,
)


@pytest.mark.parametrize("code", ["E11.9", "I10", "S72.001A", "M08.4A", "T36.0X1A", "Z00.00"])
def test_a_billable_code_of_icd_10_cm_is_taken(code: str) -> None:
    assert refused(ICD_10_CM, code) is None


def test_a_header_of_icd_10_cm_is_refused_with_codes_below_it() -> None:
    header, seventh = refused(ICD_10_CM, "E11"), refused(ICD_10_CM, "S72.001")
    assert header is not None
    assert "E11.9" in header.instead
    assert seventh is not None
    assert seventh.instead[0] == "S72.001A"


@pytest.mark.parametrize(
    "code", ["E119", "e11.9", "E11.9 ", "E11.", "Z99.99", "4", "A00-A09", "", "E11.9\n", "\uff2511.9"]
)
def test_what_is_no_code_of_icd_10_cm_is_refused(code: str) -> None:
    found = refused(ICD_10_CM, code)
    assert found is not None
    assert not found.instead


@pytest.mark.parametrize(
    ("system", "good", "bad"),
    [
        (SNOMED_CT, "44054006", ["44054007", "44054016", "044054006", "4405400", "٤٤٠٥٤٠٠٦", "12345678901234567890"]),
        (LOINC, "8867-4", ["8867-5", "8867", "08867-4", "-4"]),
        (CVX, "140", ["1", "1400", "ab"]),
        ("urn:oid:1.2.3", "anything", []),
    ],
)
def test_a_code_has_the_form_and_check_digit_of_its_system(system: str, good: str, bad: list[str]) -> None:
    assert refused(system, good) is None
    assert [code for code in bad if refused(system, code) is None] == []


def test_vital_signs_are_of_loinc_and_their_limits_nest() -> None:
    for code, sign in SIGNS.items():
        assert refused(LOINC, code) is None
        assert sign.hard[0] <= sign.soft[0] < sign.soft[1] <= sign.hard[1]
        assert canonical(code, Decimal("1.5"), sign.unit) == Decimal("1.5")


@pytest.mark.parametrize(
    ("code", "value", "unit", "expected"),
    [
        (BODY_TEMPERATURE, "98.6", "[degF]", "37"),
        (BODY_TEMPERATURE, "-40", "[degF]", "-40"),
        (BODY_WEIGHT, "150", "[lb_av]", "68.0389"),
        (BODY_WEIGHT, "16", "[oz_av]", "0.4536"),
        (BODY_HEIGHT, "70", "[in_i]", "177.8"),
        (BODY_HEIGHT, "6", "[ft_i]", "182.88"),
        (SYSTOLIC, "16", "kPa", "120.0102"),
        (HEART_RATE, "80", "kg", None),
        (BODY_WEIGHT, "80", "lb", None),
    ],
)
def test_a_value_is_brought_to_one_unit_of_its_dimension(
    code: str, value: str, unit: str, expected: str | None
) -> None:
    assert canonical(code, Decimal(value), unit) == (None if expected is None else Decimal(expected))


def test_limits_refuse_what_cannot_be_and_warn_of_what_is_rare() -> None:
    assert [is_possible(HEART_RATE, Decimal(value)) for value in ("-0.0001", "0", "500", "500.0001")] == [0, 1, 1, 0]
    assert [is_unusual(HEART_RATE, Decimal(value)) for value in ("29", "30", "220", "221")] == [1, 0, 0, 1]
    assert body_mass_index(Decimal(80), Decimal(180)) == Decimal("24.7")
