"""The sections of the International Patient Summary (https://hl7.org/fhir/uv/ips), each made of entries of the record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from subgraphs.records.codes import Section
from subgraphs.records.facts import Coded
from subgraphs.records.models import (
    Allergy,
    CarePlan,
    Condition,
    FamilyHistory,
    Immunization,
    MedicationStatement,
    Procedure,
    SocialHistory,
    VitalSigns,
)
from subgraphs.records.summary import resources
from subgraphs.records.vital_signs import SIGNS

Line = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class SummarySection:
    """A section: its title, LOINC code, and how a row of `model` is said in a line and as resources."""

    title: str
    loinc: str
    display: str
    model: Any
    line: Line
    resources: Callable[[Any, str], list[dict[str, Any]]]

    @property
    def section(self) -> Section:
        """The section of the record that opens it."""
        section: Section = self.model.section
        return section


@dataclass(frozen=True, slots=True)
class Content:
    """What a section has; `withheld` is true if the caller may not read it."""

    of: SummarySection
    rows: Sequence[Any]
    withheld: bool

    @property
    def nothing(self) -> str:
        """Why it is empty, if it is."""
        return "Withheld from whoever has asked for this." if self.withheld else "Nothing is recorded."


def _named(code: Coded | None) -> str:
    return "" if code is None else code.display or code.code


def _joined(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part)


def _when(value: str | None) -> str | None:
    """A date as precise as it is known; of a time, no seconds and no offset."""
    return value and value[: len("1980-05-17T23:58")].replace("T", " ")


def _words(value: str | None) -> str:
    return "" if value is None else value.replace("_", " ").replace("-", " ").lower()


def _condition(row: Condition) -> str:
    facts = row.facts.value
    since = facts.onset and f"since {_when(facts.onset)}"
    return _joined(_named(facts.code), _words(row.clinical_status), facts.severity, since, facts.note)


def _allergy(row: Allergy) -> str:
    facts = row.facts.value
    if row.none_known:
        return "No known allergies"
    risk = facts.criticality and f"{_words(facts.criticality)} criticality"
    reactions = (_joined(_named(each.manifestation), each.severity) for each in facts.reactions)
    return _joined(_named(facts.code), _words(row.clinical_status), risk, *reactions, facts.note)


def _medication(row: MedicationStatement) -> str:
    facts = row.facts.value
    period = (facts.since and f"since {_when(facts.since)}", facts.until and f"until {_when(facts.until)}")
    return _joined(_named(facts.code), facts.dosage, _words(row.status), *period, facts.reason, facts.note)


def _immunization(row: Immunization) -> str:
    facts = row.facts.value
    dose = facts.dose and f"dose {facts.dose}"
    return _joined(
        _named(facts.code), _when(facts.occurred), dose, _words(row.status), facts.reason_not_done, facts.note
    )


def _procedure(row: Procedure) -> str:
    facts = row.facts.value
    return _joined(
        _named(facts.code),
        _when(facts.performed),
        _named(facts.body_site),
        _words(row.status),
        facts.outcome,
        facts.note,
    )


def _vital_signs(row: VitalSigns) -> str:
    facts = row.facts.value
    values = (f"{SIGNS[each.code].display} {each.value} {each.unit}" for each in facts.measurements)
    return f"{row.effective_at:%Y-%m-%d %H:%M} UTC: {_joined(*values, facts.note)}"


def _social_history(row: SocialHistory) -> str:
    facts = row.facts.value
    return _joined(f"{_named(facts.code)}: {_named(facts.value) or facts.text or ''}", _when(facts.observed))


def _family_history(row: FamilyHistory) -> str:
    facts = row.facts.value
    conditions = (_named(each.code) for each in facts.conditions)
    return _joined(_words(facts.relationship.name), *conditions, facts.note)


def _care_plan(row: CarePlan) -> str:
    facts = row.facts.value
    return _joined(facts.title, _words(row.status), *facts.goals, *facts.activities, facts.note)


SECTIONS: Sequence[SummarySection] = (
    SummarySection("Problems", "11450-4", "Problem list - Reported", Condition, _condition, resources.condition),
    SummarySection(
        "Allergies and intolerances",
        "48765-2",
        "Allergies and adverse reactions Document",
        Allergy,
        _allergy,
        resources.allergy,
    ),
    SummarySection(
        "Medication",
        "10160-0",
        "History of Medication use Narrative",
        MedicationStatement,
        _medication,
        resources.medication_statement,
    ),
    SummarySection(
        "Vaccinations", "11369-6", "History of Immunization note", Immunization, _immunization, resources.immunization
    ),
    SummarySection(
        "Procedures", "47519-4", "History of Procedures Document", Procedure, _procedure, resources.procedure
    ),
    SummarySection("Vital signs", "8716-3", "Vital signs note", VitalSigns, _vital_signs, resources.vital_signs),
    SummarySection(
        "Social history", "29762-2", "Social history note", SocialHistory, _social_history, resources.social_history
    ),
    SummarySection(
        "Family history",
        "10157-6",
        "History of family member diseases note",
        FamilyHistory,
        _family_history,
        resources.family_history,
    ),
    SummarySection("Care plans", "18776-5", "Plan of care note", CarePlan, _care_plan, resources.care_plan),
)
