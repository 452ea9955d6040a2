"""How elements of FHIR R4 that several clinical resources have become what the record says."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from shared import fhir
from shared.codes import Code
from shared.fhir import CodeableConcept, Period, Reference, Tell
from shared.known import References
from shared.readings import (
    AS_TEXT,
    DATA_ABSENT,
    LONGEST,
    SHORT,
    UNKNOWN,
    Annotation,
    Displayed,
    Quantity,
    Range,
    bounded,
    called,
    code_among,
    labelled,
    moment,
    named,
    notes,
    patient,
    recorded,
    text,
    when,
    words,
)
from subgraphs.records.coding import is_checked, refused
from subgraphs.records.facts import Coded

__all__ = [
    "LONGEST",
    "Annotation",
    "Displayed",
    "Quantity",
    "Range",
    "began",
    "called",
    "code_among",
    "coded",
    "coded_or_none",
    "encounter",
    "known_code",
    "labelled",
    "moment",
    "named",
    "notes",
    "partial",
    "patient",
    "recorded",
    "text",
    "when",
    "words",
]

C = TypeVar("C", bound=Code)


def encounter(references: References, given: Reference | None, path: str = "encounter") -> UUID | None:
    """The encounter of a resource, if it is here."""
    return references.present_or_none("Encounter", path, given)


def coded(path: str, concept: CodeableConcept | None, tell: Tell) -> Coded:
    """A concept by one of its codes: one that is sound by the rules of its system, else the first one as it is.

    What has none is said in words, by FHIR's own codes for that.
    """
    concept = concept or CodeableConcept()
    codings = [(each.system, each.code, each.display) for each in concept.coding if each.system and each.code]
    if len(codings) > 1:
        tell(f"{path}.coding", "left out, but for one of several")
    if len(codings) < len(concept.coding):
        tell(f"{path}.coding", "left out where it has no code with its system")
    sound = [each for each in codings if is_checked(each[0] or "") and not refused(each[0] or "", each[1] or "")]
    system, code, display = next(iter([*sound, *codings]), (None, None, None))
    named = next(filter(None, [concept.text, display, *(each.display for each in concept.coding)]), None)
    name = text(f"{path}.text", named, tell, SHORT)
    if display and name and display not in name:
        tell(f"{path}.coding.display", "left out, since its text is another")
    if system and code:
        if not sound and is_checked(system):
            tell(f"{path}.coding", "kept as it is, though nothing can be coded by it")
        return Coded(system=bounded(system), code=bounded(code), display=name)
    tell(path, "taken in words, since it has no code" if name else "is unknown, since it says nothing")
    return Coded(system=DATA_ABSENT, code=AS_TEXT if name else UNKNOWN, display=name)


def coded_or_none(path: str, concepts: Sequence[CodeableConcept], tell: Tell) -> Coded | None:
    """The first of several concepts; None if there is none."""
    if len(concepts) > 1:
        tell(path, "left out, but for the first")
    return coded(path, concepts[0], tell) if concepts else None


def known_code(codes: type[C], path: str, code: str | None, tell: Tell) -> C | None:
    """One of a set of codes; None if it is none of them."""
    found = next((each for each in codes if each.value == code), None)
    if code and found is None:
        tell(path, "left out, since it is none that is known")
    return found


def began(path: str, at: str | None, period: Period | None, tell: Tell, *, ahead: bool = False) -> str | None:
    """When something was, by a dateTime or else the start of a period."""
    if period and period.end:
        tell(f"{path}Period.end", "left out")
    return when(path, at or (period.start if period else None), tell, ahead=ahead)


def partial(value: str | None) -> str | None:
    """The day, month or year of a dateTime that is no point in time, as the visit has it."""
    return None if not value or fhir.instant(value) else value.partition("T")[0]
