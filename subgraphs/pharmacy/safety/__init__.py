"""The medication safety check: pure functions over tables. It asks nobody; what it is not given, it says it has not checked.

    findings = check(subject, current, proposed, knowledge)

`current` is all else that the patient takes, by prescriptions here and by the record, without what `proposed` takes the
place of. `knowledge` is `shipped()`, or `shipped().extended(version, pairs)` with a clinic's own pairs. A `Finding` that
INTERRUPTS is overridden before anything is signed or handed out, and for its `fingerprint` only. An empty list means that all
of it was checked, and nothing found.
"""

from subgraphs.pharmacy.safety.checking import check
from subgraphs.pharmacy.safety.codes import SafetyRule, SafetySeverity
from subgraphs.pharmacy.safety.findings import Finding, rule_of
from subgraphs.pharmacy.safety.inputs import Coding, Drug, KnownAllergy, Period, Subject, Substance
from subgraphs.pharmacy.safety.knowledge import KNOWLEDGE_VERSION, Knowledge, shipped

__all__ = [
    "KNOWLEDGE_VERSION",
    "Coding",
    "Drug",
    "Finding",
    "Knowledge",
    "KnownAllergy",
    "Period",
    "SafetyRule",
    "SafetySeverity",
    "Subject",
    "Substance",
    "check",
    "rule_of",
    "shipped",
]
