"""Kinds of value that entries of the medical record are made of."""

import re
from datetime import date, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from shared.commands import Command
from shared.database.model import utc_now
from shared.datatypes import Coding
from shared.values import MAXIMUM_LONG_TEXT, Text, id_of, text, wrong
from subgraphs.records.coding import refused
from subgraphs.records.errors import CLINICAL_DATE, CODE_IS_HEADER, CODE_UNKNOWN, DIRECTION_CHARACTER

EARLIEST = "1850"
LONGEST_NOTE = 20_000
SEVERAL = 20

_WHEN = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_DAY = timedelta(days=1)  # somewhere it is tomorrow already

EncounterId = Annotated[UUID, id_of("Encounter")]
NoteId = Annotated[UUID, id_of("Note")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]


def _when(value: str) -> str:
    latest = (utc_now() + _DAY).date().isoformat()
    if not _WHEN.fullmatch(value) or not EARLIEST <= value <= latest or not _is_day(value):
        raise wrong(CLINICAL_DATE)
    return value


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        return False
    return True


def undirected(value: str) -> str:
    if _DIRECTION.search(value):
        raise wrong(DIRECTION_CHARACTER)
    return value


When = Annotated[str, AfterValidator(_when)]
"""A day, month or year, as precise as it is known, that is not to come."""
Narrative = Annotated[str, text(MAXIMUM_LONG_TEXT, lines=True), AfterValidator(undirected)]
NoteText = Annotated[str, text(LONGEST_NOTE, lines=True), AfterValidator(undirected)]
Title = Annotated[Text, AfterValidator(undirected)]


class ClinicalCode(Coding):
    """A code that says what an entry is about, and what it is called."""

    display: Text = Field(description="What the code means, as the record shows it.")

    @model_validator(mode="after")
    def _of_its_system(self) -> Self:
        found = refused(self.system, self.code)
        if found is not None and found.instead:
            raise wrong(CODE_IS_HEADER, codes=", ".join(found.instead))
        if found is not None:
            raise wrong(CODE_UNKNOWN)
        return self


class Versioned(Command):
    """What is changed, at the version that was read."""

    version: int = Field(description="The version that the client has read.")
