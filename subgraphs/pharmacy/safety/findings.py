"""What a check finds."""

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from subgraphs.pharmacy.safety.codes import SafetyRule, SafetySeverity
from subgraphs.pharmacy.safety.sentences import SENTENCES, Sentence

_BYTES_OF_FINGERPRINT = 16


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a rule says of a drug that somebody is to take.

    `code` is that of a `Sentence`, which `parameters` fill; `explanation` is the code of one that says why, where there
    is one. `row` names the row of the knowledge, `source` where that is from, `met` the global ids of what the drug has met.
    Whoever overrides a finding does so for its `fingerprint`: it is another one once the drug, its dose, what it meets or the
    row's severity is another.
    """

    severity: SafetySeverity
    code: str
    parameters: dict[str, str]
    explanation: str | None = None
    row: str
    source: str
    met: tuple[str, ...] = ()
    fingerprint: str

    @property
    def rule(self) -> SafetyRule:
        """What the check was looking for."""
        return rule_of(self.code)


def rule_of(code: str) -> SafetyRule:
    """What a check was looking for that has found what a sentence says."""
    rule = SENTENCES[code].rule
    if rule is None:
        raise ValueError(f"{code} says of no finding what it is")
    return rule


def finding(
    severity: SafetySeverity,
    sentence: Sentence,
    parameters: dict[str, str],
    *,
    row: str,
    source: str,
    inputs: Iterable[Sequence[Any]],
    met: Iterable[str] = (),
    explanation: Sentence | None = None,
) -> Finding:
    """A finding; `inputs` are what it depends on, in any order."""
    said = msgspec.json.encode(
        [sentence.rule, severity, sentence.code, row, sorted([_said(part) for part in each] for each in inputs)]
    )
    return Finding(
        severity=severity,
        code=sentence.code,
        parameters=parameters,
        explanation=explanation.code if explanation else None,
        row=row,
        source=source,
        met=tuple(sorted(set(met))),
        fingerprint=hashlib.sha256(said).hexdigest()[: 2 * _BYTES_OF_FINGERPRINT],
    )


def _said(part: object) -> str:
    return f"{part.normalize():f}" if isinstance(part, Decimal) else str(part)
