"""How elements of FHIR R4 that resources of several domains have are read: as text, as precise as they are, and told about."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from shared import fhir
from shared.database.model import utc_now
from shared.fhir import At, CodeableConcept, Coding, InvalidResource, LeftOut, Reference, Tell, Wrong
from shared.known import References
from shared.values import is_known_date

T = TypeVar("T")

LONGEST = 20_000
SHORT = 1000

# Of what a source has no code for, or says in words alone: https://hl7.org/fhir/R4/codesystem-data-absent-reason.html
DATA_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
AS_TEXT = "as-text"
UNKNOWN = "unknown"

# What may be open to the patient: http://terminology.hl7.org/CodeSystem/v3-Confidentiality
_OPEN = frozenset({"U", "L", "M", "N"})

# A day, month or year, and the time of a day: https://hl7.org/fhir/R4/datatypes.html#dateTime
_WHEN = re.compile(r"(?P<day>\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)(?P<time>T.*)?")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
_AHEAD = timedelta(days=1)  # somewhere it is tomorrow already
_SUBJECTS = re.compile(r"(^|/)(Group|Device|Location|Medication|Organization|Practitioner|Substance)/")


class Displayed(Reference, frozen=True):
    """A reference, and what the source calls what it leads to."""

    display: str | None = None


class Quantity(fhir.Element, frozen=True):
    """A measured amount."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None

    def __str__(self) -> str:
        number = "" if self.value is None else f"{self.value:g}"
        return " ".join(filter(None, [f"{self.comparator or ''}{number}", self.unit or self.code]))


class Range(fhir.Element, frozen=True):
    """From what to what."""

    low: Quantity = Quantity()
    high: Quantity = Quantity()

    def __str__(self) -> str:
        return f"{self.low} - {self.high}"


class Annotation(fhir.Element, frozen=True):
    """A note about a resource."""

    text: str | None = None


class Labelled(fhir.Meta, frozen=True):
    """Meta, with its labels."""

    security: list[Coding] = []


def is_open(labels: Iterable[Coding]) -> bool:
    """Whether the labels of what is said of a patient keep it from nobody."""
    return all(coding.code in _OPEN for coding in labels)


def patient(references: References, path: str, subject: Reference | None) -> UUID:
    """The patient whom a resource is about, come or to come; raises LeftOut if it is about something else."""
    if subject and _SUBJECTS.search(subject.reference or ""):
        raise LeftOut(f"{path}: left out, since it is about no patient")
    found = references.known("Patient", At(path, [subject]))
    if isinstance(found, Wrong):
        raise InvalidResource(found)
    return found


def text(path: str, value: str | None, tell: Tell, longest: int = LONGEST) -> str | None:
    """A text without what cannot be seen, or changes how other text is shown; None if it says nothing."""
    if not value:
        return None
    seen = _UNSEEN.sub("", value).strip()
    if seen != value.strip():
        tell(path, "taken without characters that are not shown")
    if len(seen) > longest:
        tell(path, f"shortened to {longest} characters")
    return seen[:longest].strip() or None


def words(concept: CodeableConcept | None) -> str | None:
    """What a concept is called, or else its first code."""
    codings = concept.coding if concept else []
    return (concept.text if concept else None) or next((each.display or each.code for each in codings), None)


def named(path: str, concepts: Iterable[CodeableConcept | None], tell: Tell) -> str | None:
    """What concepts are called, in words."""
    given = [*filter(None, concepts)]
    if any(concept.coding for concept in given):
        tell(path, "taken in words, without its codes")
    return text(path, "; ".join(dict.fromkeys(filter(None, map(words, given)))), tell)


def called(path: str, references: Iterable[Displayed], tell: Tell) -> list[str]:
    """What the source calls what references lead to."""
    displays = [text(path, each.display, tell, SHORT) for each in references]
    if None in displays:
        tell(path, "left out where it is not said what it leads to")
    return [display for display in displays if display]


def notes(path: str, given: Iterable[Annotation], tell: Tell, *others: str | None) -> str | None:
    """Notes as one text, with what else has no place of its own."""
    return text(path, "\n".join(filter(None, [*(note.text for note in given), *others])), tell)


def labelled(label: str, said: object) -> str | None:
    """Something that has no place of its own, as a line of a note."""
    return f"{label}: {said}" if said else None


def code_among(concept: CodeableConcept | None, codes: Mapping[str, T]) -> T | None:
    """What the first code of a concept that is among some stands for; those of some codes are their names as well."""
    given = [coding.code for coding in concept.coding] if concept else []
    known = (codes.get(code.lower()) for code in (*given, concept.text if concept else None) if code)
    return next((found for found in known if found is not None), None)


def when(path: str, value: str | None, tell: Tell, *, ahead: bool = False) -> str | None:
    """A dateTime as precise as it is, with its offset from UTC if it has a time; one to come only if it may lie `ahead`."""
    found = _WHEN.fullmatch(value or "")
    if not found or not is_known_date(found["day"]):
        if value:
            tell(path, "left out, since it is no date")
        return None
    if not ahead and found["day"] > (utc_now() + _AHEAD).date().isoformat():
        tell(path, "left out, since it is to come")
        return None
    if found["time"] and fhir.instant(value) is None:
        tell(path, "taken as a day, since its time has no time zone, or is none")
        return found["day"]
    return datetime.fromisoformat(value or "").isoformat() if found["time"] else found["day"]


def moment(value: str | None) -> datetime | None:
    """A dateTime as a point in time that is not to come: of a day, month or year, noon of its first day."""
    found = _WHEN.fullmatch(value or "")
    day = f"{found['day']}-01-01"[:10] if found else ""
    at = fhir.instant(value) or fhir.instant(f"{day}T12:00:00Z")
    return min(at, utc_now()) if at else None


def recorded(path: str, value: str | None, tell: Tell, *others: str | None) -> datetime | None:
    """When something was recorded, or else the first of some dateTimes that is one."""
    at = moment(value)
    if at and fhir.instant(value) != at:
        tell(path, "taken as now, since it is to come" if fhir.instant(value) else "taken as noon of its first day")
    if at:
        return at
    if value:
        tell(path, "left out, since it is no date")
    otherwise = next(filter(None, map(moment, others)), None)
    tell(path, "taken as when it was" if otherwise else "taken as now, since it is not said")
    return otherwise


def bounded(value: str) -> str:
    """A code or the like without what cannot be seen, and not too long."""
    return _UNSEEN.sub("", value)[:SHORT]
