"""Commands: what is read of values, and all that is wrong with them at once."""

from typing import Annotated
from uuid import UUID

import pytest
from pydantic import Field

from shared.codes import Code, one_of
from shared.commands import Command, read
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.values import Country, Email, LocalTime, LongText, OptionalText, Phone, Text, TimeZone, id_of


class Size(Code):
    """How large it is."""

    SMALL = "small", "It fits."
    LARGE = "large", "It does not."


class Address(Command):
    """Where it is."""

    lines: Annotated[list[Text], Field(max_length=2)] = Field([], description="Lines.")
    country: Country | None = Field(None, description="Country.")


class Move(Command):
    """Move a thing."""

    thing_id: Annotated[UUID, id_of("Thing")] = Field(description="The thing.")
    to_address: Address = Field(Address(), description="Where to.")
    size: Size = Field(Size.SMALL, description="How large it is.")
    note: OptionalText = Field(None, description="A note.")
    story: LongText | None = Field(None, description="A story.")


def problems(**values: object) -> list[tuple[str, str]]:
    """Where something is wrong, and the code of what."""
    with pytest.raises(InvalidInput) as raised:
        read(Move, {"thing_id": new_id()} | values)
    return [(".".join(each.path), each.problem.code) for each in raised.value.fields]


def test_values_are_brought_to_one_form() -> None:
    key = new_id()
    move = read(Move, {"thing_id": f"Thing:{key}", "note": "  two\n words ", "story": " a \n\n b ", "size": "large"})
    assert (move.thing_id, move.note, move.story, move.size) == (key, "two words", "a \n\n b", Size.LARGE)
    assert read(Move, {"thing_id": str(key), "note": " "}).note is None


def test_all_that_is_wrong_is_told_at_once_with_the_clients_paths() -> None:
    wrong = {"thing_id": f"Other:{new_id()}", "to_address": {"lines": ["a", "b", "c"], "country": "xx"}}
    assert problems(**wrong, note="x" * 201, story="a\x00b", size="huge") == [
        ("thingId", "INVALID_ID"),
        ("toAddress.lines", "TOO_MANY_ITEMS"),
        ("toAddress.country", "COUNTRY"),
        ("size", "INVALID_VALUE"),
        ("note", "TEXT_LENGTH"),
        ("story", "CHARACTER"),
    ]
    assert problems(to_address={"lines": ["a", " "]}) == [("toAddress.lines.1", "TEXT_LENGTH")]
    assert problems(thing_id="nonsense", more=1) == [("thingId", "INVALID_ID"), ("more", "INVALID_VALUE")]


def test_a_problem_has_its_parameters() -> None:
    with pytest.raises(InvalidInput) as raised:
        read(Move, {"thing_id": new_id(), "note": "x" * 201, "to_address": {"lines": ["a"] * 3}})
    assert [each.parameters for each in raised.value.fields] == [{"maximum": 2}, {"minimum": 1, "maximum": 200}]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Email, "Ana@Example.org", "ana"),
        (Phone, "+49 30 901820", "901820"),
        (TimeZone, "Europe/Berlin", "Europe/Atlantis"),
        (LocalTime, "09:30", "09:30+02:00"),
    ],
)
def test_kinds_of_text(kind: object, good: str, bad: str) -> None:
    made = type("Made", (Command,), {"__annotations__": {"value": kind}})
    read(made, {"value": good})
    with pytest.raises(InvalidInput):
        read(made, {"value": bad})


def test_codes_are_spelled_once() -> None:
    assert str(one_of("size", Size).sqltext) == "size IN ('small', 'large')"
    assert Size("large").description == "It does not."
