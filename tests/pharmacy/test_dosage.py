"""Dosages as sentences, in English and German."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.pharmacy.dosage.codes import UCUM, DoseUnit, Route, TimeUnit, TimingCode
from subgraphs.pharmacy.dosage.facts import TIMES, Dosage, Maximum
from subgraphs.pharmacy.dosage.sentence import LANGUAGES, sentence, sentences
from subgraphs.pharmacy.quantities import refills_left

_ORAL: dict[str, Any] = {"unit": DoseUnit.TABLET, "route": Route.ORAL}
_DAY = Maximum(value=Decimal(8), period=24, period_unit=TimeUnit.HOUR)

SAID: list[tuple[dict[str, Any], str, str]] = [
    (
        _ORAL | {"dose": 1, "code": TimingCode.BID},
        "Take 1 tablet by mouth twice a day.",
        "2-mal täglich 1 Tablette einnehmen.",
    ),
    (
        _ORAL | {"dose": "0.5", "code": TimingCode.AM},
        "Take 0.5 tablets by mouth every morning.",
        "Jeden Morgen 0,5 Tabletten einnehmen.",
    ),
    (
        _ORAL | {"dose": 2, "frequency": 1, "period": 8, "period_unit": TimeUnit.HOUR, "for_days": 7},
        "Take 2 tablets by mouth every 8 hours, for 7 days.",
        "Alle 8 Stunden 2 Tabletten einnehmen, 7 Tage lang.",
    ),
    (
        _ORAL
        | {"dose": 1, "frequency": 2, "frequency_max": 3, "period": 1, "period_unit": TimeUnit.DAY, "for_days": 1},
        "Take 1 tablet by mouth 2 to 3 times a day, for 1 day.",
        "2- bis 3-mal täglich 1 Tablette einnehmen, 1 Tag lang.",
    ),
    (
        _ORAL | {"dose": 2, "as_needed": True, "as_needed_for": "pain", "maximum": _DAY},
        "Take 2 tablets by mouth, as needed for pain, no more than 8 tablets in 24 hours.",
        "2 Tabletten einnehmen, bei Bedarf (pain), höchstens 8 Tabletten in 24 Stunden.",
    ),
    (
        {
            "dose": 1,
            "unit": DoseUnit.DROP,
            "route": Route.OPHTHALMIC,
            "frequency": 1,
            "period": 1,
            "period_unit": TimeUnit.HOUR,
        },
        "Put 1 drop into the eye once an hour.",
        "1-mal pro Stunde 1 Tropfen ins Auge geben.",
    ),
    (
        {
            "dose": 10,
            "unit": DoseUnit.UNIT,
            "route": Route.SUBCUTANEOUS,
            "code": TimingCode.QOD,
            "text": "Change sides.",
        },
        "Inject 10 units under the skin every other day. Change sides.",
        "Jeden zweiten Tag 10 Einheiten unter die Haut spritzen. Change sides.",
    ),
    (
        {"dose": 1, "unit": DoseUnit.PATCH, "frequency": 2, "period": 3, "period_unit": TimeUnit.MONTH},
        "Use 1 patch twice every 3 months.",
        "2-mal in 3 Monaten 1 Pflaster anwenden.",
    ),
    ({"text": "As told."}, "As told.", "As told."),
]


def dosage(**said: Any) -> Dosage:
    return Dosage(**said | ({"dose": Decimal(said["dose"])} if "dose" in said else {}))


@pytest.mark.parametrize(("said", "english", "german"), SAID)
def test_a_dosage_is_a_sentence(said: dict[str, Any], english: str, german: str) -> None:
    assert [sentence(dosage(**said), language) for language in LANGUAGES] == [english, german]


def test_dosages_follow_each_other() -> None:
    first, second = (dosage(**_ORAL, dose=number, code=TimingCode.QD) for number in (2, 1))
    assert (
        sentences([first, second], "en")
        == "Take 2 tablets by mouth once a day.\nThen: Take 1 tablet by mouth once a day."
    )


@given(
    st.builds(
        Dosage,
        dose=st.decimals("0.001", "9999", places=3),
        unit=st.sampled_from(DoseUnit),
        route=st.none() | st.sampled_from(Route),
        code=st.none() | st.sampled_from(TimingCode),
        for_days=st.none() | st.integers(1, 400),
    )
)
def test_every_dosage_is_one_in_each_language(each: Dosage) -> None:
    english, german = (sentence(each, language) for language in LANGUAGES)
    for said in (english, german):
        assert said.endswith(".")
        assert "  " not in said
        assert "None" not in said
    assert english[0].isupper()


def test_what_is_taken_in_a_day() -> None:
    assert dosage(**_ORAL, dose=2, code=TimingCode.Q6H).per_day() == Decimal(8)
    assert dosage(**_ORAL, dose=2, frequency=3, period=1, period_unit=TimeUnit.WEEK).per_day() == Decimal(6) / 7
    assert dosage(**_ORAL, dose=2, as_needed=True, maximum=_DAY).per_day() == Decimal(8)
    assert dosage(text="As told.").per_day() is None


def test_codes_are_complete() -> None:
    assert set(TIMES) == set(TimingCode)
    assert len(set(UCUM.values())) == len(DoseUnit)


@pytest.mark.parametrize(("dispensed", "left"), [(0, 2), (5, 2), (20, 2), (21, 1), (40, 1), (60, 0)])
def test_refills_are_left_until_they_begin(dispensed: int, left: int) -> None:
    assert refills_left(Decimal(20), 2, Decimal(dispensed)) == left
