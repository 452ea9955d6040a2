"""Pairs of drugs that interact as the clinic has it: read from a table, with all that is wrong with it told at once."""

from collections.abc import Iterator, Sequence
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass, field
from functools import partial

from shared.commands import TOO_MANY_ITEMS
from shared.errors import FieldProblem, InvalidInput, Problem
from subgraphs.pharmacy.errors import (
    INTERACTION_COLUMNS,
    INTERACTION_EFFECT,
    INTERACTION_FIELDS,
    INTERACTION_ITSELF,
    INTERACTION_REASON,
    INTERACTION_REPEATED,
    INTERACTION_SEVERITY,
    INTERACTION_SIDE,
    INTERACTION_TABLE,
)
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.knowledge import Knowledge
from subgraphs.pharmacy.safety.pairs import CLINIC, InteractingPair, Side
from subgraphs.pharmacy.safety.sentences import EFFECTS

MAXIMUM_PAIRS = 1000
LONGEST_REASON = 500
ANY_HARM = "HARM"

_NEEDED, _OPTIONAL = ("first", "second", "severity"), ("effect", "reason")


@dataclass(frozen=True, slots=True)
class ListedPair:
    """A pair of a table, and what stood beside it."""

    line: int
    pair: InteractingPair
    reason: str | None


@dataclass(slots=True)
class _Reading:
    """A table that is being read; `faults` are what is wrong with it."""

    knowledge: Knowledge
    faults: list[FieldProblem] = field(default_factory=list)
    seen: dict[frozenset[str], int] = field(default_factory=dict)

    def fault(self, at: int, column: str | None, problem: Problem, **parameters: object) -> None:
        path = ("csv", str(at), *([column] if column else []))
        self.faults.append(FieldProblem(path, problem, parameters))


def read_pairs(text: str, knowledge: Knowledge) -> list[ListedPair]:
    """The pairs of a table. Raises InvalidInput with each fault at its line, such as csv.12.severity."""
    reading = _Reading(knowledge)
    lines = _lines(reading, text)
    columns = next(lines, (1, []))[1]
    names = [each.strip().casefold() for each in columns]
    if len(set(names)) < len(names) or not set(_NEEDED) <= set(names) <= {*_NEEDED, *_OPTIONAL}:
        columns_told = ", ".join((*_NEEDED, *_OPTIONAL))
        reading.fault(1, None, INTERACTION_COLUMNS, columns=columns_told, optional=", ".join(_OPTIONAL))
        raise InvalidInput(reading.faults)
    found = [pair for line, fields in lines if (pair := _pair(reading, line, names, fields))]
    if len(found) > MAXIMUM_PAIRS:
        reading.faults.append(FieldProblem(("csv",), TOO_MANY_ITEMS, {"maximum": MAXIMUM_PAIRS}))
    if reading.faults:
        raise InvalidInput(reading.faults)
    return found


def _lines(reading: _Reading, text: str) -> Iterator[tuple[int, list[str]]]:
    rows = reader(text.removeprefix("\ufeff").splitlines(), strict=True)
    line = 1
    try:
        for fields in rows:
            if fields:
                yield line, fields
            line = rows.line_num + 1
    except CsvError:
        reading.fault(line, None, INTERACTION_TABLE)


def _pair(reading: _Reading, line: int, names: Sequence[str], fields: Sequence[str]) -> ListedPair | None:
    if len(fields) != len(names):
        reading.fault(line, None, INTERACTION_FIELDS, expected=len(names))
        return None
    row = {name: value.strip() for name, value in zip(names, fields, strict=True)}
    fault, before = partial(reading.fault, line), len(reading.faults)
    first, second = (_side(reading, line, name, row[name]) for name in ("first", "second"))
    severity, effect = row["severity"].upper(), row.get("effect", "").upper() or ANY_HARM
    if severity not in SafetySeverity.__members__:
        fault("severity", INTERACTION_SEVERITY, severities=", ".join(SafetySeverity))
    if effect not in EFFECTS:
        fault("effect", INTERACTION_EFFECT, effects=", ".join(EFFECTS))
    if first is None or second is None or len(reading.faults) > before:
        return None
    pair = InteractingPair(
        origin=CLINIC,
        number=line,
        first=first,
        second=second,
        severity=SafetySeverity(severity),
        effect=effect,
        source=CLINIC,
    )
    _check(reading, line, pair, row.get("reason", ""))
    return ListedPair(line, pair, row.get("reason") or None)


def _side(reading: _Reading, line: int, column: str, name: str) -> Side | None:
    found = reading.knowledge.side(name)
    if found is None:
        reading.fault(line, column, INTERACTION_SIDE)
    return found


def _check(reading: _Reading, line: int, pair: InteractingPair, reason: str) -> None:
    if pair.first.members == pair.second.members and len(pair.first.members) == 1:
        reading.fault(line, "second", INTERACTION_ITSELF)
    earlier = reading.seen.setdefault(frozenset((pair.first.name, pair.second.name)), line)
    if earlier != line:
        reading.fault(line, None, INTERACTION_REPEATED, line=earlier)
    if len(reason) > LONGEST_REASON or (not reason and reading.knowledge.lowers_high(pair)):
        reading.fault(line, "reason", INTERACTION_REASON, maximum=LONGEST_REASON)
