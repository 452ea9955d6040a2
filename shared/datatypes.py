"""Data types that several domains' commands share, in FHIR R4's terms (https://hl7.org/fhir/R4/datatypes.html)."""

from typing import Annotated

from pydantic import Field

from shared.commands import Command
from shared.values import Country, OptionalText, Text


class Address(Command):
    """A postal address."""

    line: Annotated[list[Text], Field(max_length=20)] = Field([], description="Street, number, floor, box; in order.")
    city: OptionalText = Field(None, description="City or town.")
    state: OptionalText = Field(None, description="State or province.")
    postal_code: OptionalText = Field(None, description="Postal code.")
    country: Country | None = Field(None, description="Country, ISO 3166-1 alpha-2.")


class Coding(Command):
    """A code and the system that defines it."""

    system: Text = Field(description="The code system, as a URI.")
    code: Text = Field(description="The code in that system.")
    display: OptionalText = Field(None, description="What the system says that it means.")
