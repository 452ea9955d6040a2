"""Data types that several domains' commands share, in FHIR R4's terms (https://hl7.org/fhir/R4/datatypes.html)."""

from typing import Annotated

from pydantic import Field

from shared.codes import Code
from shared.commands import Command
from shared.values import Country, OptionalText, Text


class AdministrativeGender(Code):
    """A person's gender for administration (FHIR AdministrativeGender)."""

    MALE = "male", "The person is male."
    FEMALE = "female", "The person is female."
    OTHER = "other", "The person is neither male nor female."
    UNKNOWN = "unknown", "The person's gender is not known."


class Address(Command):
    """A postal address."""

    line: Annotated[list[Text], Field(max_length=20)] = Field(
        [], description="The lines of the address before the city, in order: street, number, floor, box."
    )
    city: OptionalText = Field(None, description="The city or town of the address.")
    state: OptionalText = Field(None, description="The state or province of the address.")
    postal_code: OptionalText = Field(None, description="The postal code of the address.")
    country: Country | None = Field(
        None, description="The country of the address, an alpha-2 code of ISO 3166-1, such as US."
    )


class Coding(Command):
    """A code, and the system that defines it."""

    system: Text = Field(description="The code system that defines the code, as a URI.")
    code: Text = Field(description="The code in its code system.")
    display: OptionalText = Field(None, description="What the code system says that the code means.")
