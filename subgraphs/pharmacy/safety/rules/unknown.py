"""What cannot be checked is said: drugs of which nothing is known, the one that is proposed and those that it meets."""

from collections.abc import Iterator

from subgraphs.pharmacy.safety.cases import Case, Taken
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.findings import Finding, finding
from subgraphs.pharmacy.safety.sentences import INGREDIENT_UNKNOWN, NOT_MAPPED


def unknown(case: Case) -> Iterator[Finding]:
    """A finding for each drug without known ingredients, and for each ingredient that is not known."""
    yield from _of(case, case.proposed, ())
    for other in case.meanwhile:
        yield from _of(case, other, (other.drug.ref,))


def _of(case: Case, taken: Taken, met: tuple[str, ...]) -> Iterator[Finding]:
    names = taken.unknown if taken.ingredients or taken.unknown else (None,)
    for name in names:
        parameters = {"drug": taken.drug.product} | ({"ingredient": name} if name else {})
        yield finding(
            SafetySeverity.INTERRUPTS,
            INGREDIENT_UNKNOWN if name else NOT_MAPPED,
            parameters,
            row="unknown",
            source=case.knowledge.version.partition("+")[0],
            inputs=[*case.proposed.inputs, ["of", taken.drug.product, name]],
            met=met,
        )
