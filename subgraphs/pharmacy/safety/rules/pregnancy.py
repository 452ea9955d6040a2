"""What harms an unborn child."""

from collections.abc import Iterator

from subgraphs.pharmacy.safety.ages import whole_years
from subgraphs.pharmacy.safety.cases import Case
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.findings import Finding, finding
from subgraphs.pharmacy.safety.inputs import Coding, Subject
from subgraphs.pharmacy.safety.knowledge import Advice
from subgraphs.pharmacy.safety.sentences import PREGNANCY_AVOID, PREGNANCY_CAUTION, PREGNANCY_UNKNOWN

_SNOMED, _ICD = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm"
# Pregnant, normal pregnancy, high risk pregnancy.
_PREGNANT = frozenset({"77386006", "72892002", "47200007"})
_CHAPTERS = ("Z33.1", "Z34", "Z3A", "O0", "O1", "O2", "O3", "O4", "O9A")  # ICD-10-CM, chapter 15 up to the delivery
_FERTILE = range(12, 56)


def is_pregnant(subject: Subject) -> bool | None:
    """Whether somebody is pregnant, by their conditions or by what else is known; None if that is not known."""
    return True if any(map(_means_pregnant, subject.conditions)) else subject.pregnant


def pregnancy(case: Case) -> Iterator[Finding]:
    """What is avoided, or given with care; and what may not be given before it is known."""
    state = is_pregnant(case.subject)
    if state is False or (state is None and not _may_be(case.subject)):
        return
    for ingredient in sorted(case.proposed.ingredients):
        for advice in case.knowledge.pregnancy.get(ingredient, []):
            if state or advice.avoid:
                yield _finding(case, ingredient, advice, known=state is not None)


def _finding(case: Case, ingredient: str, advice: Advice, *, known: bool) -> Finding:
    if known:
        sentence = PREGNANCY_AVOID if advice.avoid else PREGNANCY_CAUTION
        severity = SafetySeverity.INTERRUPTS if advice.avoid else SafetySeverity.WARNS
    else:
        sentence = PREGNANCY_UNKNOWN
        severity = SafetySeverity.WARNS if advice.strict else SafetySeverity.INFORMS
    return finding(
        severity,
        sentence,
        {"drug": case.proposed.drug.product, "ingredient": ingredient},
        row=advice.row,
        source=advice.source,
        inputs=case.proposed.inputs,
    )


def _means_pregnant(condition: Coding) -> bool:
    if condition.system == _SNOMED:
        return condition.code in _PREGNANT
    return condition.system == _ICD and condition.code.startswith(_CHAPTERS)


def _may_be(subject: Subject) -> bool:
    """Whether somebody may be pregnant as far as sex and age tell."""
    if subject.sex == "male":
        return False
    return subject.birth_date is None or whole_years(subject.birth_date, subject.on) in _FERTILE
