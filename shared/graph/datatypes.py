"""Data types that several domains share, in FHIR R4's terms (https://hl7.org/fhir/R4/datatypes.html)."""

import re

import strawberry

# Chinese, Japanese and Korean names: the family name first, without a space.
_FAMILY_FIRST = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")


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
    suffix: str | None = strawberry.field(
        default=None, description="What comes after the person's name, such as `Jr.`; null where there is nothing."
    )

    @strawberry.field(description="The whole name of the person, as it is written.")
    def text(self) -> str:
        names = [*self.given, self.family]
        if all(map(_FAMILY_FIRST.fullmatch, names)):
            names = ["".join([self.family, *self.given])]
        return " ".join(filter(None, [self.prefix, *names, self.suffix]))
