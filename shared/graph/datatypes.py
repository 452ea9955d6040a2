"""Data types that several domains share, in FHIR R4's terms (https://hl7.org/fhir/R4/datatypes.html)."""

import strawberry


@strawberry.federation.type(shareable=True, description="A postal address (FHIR Address).")
class Address:
    line: list[str] = strawberry.field(default_factory=list, description="Street, number, floor, box; in order.")
    city: str | None = strawberry.field(default=None, description="City or town.")
    state: str | None = strawberry.field(default=None, description="State or province.")
    postal_code: str | None = strawberry.field(default=None, description="Postal code.")
    country: str | None = strawberry.field(default=None, description="Country, ISO 3166-1 alpha-2.")


@strawberry.federation.type(shareable=True, description="A code and the system that defines it (FHIR Coding).")
class Coding:
    system: str = strawberry.field(description="The code system, as a URI.")
    code: str = strawberry.field(description="The code in that system.")
    display: str | None = strawberry.field(default=None, description="What the system says that it means.")


@strawberry.federation.type(shareable=True, description="A person's name (FHIR HumanName).")
class HumanName:
    given: list[str] = strawberry.field(description="Given names, the first one first.")
    family: str = strawberry.field(description="Family name.")
    prefix: str | None = strawberry.field(default=None, description="What comes before, such as `Dr.`.")

    @strawberry.field(description="The whole name, as it is written.")
    def text(self) -> str:
        return " ".join(filter(None, [self.prefix, *self.given, self.family]))
