"""What people of an age are not given, or with care."""

from collections.abc import Iterator

from subgraphs.pharmacy.safety.cases import Case
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.findings import Finding, finding
from subgraphs.pharmacy.safety.rules.dose import age_unknown
from subgraphs.pharmacy.safety.sentences import AGE_AVOID, AGE_CAUTION


def age(case: Case) -> Iterator[Finding]:
    """One for each ingredient and advice for this age; or that it cannot be told."""
    born = case.subject.birth_date
    for ingredient in sorted(case.proposed.ingredients):
        advice = case.knowledge.ages.get(ingredient, [])
        if advice and born is None:
            yield age_unknown(case, ingredient)
        for each in advice:
            if born is not None and each.ages is not None and each.ages.holds(born, case.subject.on):
                yield finding(
                    SafetySeverity.INTERRUPTS if each.avoid else SafetySeverity.WARNS,
                    AGE_AVOID if each.avoid else AGE_CAUTION,
                    {"drug": case.proposed.drug.product, "ingredient": ingredient},
                    row=each.row,
                    source=each.source,
                    inputs=case.proposed.inputs,
                )
