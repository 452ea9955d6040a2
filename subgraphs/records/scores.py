"""Clinical scores: pure functions of what was measured, each with its name and version beside its result and inputs.

A score is never stored: it is computed from what is kept, so that a correction of that corrects it too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

NEWS2 = "NEWS2 2017"
EGFR = "CKD-EPI creatinine 2021"

ADULT = 16  # NEWS2: "should not be used in children (aged <16 years)"
OF_AGE = 18  # CKD-EPI was developed in people of 18 years and older

_ONE, _TENTH = Decimal(1), Decimal("0.1")
_OXYGEN = "oxygen"


class Consciousness(StrEnum):
    """The level of consciousness by ACVPU."""

    ALERT = "A"
    CONFUSION = "C"
    VOICE = "V"
    PAIN = "P"
    UNRESPONSIVE = "U"


class Risk(StrEnum):
    """The clinical risk by NEWS2, which says how urgent a response is (Royal College of Physicians 2017, chart 2)."""

    LOW = "LOW"
    LOW_MEDIUM = "LOW_MEDIUM"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class Physiology:
    """What NEWS2 is made of: breaths and beats a minute, per cent, mmHg, °C; `scale_2` is for hypercapnic failure (88-92 %)."""

    respiration_rate: Decimal
    oxygen_saturation: Decimal
    oxygen: bool
    systolic: Decimal
    pulse: Decimal
    consciousness: Consciousness
    temperature: Decimal
    scale_2: bool = False


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """A National Early Warning Score with the points of each of its seven parameters, by their names in `Physiology`."""

    points: Mapping[str, int]
    inputs: Physiology
    name: str = field(default=NEWS2)

    @property
    def aggregate(self) -> int:
        """0 to 20."""
        return sum(self.points.values())

    @property
    def risk(self) -> Risk:
        """How urgent a response is."""
        if self.aggregate >= 7:
            return Risk.HIGH
        if self.aggregate >= 5:
            return Risk.MEDIUM
        return Risk.LOW_MEDIUM if 3 in self.points.values() else Risk.LOW

    @property
    def is_urgent(self) -> bool:
        """Whether somebody has to be told: an aggregate of 7 or more, or 3 points in a single parameter."""
        return self.aggregate >= 7 or 3 in self.points.values()


def news2(inputs: Physiology) -> EarlyWarning:
    """The National Early Warning Score 2 (Royal College of Physicians, London 2017, chart 1).

    Values are taken as the chart has them: whole ones, temperatures to a tenth of a degree.
    """
    saturation = _rounded(inputs.oxygen_saturation)
    points = {
        "respiration_rate": _points(_rounded(inputs.respiration_rate), ((9, 3), (12, 1), (21, 0), (25, 2)), 3),
        "oxygen_saturation": _scale_2(saturation, inputs.oxygen) if inputs.scale_2 else _scale_1(saturation),
        _OXYGEN: 2 if inputs.oxygen else 0,
        "systolic": _points(_rounded(inputs.systolic), ((91, 3), (101, 2), (111, 1), (220, 0)), 3),
        "pulse": _points(_rounded(inputs.pulse), ((41, 3), (51, 1), (91, 0), (111, 1), (131, 2)), 3),
        "consciousness": 0 if inputs.consciousness is Consciousness.ALERT else 3,
        "temperature": _points(
            _rounded(inputs.temperature, _TENTH),
            ((Decimal("35.1"), 3), (Decimal("36.1"), 1), (Decimal("38.1"), 0), (Decimal("39.1"), 1)),
            2,
        ),
    }
    return EarlyWarning(points, inputs)


def _scale_1(saturation: Decimal) -> int:
    return _points(saturation, ((92, 3), (94, 2), (96, 1)), 0)


def _scale_2(saturation: Decimal, oxygen: bool) -> int:
    above = ((95, 1), (97, 2)) if oxygen else ()
    return _points(saturation, ((84, 3), (86, 2), (88, 1), (93, 0), *above), 3 if oxygen else 0)


def _points(value: Decimal, bands: Sequence[tuple[Decimal | int, int]], above: int) -> int:
    """The points of the first band whose end, which is not part of it, is above the value."""
    return next((points for end, points in bands if value < end), above)


def _rounded(value: Decimal, step: Decimal = _ONE) -> Decimal:
    return value.quantize(step, ROUND_HALF_UP)


class Sex(StrEnum):
    """A person's sex, as far as the equation distinguishes it."""

    FEMALE = "female"
    MALE = "male"


class Stage(StrEnum):
    """The category of the glomerular filtration rate (KDIGO 2024, table 1)."""

    G1 = "G1"
    G2 = "G2"
    G3A = "G3a"
    G3B = "G3b"
    G4 = "G4"
    G5 = "G5"


_STAGES = ((90, Stage.G1), (60, Stage.G2), (45, Stage.G3A), (30, Stage.G3B), (15, Stage.G4))
MICROMOLES = Decimal("88.4")  # of creatinine, in a mg/dL and a litre


@dataclass(frozen=True, slots=True)
class FiltrationRate:
    """An estimated glomerular filtration rate in mL/min/1.73 m², whole as laboratories report it, with its inputs.

    `creatinine` is in mg/dL, `age` in years.
    """

    value: int
    creatinine: Decimal
    age: int
    sex: Sex
    name: str = field(default=EGFR)

    @property
    def stage(self) -> Stage:
        """The KDIGO category, which alone is no diagnosis of a disease of the kidneys."""
        return next((stage for least, stage in _STAGES if self.value >= least), Stage.G5)


def egfr(creatinine: Decimal, age: int, sex: Sex) -> FiltrationRate:
    """The CKD-EPI creatinine equation of 2021, without race (Inker et al., N Engl J Med 2021;385:1737-49).

    `creatinine` is in mg/dL, standardized to IDMS. Raises ValueError where the equation does not hold.
    """
    if age < OF_AGE or creatinine <= 0:
        raise ValueError("the equation is for adults, and for a concentration above 0")
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex is Sex.FEMALE else (0.9, -0.302, 1.0)
    ratio = float(creatinine) / kappa
    rate = 142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.200 * 0.9938**age * factor
    return FiltrationRate(int(_rounded(Decimal(rate))), creatinine, age, sex)
