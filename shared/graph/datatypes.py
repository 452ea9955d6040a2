"""Data types that several domains share, in FHIR R4's terms (https://hl7.org/fhir/R4/datatypes.html)."""

import strawberry


@strawberry.federation.type(shareable=True, description="A postal address (FHIR Address).")
class Address:
    line: list[str] = strawberry.field(
        default_factory=list,
        description="The lines of the address before the city, in order: street, number, floor, box.",
    )
    city: str | None = strawberry.field(
        default=None, description="The city or town of the address; null where none is known."
    )
    state: str | None = strawberry.field(
        default=None, description="The state or province of the address; null where none is known."
    )
    postal_code: str | None = strawberry.field(
        default=None, description="The postal code of the address; null where none is known."
    )
    country: str | None = strawberry.field(
        default=None,
        description="The country of the address, an alpha-2 code of ISO 3166-1, such as US; null where none is known.",
    )


@strawberry.federation.type(shareable=True, description="A code, and the system that defines it (FHIR Coding).")
class Coding:
    system: str = strawberry.field(description="The code system that defines the code, as a URI.")
    code: str = strawberry.field(description="The code in its code system.")
    display: str | None = strawberry.field(
        default=None, description="What the code system says that the code means; null where that was not told."
    )


@strawberry.federation.type(shareable=True, description="A person's name (FHIR HumanName).")
class HumanName:
    given: list[str] = strawberry.field(description="The given names of the person, the first one first.")
    family: str = strawberry.field(description="The family name of the person.")
    prefix: str | None = strawberry.field(
        default=None, description="What comes before the person's name, such as `Dr.`; null where there is nothing."
    )

    @strawberry.field(description="The whole name of the person, as it is written.")
    def text(self) -> str:
        return " ".join(filter(None, [self.prefix, *self.given, self.family]))
