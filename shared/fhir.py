"""The door for other systems' FHIR R4 resources: the datatypes, and how commands are made of them.

A domain's `fhir` module says in `RESOURCES` which types of resource it has a home for, in the order in which they refer to
each other. Types: https://hl7.org/fhir/R4/datatypes.html. Which row a resource is, `shared.known` knows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from pydantic.alias_generators import to_camel

from shared.commands import INVALID_VALUE, REQUIRED, C, read
from shared.countries import ALPHA_2
from shared.errors import OTHER_RELEASE, InvalidInput, Problem

_NO_POSTAL_CODE = re.compile("[0-]+")
_PARTIAL_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")  # https://hl7.org/fhir/R4/datatypes.html#date

# Who is told what was left out or changed of a resource that is taken: the element and what became of it.
Tell = Callable[[str, str], None]
LEFT_OUT = "left out"

# The family name of those whose name is not given.
UNKNOWN_NAME = "Unknown"

_GIVEN = 5  # given names that are kept apart
# Uses of names, the one that somebody is called by first; those of `_FORMER` are no names of now.
_USES = ("official", "usual", None, "temp")
_FORMER = ("anonymous", "nickname", "maiden", "old")

_RELEASES = {b"1.0": "DSTU2", b"3.0": "STU3", b"4.3": "R4B", b"5.0": "R5", b"6.0": "R6"}
_RELEASE = re.compile(rb"http://hl7\.org/fhir/(1\.0|3\.0|4\.3|5\.0|6\.0)/StructureDefinition/")


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is wrong with a resource; `path` leads to the element, such as `name[0].family`, never to a value."""

    path: str
    problem: Problem
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        sentence = self.problem.message.format(**self.parameters)
        return f"{self.path}: {sentence}" if self.path else sentence


class InvalidResource(Exception):
    """A resource that cannot be taken over: all that is wrong with it."""

    def __init__(self, *problems: Wrong) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return " ".join(map(str, self.problems))


class LeftOut(Exception):
    """A resource that is sound, but has no place here, such as a visit that is not over; which element says so, and why."""


class Elsewhere(Exception):
    """A resource that is sound, and another domain's."""


class Retracted(Exception):
    """A resource that its source takes back: it was entered in error."""


@dataclass(frozen=True, slots=True)
class At:
    """A value and where it stands: a path from the `At` around it, or else from the resource."""

    path: str
    value: Any


def command(kind: type[C], values: Mapping[str, Any]) -> C:
    """A command of what was read of a resource; what is None was not said.

    Values may be `At` an element, or `Wrong`. Raises InvalidResource with all that is wrong, by the resource's own paths.
    """
    found = _Found()
    plain = found.plain(values, (), "")
    try:
        made = read(kind, plain)
    except InvalidInput as error:
        for each in error.fields:
            found.add(Wrong(found.path(each.path), each.problem, each.parameters))
    if found.problems:
        raise InvalidResource(*found.problems.values())
    return made


class _Found:
    """Where the values of a command stand in a resource, and the first problem at each place."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, ...], str] = {}
        self.problems: dict[str, Wrong] = {}

    def add(self, wrong: Wrong) -> None:
        self.problems.setdefault(wrong.path, wrong)

    def plain(self, value: Any, field: tuple[str, ...], path: str) -> Any:
        """A value without its places, which are noted."""
        match value:
            case Wrong():
                self._places[field] = value.path
                self.add(value)
                return None
            case At():
                path = ".".join(filter(None, (path, value.path)))
                self._places[field] = path
                return self.plain(value.value, field, path)
            case Mapping():
                parts = {name: self.plain(part, (*field, to_camel(name)), path) for name, part in value.items()}
                return {name: part for name, part in parts.items() if part is not None}
            case list():
                return [self.plain(item, (*field, str(place)), path) for place, item in enumerate(value)]
        return value

    def path(self, field: tuple[str, ...]) -> str:
        """A command's field as a path in the resource."""
        known = next((length for length in range(len(field), 0, -1) if field[:length] in self._places), 0)
        path = self._places.get(field[:known], "")
        for part in field[known:]:
            path += f"[{part}]" if part.isdecimal() else f".{part}"
        return path.lstrip(".")


class Element(msgspec.Struct, rename="camel", frozen=True):
    """A part of a resource; what a subclass does not name is passed over."""


class Coding(Element, frozen=True):
    """A code and the system that defines it."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element, frozen=True):
    """A concept, by its codes."""

    coding: list[Coding] = []
    text: str | None = None


class Identifier(Element, frozen=True):
    """A number that a system has given."""

    system: str | None = None
    value: str | None = None
    type: CodeableConcept | None = None

    @property
    def token(self) -> str | None:
        """`system|value`, as in a search; None without either."""
        return f"{self.system}|{self.value}" if self.system and self.value else None


class Period(Element, frozen=True):
    """From when to when."""

    start: str | None = None
    end: str | None = None

    @property
    def is_now(self) -> bool:
        """Whether today is in it; a date that is only a year or month counts as a whole."""
        today = datetime.now(UTC).date().isoformat()
        start, end = (self.start or "")[:10], (self.end or "9")[:10]
        return start <= today and end >= today[: len(end)]


class HumanName(Element, frozen=True):
    """A person's name."""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: list[str | None] = []
    prefix: list[str | None] = []
    suffix: list[str | None] = []
    period: Period = Period()

    def _is_all_of(self, words: Sequence[str]) -> bool:
        parts = (*self.given, *self.prefix, *self.suffix, self.family)
        return {*words} <= {word for part in parts for word in (part or "").split()}

    def parts(self, path: str, tell: Tell) -> dict[str, Any]:
        """Its parts; a name that was not taken apart, or has no family name, is a family name as a whole."""
        given = _said(self.given)
        around = {"prefix": " ".join(_said(self.prefix)), "suffix": ", ".join(_said(self.suffix))}
        family = (self.family or "").strip()
        if self.text and (family or given) and not self._is_all_of(self.text.split()):
            tell(f"{path}.text", f"{LEFT_OUT}, since the parts of the name are taken")
        if family:
            whole = [*given[: _GIVEN - 1], " ".join(given[_GIVEN - 1 :])] if len(given) > _GIVEN else given
            return {"family": family, "given": whole, **around}
        whole_name = (self.text or "").strip() or " ".join(given)
        if whole_name:
            tell(path, "taken as a family name as a whole, since it has none")
        else:
            tell(path, f"is {UNKNOWN_NAME}, since none is given")
        return {"family": whole_name or UNKNOWN_NAME, "given": [], **around}


class ContactPoint(Element, frozen=True):
    """A telephone number, an email address and the like."""

    system: str | None = None
    value: str | None = None
    use: str | None = None


class Address(Element, frozen=True):
    """A postal address."""

    use: str | None = None
    text: str | None = None
    line: list[str | None] = []
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None

    def parts(self, path: str, tell: Tell) -> dict[str, Any]:
        """What it says; one that was not taken apart is in its lines, and so is a district.

        A postal code of zeros only fills a place, and a country is kept that is a code of ISO 3166-1.
        """
        lines: list[Any] = [At(f"line[{place}]", line) for place, line in enumerate(self.line) if line and line.strip()]
        if self.text and not (lines or self.city or self.state or self.postal_code):
            lines = [At("text", line) for line in self.text.splitlines() if line.strip()]
            tell(f"{path}.text", "taken as its lines")
        if self.district:
            lines.append(At("district", self.district))
            tell(f"{path}.district", "taken as a line")
        code = self.postal_code
        if code and _NO_POSTAL_CODE.fullmatch(code):
            tell(f"{path}.postalCode", f"{LEFT_OUT}, since it is all zeros")
            code = None
        country = self.country_code
        if self.country and country is None:
            tell(f"{path}.country", f"{LEFT_OUT}, since it is no code of ISO 3166-1")
        return {
            "line": lines,
            "city": self.city,
            "state": self.state,
            "postal_code": code,
            "country": country,
        }

    @property
    def country_code(self) -> str | None:
        """The country's code of two letters."""
        given = (self.country or "").strip().upper()
        return given if given in ALPHA_2.values() else ALPHA_2.get(given)


class Reference(Element, frozen=True):
    """A reference to another resource, literal or by identifier."""

    reference: str | None = None
    identifier: Identifier | None = None


class Participant(Element, frozen=True):
    """Encounter.participant."""

    type: list[CodeableConcept] = []
    individual: Reference | None = None

    @property
    def is_primary(self) -> bool:
        """Whether they are the primary performer."""
        return any(coding.code == "PPRF" for concept in self.type for coding in concept.coding)


def performers(participants: Sequence[Participant]) -> list[Reference]:
    """Who took part in an encounter, the primary performer first."""
    ordered = sorted(participants, key=lambda item: not item.is_primary)
    return [item.individual for item in ordered if item.individual]


class Meta(Element, frozen=True):
    """About a version of a resource."""

    last_updated: str | None = None


class Resource(Element, frozen=True):
    """What all resources have."""

    resource_type: str
    id: str | None = None
    meta: Meta = Meta()
    identifier: list[Identifier] = []


def main_name(names: Sequence[HumanName], tell: Tell) -> tuple[int, HumanName]:
    """The name that somebody has now, official if there is such a one, and its place; an empty one if there is none."""

    def rank(item: tuple[int, HumanName]) -> tuple[bool, int]:
        use, period = item[1].use, item[1].period
        is_now = period.is_now and use not in _FORMER
        return not is_now, [*_USES, *_FORMER].index(use) if use in (*_USES, *_FORMER) else len(_USES)

    if not names:
        return 0, HumanName()
    if any(name.period != Period() for name in names):
        tell("name.period", "left out, but for whether it is over")
    place, name = min(enumerate(names), key=rank)
    if rank((place, name))[0]:
        tell("name", "is a former one or a nickname, since no other is given")
    return place, name


def first(points: Sequence[ContactPoint], system: str) -> "At | None":
    """The first contact point of a kind, as it is written; its path is from the element that holds `telecom`."""
    found = ((place, point.value) for place, point in enumerate(points) if point.system == system and point.value)
    return next((At(f"telecom[{place}].value", value) for place, value in found), None)


def code_of(concept: CodeableConcept | None, allowed: Callable[[str], object]) -> str | None:
    """The first of a concept's codes that is allowed."""
    codings = concept.coding if concept else []
    return next((coding.code for coding in codings if coding.code and allowed(coding.code)), None)


def date_of(path: str, text: str | None, tell: Tell, whole: str, partial: str) -> dict[str, At]:
    """A FHIR date as one of two fields: a day, or the year or month that is all that is known."""
    if text and _PARTIAL_DATE.fullmatch(text):
        return {partial: At(path, text)}
    try:
        found = date.fromisoformat(text) if text and _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if text and found is None:
        tell(path, f"{LEFT_OUT}, since it is no date")
    return {whole: At(path, found)}


def time_of(path: str, text: str | None, tell: Tell, whole: str, partial: str) -> dict[str, At]:
    """A FHIR dateTime as one of two fields: a point in time, or the day, month or year that is all that is known."""
    at = instant(text)
    if at or not text:
        return {whole: At(path, at)}
    day, time, _ = text.partition("T")
    if time:
        tell(path, "taken as a day, since its time has no time zone, or is none")
    return {partial: At(path, day)}


def instant(text: str | None) -> datetime | None:
    """A FHIR dateTime as a point in time, UTC; None if it has no time or time zone, or is none."""
    try:
        value = datetime.fromisoformat(text or "")
        return value.astimezone(UTC) if value.tzinfo else None
    except (ValueError, OverflowError):
        return None


def release(content: bytes, elements: Mapping[str, str]) -> InvalidResource | None:
    """The refusal of a resource of another release of FHIR than R4; `elements` are those that only another has.

    A profile of FHIR's own says so as well: https://hl7.org/fhir/R4/versioning.html.
    """
    try:
        values = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return None
    named = _RELEASE.search(bytes(values.get("meta", b"")))
    if named:
        return InvalidResource(Wrong("meta.profile", OTHER_RELEASE, {"release": _RELEASES[named[1]]}))
    of_others = (Wrong(name, OTHER_RELEASE, {"release": elements[name]}) for name in values.keys() & elements.keys())
    found = next(of_others, None)
    return InvalidResource(found) if found else None


def _said(texts: Sequence[str | None]) -> list[str]:
    """Those of a list that say something: one of which only an extension speaks is null."""
    return [text for text in texts if text and text.strip()]


def shape(content: bytes, kind: type[Resource]) -> InvalidResource | None:
    """What is wrong with the form of a resource that cannot be decoded, of each element the first; None if it is in none."""
    try:
        values = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
    wrong = []
    for part in msgspec.structs.fields(kind):
        try:
            if part.encode_name in values:
                msgspec.convert(values[part.encode_name], part.type)
            elif part.required:
                wrong.append(Wrong(part.encode_name, REQUIRED))
        except msgspec.ValidationError as error:
            _, _, where = str(error).partition(" - at `$")
            wrong.append(Wrong(f"{part.encode_name}{where.removesuffix('`')}", INVALID_VALUE))
    return InvalidResource(*wrong) if wrong else None
