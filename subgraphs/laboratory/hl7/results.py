"""What an ORU^R01 says: whose results, of which orders and specimens, and each of them (HL7 v2.5.1, chapter 7)."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from subgraphs.laboratory.hl7.message import Message, Segment, Unacceptable, Value

MAXIMUM_RESULTS = 1_000
LOINC = frozenset({"LN", "LOINC", "http://loinc.org", "2.16.840.1.113883.6.1"})

_MAXIMUM_CONTROL_ID = 199
_TIME = re.compile(
    r"(?P<day>[0-9]{8})(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?(\.[0-9]{1,4})?(?P<zone>[+-][0-9]{4})?"
)
_BORN = re.compile(r"([0-9]{4})([0-9]{2})?([0-9]{2})?[0-9.+-]*")
_COMPARATORS = {"<", "<=", ">", ">="}


class Code(NamedTuple):
    """A code, its name and its system, as the sender has them."""

    code: str
    text: str
    system: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a result is: a number, codes, or text. `kind` is OBX-2; `comparator` as FHIR writes it.

    `unread` says why nothing is made of it.
    """

    kind: str
    text: str = ""
    comparator: str | None = None
    codes: tuple[Code, ...] = ()
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One OBX. `position` counts them from 1 in the message; `codes` are what was examined, LOINC first.

    `status` is OBX-11; `notes` are the NTE segments that follow it, in order.
    """

    position: int
    codes: tuple[Code, ...]
    said: Said
    unit: str
    status: str
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """One OBR: `numbers` are those that its order and specimens have, the orderer's first."""

    numbers: tuple[str, ...]
    reported_at: datetime | None
    collected_at: datetime | None
    notes: list[str] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Person:
    """One PID: numbers of the patient, birth as a day, month or year, and the gender as a code of FHIR AdministrativeGender."""

    numbers: tuple[str, ...]
    born: str | None
    sex: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says of its message."""

    application: str
    facility: str
    control_id: str


@dataclass(frozen=True, slots=True)
class Results:
    """A message's results, by orders; `people` are all whom it names, who should be one."""

    header: Header
    people: tuple[Person, ...]
    groups: tuple[Group, ...]


def read_header(message: Message) -> Header:
    """Who sends it, under which number; raises Unacceptable unless it is an ORU^R01 that is meant to be worked on."""
    header = message.header
    kind = header.first(9)
    control_id = header.first(10).text.strip()
    if kind[1] != "ORU":
        raise Unacceptable("200", "MSH-9", "Only ORU^R01 is taken.")
    if kind[2] != "R01":
        raise Unacceptable("201", "MSH-9", "Only ORU^R01 is taken.")
    if not control_id or len(control_id) > _MAXIMUM_CONTROL_ID or not control_id.isprintable():
        raise Unacceptable("101" if not control_id else "102", "MSH-10", "It needs a control id.")
    if header.first(11)[1] != "P":
        raise Unacceptable("202", "MSH-11", "Only what is for production is taken.")
    if not re.match(r"2(\.|$)", header.first(12)[1]):
        raise Unacceptable("203", "MSH-12", "Only version 2 is taken.")
    return Header(header.first(3)[1].strip(), header.first(4)[1].strip(), control_id)


def read_results(message: Message, zone: tzinfo = UTC) -> Results:
    """All that it says; times without an offset are the header's, or else in `zone`.

    Raises Unacceptable where segments are not where they belong.
    """
    header = read_header(message)
    reader = _Reader(_zone(_TIME.match(message.header.first(7)[1]), zone))
    for segment in message.segments[1:]:
        reader.take(segment)
    if not reader.people or not reader.groups:
        raise Unacceptable("100", "OBR" if reader.people else "PID", "It has no patient, or no order.")
    return Results(header, tuple(dict.fromkeys(reader.people)), tuple(reader.groups))


class _Reader:
    """Puts each segment where it belongs, by those before it."""

    def __init__(self, zone: tzinfo) -> None:
        self.people: list[Person] = []
        self.groups: list[Group] = []
        self._zone, self._ordered, self._count = zone, (), 0  # type: tuple[tzinfo, tuple[str, ...], int]
        self._notes: list[str] | None = None  # of what the last segment was, where that may have some

    def take(self, segment: Segment) -> None:
        """The next segment."""
        notes, self._notes = self._notes, None
        match segment.name:
            case "MSH":
                raise Unacceptable("100", "MSH", "It has a second header.")
            case "PID":
                self.people.append(_person(segment))
            case "ORC":
                self._ordered = _numbers(segment, 2, 3)
            case "OBR":
                self.groups.append(_group(segment, self._ordered, self._zone))
                self._ordered, self._notes = (), self.groups[-1].notes
            case "OBX" | "SPM" if not self.groups:
                raise Unacceptable("100", segment.name, "It is of no OBR.")
            case "SPM":
                self.groups[-1].numbers += _specimen(segment)
            case "OBX":
                self._observed(segment)
            case "NTE" if notes is not None:
                notes.append("\n".join(each.text for each in segment.all(3)))
                self._notes = notes
            case _:
                pass

    def _observed(self, segment: Segment) -> None:
        self._count += 1
        if self._count > MAXIMUM_RESULTS:
            raise Unacceptable("207", "OBX", "It has more results than are taken at once.")
        found = _observation(segment, self._count)
        self.groups[-1].observations.append(found)
        self._notes = found.notes


def _person(segment: Segment) -> Person:
    numbers = [each[1].strip() for place in (3, 2, 4) for each in segment.all(place)]
    sex = {"F": "female", "M": "male", "O": "other", "A": "other", "N": "other", "U": "unknown"}
    return Person(
        tuple(dict.fromkeys(filter(None, numbers))), _born(segment.first(7)[1]), sex.get(segment.first(8)[1].upper())
    )


def _born(text: str) -> str | None:
    found = _BORN.fullmatch(text.strip())
    return None if found is None else "-".join(filter(None, found.groups()))


def _numbers(segment: Segment, *places: int) -> tuple[str, ...]:
    return tuple(filter(None, (segment.first(place)[1].strip() for place in places)))


def _specimen(segment: Segment) -> tuple[str, ...]:
    """SPM-2: the orderer's number and the laboratory's, each before its first subcomponent's delimiter."""
    value = segment.first(2)
    return tuple(filter(None, (value[1].strip(), value[2].strip())))


def _group(segment: Segment, ordered: tuple[str, ...], zone: tzinfo) -> Group:
    numbers = (*_numbers(segment, 2), *ordered, *_numbers(segment, 3))
    return Group(tuple(dict.fromkeys(numbers)), _time(segment.first(22)[1], zone), _time(segment.first(7)[1], zone))


def _observation(segment: Segment, position: int) -> Observation:
    tested = segment.first(3)
    return Observation(
        position,
        tuple(sorted(_codes(tested), key=lambda each: each.system not in LOINC)),
        _said(segment),
        segment.first(6)[1].strip(),
        segment.first(11)[1].strip().upper(),
    )


def _codes(value: Value) -> list[Code]:
    """A code and its alternate, of CE, CWE and CNE alike."""
    found = [Code(value[at].strip(), value[at + 1].strip(), value[at + 2].strip()) for at in (1, 4)]
    return [each for each in found if each.code or each.text]


def _said(segment: Segment) -> Said:
    kind, values = segment.first(2).text.strip().upper(), segment.all(5)
    if not values:
        return Said(kind)
    match kind:
        case "NM" | "SN" if len(values) > 1:
            said = Said(kind, unread="VALUE")
        case "NM":
            said = Said(kind, values[0][1].strip())
        case "SN":
            said = _structured(values[0])
        case "CE" | "CWE" | "CNE":
            codes = tuple(each for value in values for each in _codes(value)[:1])
            said = Said(kind, "\n".join(each.text or each.code for each in codes), codes=codes)
        case "ST" | "TX" | "FT":
            said = Said(kind, "\n".join(each.text for each in values).strip())
        case "ED":
            said = Said(kind, unread=None if all(map(_is_document, values)) else "VALUE")
        case _:
            said = Said(kind, unread="KIND")
    return said


def _structured(value: Value) -> Said:
    """SN: comparator, number, and perhaps a separator and another number, as of a titer, which is text then."""
    comparator, first, separator, second = (value[at].strip() for at in (1, 2, 3, 4))
    if separator or second:
        return Said("SN", f"{comparator}{first}{separator}{second}")
    if comparator in ("", "="):
        return Said("SN", first)
    if comparator not in _COMPARATORS:
        return Said("SN", unread="VALUE")
    return Said("SN", first, comparator)


def _is_document(value: Value) -> bool:
    """Whether an ED's data are what its encoding says; bounded by the message."""
    if value[4] != "Base64":
        return value[4] in ("A", "Hex")
    try:
        base64.b64decode("".join(value[5].split()), validate=True)
    except binascii.Error:
        return False
    return True


def _time(text: str, zone: tzinfo) -> datetime | None:
    """A time with its zone, else in the message's; None if it is none, or is no more than a day."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    try:
        clock = found["day"] + found["hour"] + found["minute"] + (found["second"] or "00")
        local = datetime.fromisoformat(f"{clock[:8]}T{clock[8:]}").replace(tzinfo=_zone(found, zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(found: "re.Match[str] | None", default: tzinfo = UTC) -> tzinfo:
    """The offset from UTC that a time names."""
    if found is None or not found["zone"]:
        return default
    sign, hours, minutes = found["zone"][0], int(found["zone"][1:3]), int(found["zone"][3:])
    if hours > 14 or minutes > 59:
        return default
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)
