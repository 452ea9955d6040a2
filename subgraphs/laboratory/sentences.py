"""What a result means, in a plain sentence in its reader's language."""

from shared.translations import Translations
from subgraphs.laboratory.codes import Comparator, Flag
from subgraphs.laboratory.facts import Interval, ReceivedValue, ResultFacts
from subgraphs.laboratory.judging import Measured, shown

OF_FLAG = {
    Flag.NORMAL: "{test} is {value}, within what is usual for you ({range}).",
    Flag.LOW: "{test} is {value}, below what is usual for you ({range}).",
    Flag.HIGH: "{test} is {value}, above what is usual for you ({range}).",
    Flag.CRITICAL_LOW: "{test} is {value}, far below what is usual for you ({range}). Those who treat you were told.",
    Flag.CRITICAL_HIGH: "{test} is {value}, far above what is usual for you ({range}). Those who treat you were told.",
    Flag.ABNORMAL: "{test}: {value}. This is not what is usual.",
}
NOT_COMPARED = "{test}: {value}. There is no range to compare it with."
USUAL = "{test}: {value}. This is what is usual."
RANGES = ("{low} to {high}", "{low} or more", "{high} or less")
SENTENCES = (*OF_FLAG.values(), NOT_COMPARED, USUAL, *RANGES)


def sentence(translations: Translations, language: str, test: str, facts: ResultFacts) -> str:
    """The sentence of a result; `test` is what the test is called."""
    message = OF_FLAG.get(facts.flag, NOT_COMPARED) if facts.flag else NOT_COMPARED
    if facts.codes and facts.flag is Flag.NORMAL:
        message = USUAL
    usual = span(translations, language, facts)
    if facts.value is not None and not usual:
        message = NOT_COMPARED
    given = {"test": test, "value": display(facts), "range": usual}
    return translations.sentence(language, message, given)


def display(facts: ResultFacts) -> str:
    """A result as it is shown: rounded and with its unit, or what its codes mean, or its words."""
    if facts.value is not None:
        number = shown(
            Measured(facts.value, Comparator(facts.comparator) if facts.comparator else None), facts.decimals
        )
        return f"{number} {facts.unit}".strip()
    return ", ".join(each.display for each in facts.codes) or facts.text or ""


def as_received(said: ReceivedValue) -> str:
    """Another laboratory's result as it is shown: as it came."""
    if said.value is not None:
        return f"{said.comparator or ''}{said.value:f} {said.unit or ''}".strip()
    absent = said.absent and (said.absent.display or said.absent.code)
    return said.text or ", ".join(each.display or each.code for each in said.codes) or absent or ""


def span(translations: Translations, language: str, facts: ResultFacts) -> str:
    """What is usual of a result; nothing where that is not said."""
    between: Interval | None = facts.interval
    if between is None or (between.normal_low is None and between.normal_high is None):
        return ""
    low, high = (
        None if limit is None else f"{shown(Measured(limit), facts.decimals)} {facts.unit or ''}".strip()
        for limit in (between.normal_low, between.normal_high)
    )
    message = RANGES[0] if low and high else RANGES[1] if low else RANGES[2]
    return translations.sentence(language, message, {"low": low or "", "high": high or ""})
