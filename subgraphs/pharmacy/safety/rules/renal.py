"""What kidneys do not excrete fast enough."""

from collections.abc import Iterator

from subgraphs.pharmacy.safety.cases import Case
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.findings import Finding, finding
from subgraphs.pharmacy.safety.sentences import RENAL_AVOID, RENAL_REDUCE, RENAL_UNKNOWN


def renal(case: Case) -> Iterator[Finding]:
    """For each ingredient the gravest advice that holds; or that it cannot be told, since nobody knows how they filter."""
    filtration = case.subject.egfr
    for ingredient in sorted(case.proposed.ingredients):
        advice = sorted(case.knowledge.renal.get(ingredient, []), key=lambda each: not each.avoid)
        holding = [each for each in advice if filtration is None or filtration < (each.egfr_below or 0)][:1]
        for each in holding:
            severity, sentence = (
                (SafetySeverity.INTERRUPTS, RENAL_AVOID) if each.avoid else (SafetySeverity.WARNS, RENAL_REDUCE)
            )
            if filtration is None:
                severity = SafetySeverity.WARNS if each.avoid else SafetySeverity.INFORMS
                sentence = RENAL_UNKNOWN
            yield finding(
                severity,
                sentence,
                {"drug": case.proposed.drug.product, "ingredient": ingredient, "limit": str(each.egfr_below)},
                row=each.row,
                source=each.source,
                inputs=case.proposed.inputs,
            )
