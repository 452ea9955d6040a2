"""Two of one ingredient, or of one group, at the same time."""

from collections.abc import Iterator

from subgraphs.pharmacy.safety.cases import Case, Taken
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.findings import Finding, finding
from subgraphs.pharmacy.safety.sentences import SAME_GROUP, SAME_INGREDIENT


def duplicates(case: Case) -> Iterator[Finding]:
    """One for each ingredient that two have in common, and else for each group."""
    for other in case.besides:
        yield from _with(case, other)


def _with(case: Case, other: Taken) -> Iterator[Finding]:
    ours, theirs = set(case.proposed.ingredients), set(other.ingredients)
    said = {"drug": case.proposed.drug.product, "other": other.drug.product}
    inputs = [*case.proposed.inputs, *other.inputs]
    for ingredient in sorted(ours & theirs):
        yield finding(
            SafetySeverity.INTERRUPTS,
            SAME_INGREDIENT,
            {**said, "ingredient": ingredient},
            row=f"ingredient:{ingredient}",
            source="the drugs' ingredients",
            inputs=inputs,
            met=[other.drug.ref],
        )
    groups = case.knowledge.classes_of(ours - theirs) & case.knowledge.classes_of(theirs - ours)
    for group in sorted(groups & case.knowledge.duplicates.keys()):
        yield finding(
            SafetySeverity.WARNS,
            SAME_GROUP,
            said,
            row=f"group:{group}",
            source=case.knowledge.duplicates[group],
            inputs=inputs,
            met=[other.drug.ref],
        )
