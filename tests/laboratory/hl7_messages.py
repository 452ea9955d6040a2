"""Messages of HL7 v2 as the tests make them: small, of plain values, with any delimiters, line ends and character set."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

_control_ids = count(1)

Field = str | Sequence[str] | Sequence[Sequence[str]]
"""A value; or its components; or repetitions, each of components. Values are escaped where they are written."""


@dataclass(frozen=True)
class Style:
    """How a message is written."""

    delimiters: str = "|^~\\&"
    end: str = "\r"
    charset: str = ""
    encoding: str = "utf-8"


USUAL = Style()


def escaped(value: str, style: Style = USUAL) -> str:
    """A value in which nothing is taken for a delimiter."""
    names = dict(zip(style.delimiters, "FSRET", strict=True))
    escape = style.delimiters[3]
    return "".join(f"{escape}{names[each]}{escape}" if each in names else each for each in value)


def written(field: Field, style: Style = USUAL) -> str:
    """A field."""
    if isinstance(field, str):
        return escaped(field, style)
    repetitions = [[each] if isinstance(each, str) else each for each in field]
    if all(isinstance(each, str) for each in field):
        repetitions = [[str(each) for each in field]]
    component, repetition = style.delimiters[1], style.delimiters[2]
    return repetition.join(component.join(escaped(part, style) for part in each) for each in repetitions)


def segment(name: str, style: Style = USUAL, /, **fields: Field) -> str:
    """A segment by its fields: `segment("PID", _3="1")`."""
    values = {int(place[1:]): written(field, style) for place, field in fields.items()}
    return style.delimiters[0].join([name, *(values.get(place, "") for place in range(1, max(values, default=0) + 1))])


def header(style: Style = USUAL, /, **fields: Field) -> str:
    """MSH; `_10` is a new control id if no other one is given."""
    given: dict[str, Field] = {
        "_3": "ANALYZER",
        "_4": "HARBOUR",
        "_5": "CAREGRAPH",
        "_6": "LAB",
        "_7": "20261130101500+0100",
        "_9": ["ORU", "R01", "ORU_R01"],
        "_10": f"M{next(_control_ids)}",
        "_11": "P",
        "_12": "2.5.1",
        "_18": style.charset,
    } | fields
    plain = segment("MSH", style, _1="", _2="", **given)
    separator = style.delimiters[0]
    # MSH-1 is the separator itself, and MSH-2 is not escaped.
    return separator.join(["MSH", style.delimiters[1:], *plain.split(separator)[3:]])


def obx(value: Field, style: Style = USUAL, /, kind: str = "NM", **fields: Field) -> str:
    """A result, of potassium unless `_3` says otherwise; final unless `_11` does."""
    given: dict[str, Field] = {"_1": "1", "_3": ["2823-3", "Potassium", "LN"], "_6": "mmol/L", "_11": "F"}
    return segment("OBX", style, **given | {"_2": kind, "_5": value} | fields)


def message(*segments: str, style: Style = USUAL) -> bytes:
    """Its bytes."""
    return style.end.join([*segments, ""]).encode(style.encoding)


def oru(
    *results: str, order: str = "4711", style: Style = USUAL, head: dict[str, Field] | None = None, **person: Field
) -> bytes:
    """Results of an order, of a woman who was born in 1980."""
    pid: dict[str, Field] = {"_3": ["MRN1", "", "", "CLINIC", "MR"], "_5": ["Doe", "Jane"], "_7": "19800504", "_8": "F"}
    return message(
        header(style, **head or {}),
        segment("PID", style, **pid | person),
        segment("OBR", style, _2=order, _4=["24321-2", "Basic panel", "LN"], _22="20261130101000"),
        *results,
        style=style,
    )
