"""Answers to messages: ACK^R01 with MSA, and ERR where something is wrong (HL7 v2.5.1, 2.9.2)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from subgraphs.laboratory.hl7.message import Delimiters, Message, Unacceptable


class Verdict(StrEnum):
    """MSA-1, of HL7 table 0008."""

    ACCEPTED = "AA"
    """It is kept, and what it says was done."""
    ERROR = "AE"
    """It is kept, and somebody has to see to it; or another message had its control id. Sending it again changes nothing."""
    REJECTED = "AR"
    """Nothing is kept."""


class Problem(NamedTuple):
    """An ERR: a code of HL7 table 0357, where it is, such as `OBX-11`, and what it is, in words without any value."""

    code: str
    location: str
    text: str


def acknowledgement(
    asked: Message | None, verdict: Verdict, identifier: UUID, problems: Sequence[Problem] = ()
) -> bytes:
    """The answer to a message, in its delimiters and character set; in the usual ones to what could not be read."""
    # An answer needs all of its delimiters, which not every message has.
    delimiters = asked.delimiters if asked and all(asked.delimiters[:5]) else Delimiters()
    echoed = [""] * 4 if asked is None else [_echo(asked, place) for place in (3, 4, 5, 6)]
    control_id = "" if asked is None else _escaped(asked.header.first(10).text, delimiters)
    version = "2.5.1" if asked is None else _escaped(asked.header.first(12)[1], delimiters) or "2.5.1"
    charset = [] if asked is None or asked.charset == "ascii" else ["", "", "", "", "", _echo(asked, 18)]
    kind = delimiters.component.join(("ACK", "R01", "ACK"))
    now = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    header = ["MSH", "".join(delimiters[1:5]), echoed[2], echoed[3], echoed[0], echoed[1], now, "", kind]
    segments = [
        [*header, identifier.hex[:20], "P", version, *charset],
        ["MSA", verdict, control_id],
        *(_error(each, delimiters) for each in problems),
    ]
    encoding = "ascii" if asked is None else asked.charset
    text = "".join(f"{delimiters.field.join(fields)}\r" for fields in segments)
    return text.encode(encoding, "replace")


def rejection(asked: Message | None, error: Unacceptable, identifier: UUID) -> bytes:
    """The answer to what cannot be taken."""
    return acknowledgement(asked, Verdict.REJECTED, identifier, [Problem(error.code, error.location, error.text)])


def _error(problem: Problem, delimiters: Delimiters) -> list[str]:
    segment, _, field = problem.location.partition("-")
    location = delimiters.component.join(filter(None, (segment, "1" if field else "", field)))
    code = delimiters.component.join((problem.code, "", "HL70357"))
    return ["ERR", "", location, code, "E", "", "", "", _escaped(problem.text, delimiters)]


def _echo(asked: Message, place: int) -> str:
    """A field of the message as it was written, in its own delimiters; in others it is left out."""
    fields = asked.header.fields
    return fields[place] if place < len(fields) and all(asked.delimiters[:5]) else ""


def _escaped(text: str, delimiters: Delimiters) -> str:
    named = {
        delimiters.escape: "E",
        delimiters.field: "F",
        delimiters.component: "S",
        delimiters.subcomponent: "T",
        delimiters.repetition: "R",
    }
    escape = delimiters.escape
    return "".join(f"{escape}{named[each]}{escape}" if each in named else each for each in text if each.isprintable())
