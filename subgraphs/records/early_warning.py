"""What follows from vital signs as they are kept."""

from decimal import Decimal

from subgraphs.records import vital_signs
from subgraphs.records.facts import VitalSignsFacts
from subgraphs.records.scores import Consciousness, EarlyWarning, Physiology, news2

_NEEDED = {
    "respiration_rate": (vital_signs.RESPIRATORY_RATE,),
    "oxygen_saturation": (vital_signs.OXYGEN_SATURATION, vital_signs.OXYGEN_SATURATION_ARTERIAL),
    "systolic": (vital_signs.SYSTOLIC,),
    "pulse": (vital_signs.HEART_RATE,),
    "temperature": (vital_signs.BODY_TEMPERATURE,),
}


def early_warning(facts: VitalSignsFacts) -> EarlyWarning | None:
    """The National Early Warning Score 2; None unless all that it is made of was measured."""
    found, given = values(facts), dict[str, Decimal]()
    for name, codes in _NEEDED.items():
        value = next((found[code] for code in codes if code in found), None)
        if value is None:
            return None
        given[name] = value
    if facts.consciousness is None:
        return None
    level = Consciousness(facts.consciousness.value)
    return news2(Physiology(consciousness=level, oxygen=facts.oxygen, scale_2=facts.hypercapnic, **given))


def body_mass_index(facts: VitalSignsFacts) -> Decimal | None:
    """The body mass index (kg/m2); None unless weight and height were measured."""
    found = values(facts)
    weight, height = found.get(vital_signs.BODY_WEIGHT), found.get(vital_signs.BODY_HEIGHT)
    return None if weight is None or height is None else vital_signs.body_mass_index(weight, height)


def values(facts: VitalSignsFacts) -> dict[str, Decimal]:
    """What was measured by its code, each in the first unit of its kind."""
    found = {each.code: vital_signs.canonical(each.code, each.value, each.unit) for each in facts.measurements}
    return {code: value for code, value in found.items() if value is not None}
