"""All rules over one case."""

from collections.abc import Sequence

import msgspec

from subgraphs.pharmacy.safety.cases import Case, taken
from subgraphs.pharmacy.safety.codes import SafetyRule, SafetySeverity
from subgraphs.pharmacy.safety.findings import Finding
from subgraphs.pharmacy.safety.inputs import Drug, Subject
from subgraphs.pharmacy.safety.knowledge import Knowledge
from subgraphs.pharmacy.safety.rules import RULES

_SEVERITIES, _RULES = list(SafetySeverity), list(SafetyRule)


def check(subject: Subject, current: Sequence[Drug], proposed: Drug, knowledge: Knowledge) -> list[Finding]:
    """What there is to say of a drug that somebody is to take besides others, the gravest first; each once."""
    case = Case(
        subject=subject,
        proposed=taken(proposed, knowledge),
        current=[taken(each, knowledge) for each in current],
        knowledge=knowledge,
    )
    found: dict[str, Finding] = {}
    for each in (each for rule in RULES for each in rule(case)):
        same = found.get(each.fingerprint, each)
        found[each.fingerprint] = msgspec.structs.replace(same, met=tuple(sorted({*same.met, *each.met})))
    return sorted(found.values(), key=_order)


def _order(found: Finding) -> tuple[int, int, str, str]:
    return _SEVERITIES.index(found.severity), _RULES.index(found.rule), found.row, found.fingerprint
