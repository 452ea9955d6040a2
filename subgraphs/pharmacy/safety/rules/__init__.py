"""The rules, one a file: each finds what it looks for in a case."""

from collections.abc import Callable, Iterator

from subgraphs.pharmacy.safety.cases import Case
from subgraphs.pharmacy.safety.findings import Finding
from subgraphs.pharmacy.safety.rules.age import age
from subgraphs.pharmacy.safety.rules.allergy import allergies
from subgraphs.pharmacy.safety.rules.dose import doses
from subgraphs.pharmacy.safety.rules.duplicates import duplicates
from subgraphs.pharmacy.safety.rules.interactions import interactions
from subgraphs.pharmacy.safety.rules.pregnancy import pregnancy
from subgraphs.pharmacy.safety.rules.renal import renal
from subgraphs.pharmacy.safety.rules.unknown import unknown

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    unknown,
    allergies,
    duplicates,
    interactions,
    doses,
    renal,
    pregnancy,
    age,
)
