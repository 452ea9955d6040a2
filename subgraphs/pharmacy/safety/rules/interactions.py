"""Drugs that do harm together, at the same time or within the days that one of them goes on to act."""

from collections.abc import Iterator

from subgraphs.pharmacy.safety.cases import Case, Taken
from subgraphs.pharmacy.safety.findings import Finding, finding
from subgraphs.pharmacy.safety.pairs import CLINIC, InteractingPair
from subgraphs.pharmacy.safety.sentences import EFFECTS, MECHANISMS


def interactions(case: Case) -> Iterator[Finding]:
    """One for each pair of ingredients and each row of the table that they are of; the same, whichever of two is proposed."""
    for other in case.current:
        for ours in sorted(case.proposed.ingredients):
            for theirs in sorted(other.ingredients):
                yield from _between(case, other, ours, theirs)


def _between(case: Case, other: Taken, ours: str, theirs: str) -> Iterator[Finding]:
    found = [each for each in case.knowledge.pairs_of.get(ours, []) if each.order(ours, theirs)]
    said_by_others = {own.number for each in found for own in each.instead}
    for pair in found:
        if pair.origin == CLINIC and pair.number in said_by_others:
            continue
        if other.drug.period.meets(case.proposed.drug.period, pair.washout):
            yield _finding(case, other, pair, ours, theirs)


def _finding(case: Case, other: Taken, pair: InteractingPair, ours: str, theirs: str) -> Finding:
    first, second = pair.order(ours, theirs) or (ours, theirs)
    locally = case.knowledge.acts_locally(ours, case.proposed.drug) or case.knowledge.acts_locally(theirs, other.drug)
    mine, its = case.proposed.ingredients[ours], other.ingredients[theirs]
    return finding(
        pair.severity_of(ours, theirs, locally=locally),
        EFFECTS[pair.effect],
        {"first": first, "second": second},
        explanation=MECHANISMS[pair.mechanism] if pair.mechanism else None,
        row=pair.id,
        source=pair.source,
        inputs=[[ours, mine.single, mine.daily], [theirs, its.single, its.daily]],
        met=[other.drug.ref],
    )
