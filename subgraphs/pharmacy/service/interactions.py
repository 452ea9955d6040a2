"""What a clinic adds to what the check knows: read from tables, with all that is wrong with one told at once."""

from collections.abc import Iterator, Mapping, Sequence
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass, field
from functools import partial

from shared.commands import TOO_MANY_ITEMS
from shared.errors import FieldProblem, InvalidInput, Problem
from subgraphs.pharmacy.commands.values import RXCUI_NUMBER
from subgraphs.pharmacy.errors import (
    INGREDIENT_CLASS,
    INGREDIENT_KNOWN,
    INGREDIENT_NAME,
    INTERACTION_COLUMNS,
    INTERACTION_EFFECT,
    INTERACTION_FIELDS,
    INTERACTION_ITSELF,
    INTERACTION_REASON,
    INTERACTION_REPEATED,
    INTERACTION_SEVERITY,
    INTERACTION_SIDE,
    INTERACTION_TABLE,
    RXCUI,
)
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.knowledge import Knowledge, OwnIngredient, shipped
from subgraphs.pharmacy.safety.names import normal
from subgraphs.pharmacy.safety.pairs import CLINIC, InteractingPair, Side
from subgraphs.pharmacy.safety.sentences import EFFECTS

MAXIMUM_PAIRS = 1000
LONGEST_REASON = 500
LONGEST_NAME = 200
ANY_HARM = "HARM"

_OF_INGREDIENT = ("name", "rxcui", "classes")
_NEEDED, _OPTIONAL = ("first", "second", "severity"), ("effect", "reason")


@dataclass(frozen=True, slots=True)
class ListedPair:
    """A pair of a table, and what stood beside it."""

    line: int
    pair: InteractingPair
    reason: str | None


@dataclass(frozen=True, slots=True)
class ListedIngredient:
    """An ingredient of a table, and where it stood."""

    line: int
    ingredient: OwnIngredient


@dataclass(slots=True)
class _Reading:
    """A table of an input's field that is being read; `faults` are what is wrong with it, `seen` where each stood first."""

    path: str
    knowledge: Knowledge
    faults: list[FieldProblem] = field(default_factory=list)
    seen: dict[object, int] = field(default_factory=dict)

    def fault(self, at: int, column: str | None, problem: Problem, **parameters: object) -> None:
        path = (self.path, str(at), *([column] if column else []))
        self.faults.append(FieldProblem(path, problem, parameters))

    def is_repeated(self, at: int, named: object) -> bool:
        """Whether something stood in a line before; it is told."""
        earlier = self.seen.setdefault(named, at)
        if earlier != at:
            self.fault(at, None, INTERACTION_REPEATED, line=earlier)
        return earlier != at


def read_pairs(text: str, knowledge: Knowledge) -> list[ListedPair]:
    """The pairs of a table. Raises InvalidInput with each fault at its line, such as csv.12.severity."""
    reading = _Reading("csv", knowledge)
    found = [
        pair
        for line, row in _rows(reading, text, _NEEDED, _OPTIONAL)
        if (pair := _pair(reading, line, row)) is not None
    ]
    _check_all(reading, len(found))
    return found


def read_ingredients(text: str) -> list[ListedIngredient]:
    """The ingredients of a table. Raises InvalidInput with each fault at its line, such as ingredients.12.classes."""
    reading = _Reading("ingredients", shipped())
    found = [
        each
        for line, row in _rows(reading, text, _OF_INGREDIENT[:1], _OF_INGREDIENT[1:])
        if (each := _ingredient(reading, line, row)) is not None
    ]
    _check_all(reading, len(found))
    return found


def _check_all(reading: _Reading, number: int) -> None:
    if number > MAXIMUM_PAIRS:
        reading.faults.append(FieldProblem((reading.path,), TOO_MANY_ITEMS, {"maximum": MAXIMUM_PAIRS}))
    if reading.faults:
        raise InvalidInput(reading.faults)


def _rows(
    reading: _Reading, text: str, needed: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table by its columns, without those that have fields too many or too few."""
    lines = _lines(reading, text)
    names = [each.strip().casefold() for each in next(lines, (1, []))[1]]
    if len(set(names)) < len(names) or not set(needed) <= set(names) <= {*needed, *optional}:
        reading.fault(
            1, None, INTERACTION_COLUMNS, columns=", ".join((*needed, *optional)), optional=", ".join(optional)
        )
        raise InvalidInput(reading.faults)
    for line, fields in lines:
        if len(fields) != len(names):
            reading.fault(line, None, INTERACTION_FIELDS, expected=len(names))
        else:
            yield line, {name: value.strip() for name, value in zip(names, fields, strict=True)}


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


def _ingredient(reading: _Reading, line: int, row: Mapping[str, str]) -> ListedIngredient | None:
    before, name, rxcui = len(reading.faults), normal(row["name"]), row.get("rxcui") or None
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        reading.fault(line, "name", INGREDIENT_NAME, maximum=LONGEST_NAME)
    if rxcui is not None and not RXCUI_NUMBER.fullmatch(rxcui):
        reading.fault(line, "rxcui", RXCUI)
    if known := reading.knowledge.ingredient(name, rxcui) or (reading.knowledge.classes.get(name) and name):
        reading.fault(line, "name", INGREDIENT_KNOWN, ingredient=known)
    classes = tuple(dict.fromkeys(filter(None, (normal(each) for each in row.get("classes", "").split("|")))))
    for each in classes:
        if each not in reading.knowledge.classes:
            reading.fault(line, "classes", INGREDIENT_CLASS, name=each)
    if len(reading.faults) > before or any(reading.is_repeated(line, said) for said in (name, rxcui) if said):
        return None
    return ListedIngredient(line, OwnIngredient(name=name, rxcui=rxcui, classes=classes))


def _pair(reading: _Reading, line: int, row: Mapping[str, str]) -> ListedPair | None:
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
    reading.is_repeated(line, frozenset((pair.first.name, pair.second.name)))
    if len(reason) > LONGEST_REASON or (not reason and reading.knowledge.lowers_high(pair)):
        reading.fault(line, "reason", INTERACTION_REASON, maximum=LONGEST_REASON)
