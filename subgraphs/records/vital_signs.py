"""The vital signs that can be recorded, with creatinine: LOINC codes, units of UCUM, and the limits of what can be true.

Conversions are exact: factors are those of UCUM (https://ucum.org/ucum, chapter 4), as fractions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from types import MappingProxyType

# 1 of the unit is `factor` of the first unit of its dimension, from `zero` of its own on.
_RATE = {"/min": Fraction(1)}
_PERCENT = {"%": Fraction(1)}
_TEMPERATURE = {"Cel": Fraction(1), "[degF]": Fraction(5, 9)}
_PRESSURE = {"mm[Hg]": Fraction(1), "kPa": Fraction(1000000, 133322)}
_MASS = {
    "kg": Fraction(1),
    "g": Fraction(1, 1000),
    "[lb_av]": Fraction(45359237, 100000000),
    "[oz_av]": Fraction(45359237, 1600000000),
}
_LENGTH = {"cm": Fraction(1), "m": Fraction(100), "[in_i]": Fraction(254, 100), "[ft_i]": Fraction(3048, 100)}
_FLOW = {"L/min": Fraction(1)}
_CREATININE = {"mg/dL": Fraction(1), "umol/L": Fraction(5, 442)}  # 113.12 g a mole, as laboratories round it: 88.4
_INDEX = {"kg/m2": Fraction(1)}
_ZERO = {"[degF]": Fraction(32)}

_STEP = Decimal("0.0001")

HEART_RATE = "8867-4"
RESPIRATORY_RATE = "9279-1"
BODY_TEMPERATURE = "8310-5"
SYSTOLIC = "8480-6"
DIASTOLIC = "8462-4"
OXYGEN_SATURATION = "59408-5"
OXYGEN_SATURATION_ARTERIAL = "2708-6"
BODY_WEIGHT = "29463-7"
BODY_HEIGHT = "8302-2"
CREATININE = ("2160-0", "38483-4")
BODY_MASS_INDEX = "39156-5"


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind of measurement. `hard` holds all that can be, `soft` what needs no second look; both in the first unit."""

    display: str
    units: Mapping[str, Fraction]
    hard: tuple[Decimal, Decimal]
    soft: tuple[Decimal, Decimal]

    @property
    def unit(self) -> str:
        """The unit in which values are compared."""
        return next(iter(self.units))


def _sign(
    display: str, units: Mapping[str, Fraction], hard: tuple[int | str, int | str], soft: tuple[int | str, int | str]
) -> Sign:
    least, most = soft
    return Sign(display, units, (Decimal(hard[0]), Decimal(hard[1])), (Decimal(least), Decimal(most)))


# Displays are LOINC's long common names, unchanged, as its licence asks.
SIGNS: Mapping[str, Sign] = MappingProxyType(
    {
        HEART_RATE: _sign("Heart rate", _RATE, (0, 500), (30, 220)),
        RESPIRATORY_RATE: _sign("Respiratory rate", _RATE, (0, 200), (6, 60)),
        BODY_TEMPERATURE: _sign("Body temperature", _TEMPERATURE, (10, 50), (34, "41.5")),
        SYSTOLIC: _sign("Systolic blood pressure", _PRESSURE, (0, 400), (60, 250)),
        DIASTOLIC: _sign("Diastolic blood pressure", _PRESSURE, (0, 300), (30, 150)),
        OXYGEN_SATURATION: _sign(
            "Oxygen saturation in Arterial blood by Pulse oximetry", _PERCENT, (0, 100), (80, 100)
        ),
        OXYGEN_SATURATION_ARTERIAL: _sign("Oxygen saturation in Arterial blood", _PERCENT, (0, 100), (80, 100)),
        BODY_WEIGHT: _sign("Body weight", _MASS, (0, 700), (2, 300)),
        BODY_HEIGHT: _sign("Body height", _LENGTH, (10, 300), (40, 220)),
        "9843-4": _sign("Head Occipital-frontal circumference", _LENGTH, (10, 100), (28, 65)),
        CREATININE[0]: _sign("Creatinine [Mass/volume] in Serum or Plasma", _CREATININE, ("0.05", 100), ("0.3", 10)),
        CREATININE[1]: _sign("Creatinine [Mass/volume] in Blood", _CREATININE, ("0.05", 100), ("0.3", 10)),
        "3151-8": _sign("Inhaled oxygen flow rate", _FLOW, (0, 100), (0, 15)),
    }
)


def canonical(code: str, value: Decimal, unit: str) -> Decimal | None:
    """A value in the first unit of its code's dimension, to four places; None if the unit is of another dimension."""
    sign = SIGNS[code]
    if unit not in sign.units:
        return None
    exact = (Fraction(value) - _ZERO.get(unit, Fraction(0))) * sign.units[unit]
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_STEP, ROUND_HALF_EVEN)


def is_possible(code: str, value: Decimal) -> bool:
    """Whether a value in the first unit can be at all."""
    least, most = SIGNS[code].hard
    return least <= value <= most


def is_unusual(code: str, value: Decimal) -> bool:
    """Whether a value in the first unit needs a second look."""
    least, most = SIGNS[code].soft
    return not least <= value <= most


def body_mass_index(weight: Decimal, height: Decimal) -> Decimal:
    """The body mass index (LOINC 39156-5, kg/m2) to one place, of kilograms and centimetres."""
    exact = Fraction(weight) / (Fraction(height) / 100) ** 2
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
