from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.records.scores import (
    MICROMOLES,
    Consciousness,
    Physiology,
    Risk,
    Sex,
    Stage,
    egfr,
    news2,
)

WELL = Physiology(
    respiration_rate=Decimal(16),
    oxygen_saturation=Decimal(97),
    oxygen=False,
    systolic=Decimal(120),
    pulse=Decimal(70),
    consciousness=Consciousness.ALERT,
    temperature=Decimal("37.0"),
)
# Royal College of Physicians, National Early Warning Score (NEWS) 2, London 2017, chart 1: each band by its ends.
CHART: dict[str, list[tuple[str, str, int]]] = {
    "respiration_rate": [("0", "8", 3), ("9", "11", 1), ("12", "20", 0), ("21", "24", 2), ("25", "200", 3)],
    "oxygen_saturation": [("0", "91", 3), ("92", "93", 2), ("94", "95", 1), ("96", "100", 0)],
    "systolic": [("0", "90", 3), ("91", "100", 2), ("101", "110", 1), ("111", "219", 0), ("220", "400", 3)],
    "pulse": [("0", "40", 3), ("41", "50", 1), ("51", "90", 0), ("91", "110", 1), ("111", "130", 2), ("131", "500", 3)],
    "temperature": [
        ("10", "35.0", 3),
        ("35.1", "36.0", 1),
        ("36.1", "38.0", 0),
        ("38.1", "39.0", 1),
        ("39.1", "50", 2),
    ],
}
SCALE_2 = {
    False: [("0", "83", 3), ("84", "85", 2), ("86", "87", 1), ("88", "92", 0), ("93", "100", 0)],
    True: [
        ("0", "83", 3),
        ("84", "85", 2),
        ("86", "87", 1),
        ("88", "92", 0),
        ("93", "94", 1),
        ("95", "96", 2),
        ("97", "100", 3),
    ],
}


@pytest.mark.parametrize(("parameter", "bands"), CHART.items())
def test_news2_has_the_points_of_the_chart_at_both_ends_of_each_band(
    parameter: str, bands: list[tuple[str, str, int]]
) -> None:
    for least, most, points in bands:
        for value in (least, most):
            changed: Any = {parameter: Decimal(value)}
            score = news2(replace(WELL, **changed))
            assert score.points[parameter] == score.aggregate == points, value


@pytest.mark.parametrize("oxygen", [False, True])
def test_news2_scale_2_depends_on_whether_oxygen_is_given(oxygen: bool) -> None:
    for least, most, points in SCALE_2[oxygen]:
        for value in (least, most):
            score = news2(replace(WELL, scale_2=True, oxygen=oxygen, oxygen_saturation=Decimal(value)))
            assert (score.points["oxygen_saturation"], score.points["oxygen"]) == (points, 2 if oxygen else 0)


def test_news2_tells_its_risk_and_its_inputs() -> None:
    ill = replace(WELL, respiration_rate=Decimal(22), oxygen=True, pulse=Decimal(95))
    assert [news2(replace(WELL, consciousness=each)).aggregate for each in Consciousness] == [0, 3, 3, 3, 3]
    scores = [news2(each) for each in (WELL, replace(WELL, pulse=Decimal(40)), ill, replace(ill, systolic=Decimal(95)))]
    assert [(each.aggregate, each.risk, each.is_urgent) for each in scores] == [
        (0, Risk.LOW, False),
        (3, Risk.LOW_MEDIUM, True),
        (5, Risk.MEDIUM, False),
        (7, Risk.HIGH, True),
    ]
    assert (scores[0].inputs, scores[0].name) == (WELL, "NEWS2 2017")
    # Values between the chart's are taken as it would have them.
    assert news2(replace(WELL, temperature=Decimal("38.04"))).aggregate == 0
    assert news2(replace(WELL, temperature=Decimal("38.05"))).aggregate == 1


def _values(least: int, most: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(least, most, places=2)


@given(
    st.builds(
        Physiology,
        respiration_rate=_values(0, 200),
        oxygen_saturation=_values(0, 100),
        oxygen=st.booleans(),
        systolic=_values(0, 400),
        pulse=_values(0, 500),
        consciousness=st.sampled_from(Consciousness),
        temperature=_values(10, 50),
        scale_2=st.booleans(),
    )
)
def test_news2_is_total_and_grows_as_breathing_fails(inputs: Physiology) -> None:
    score = news2(inputs)
    assert 0 <= score.aggregate <= 20
    assert set(score.points) < set(Physiology.__dataclass_fields__)
    worse = [replace(inputs, oxygen=True, scale_2=False), replace(inputs, consciousness=Consciousness.PAIN)]
    worse += [replace(inputs, scale_2=False, oxygen_saturation=inputs.oxygen_saturation / 2)]
    unscaled = news2(replace(inputs, scale_2=False)).aggregate
    assert news2(worse[0]).aggregate >= unscaled
    assert news2(worse[1]).aggregate >= score.aggregate
    assert news2(worse[2]).aggregate >= unscaled


# Of the National Kidney Foundation's calculator, and by hand from Inker et al. 2021, table 2, about each knot.
@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "rate", "stage"),
    [
        ("1.2", 55, Sex.MALE, 71, Stage.G2),
        ("0.9", 50, Sex.MALE, 104, Stage.G1),
        ("0.7", 50, Sex.FEMALE, 105, Stage.G1),
        ("0.5", 20, Sex.FEMALE, 138, Stage.G1),
        ("1.0", 50, Sex.FEMALE, 69, Stage.G2),
        ("1.5", 65, Sex.MALE, 51, Stage.G3A),
        ("1.5", 65, Sex.FEMALE, 38, Stage.G3B),
        ("4.0", 70, Sex.MALE, 15, Stage.G4),
        ("8.0", 70, Sex.FEMALE, 5, Stage.G5),
    ],
)
def test_egfr_is_that_of_the_equation(creatinine: str, age: int, sex: Sex, rate: int, stage: Stage) -> None:
    found = egfr(Decimal(creatinine), age, sex)
    assert (found.value, found.stage, found.name) == (rate, stage, "CKD-EPI creatinine 2021")
    assert (found.creatinine, found.age, found.sex) == (Decimal(creatinine), age, sex)
    assert egfr(Decimal(creatinine) * MICROMOLES / MICROMOLES, age, sex).value == rate


@pytest.mark.parametrize(("creatinine", "age"), [("0", 40), ("-1", 40), ("1", 17)])
def test_egfr_is_refused_where_the_equation_does_not_hold(creatinine: str, age: int) -> None:
    with pytest.raises(ValueError, match="adults"):
        egfr(Decimal(creatinine), age, Sex.MALE)


@given(st.decimals("0.1", "30", places=2), st.integers(18, 119), st.sampled_from(Sex))
def test_egfr_falls_with_creatinine_and_age(creatinine: Decimal, age: int, sex: Sex) -> None:
    found = egfr(creatinine, age, sex)
    assert 0 <= found.value <= 400
    assert egfr(creatinine + Decimal("0.1"), age, sex).value <= found.value
    assert egfr(creatinine, age + 1, sex).value <= found.value
