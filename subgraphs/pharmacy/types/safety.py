"""What the safety check knows, in the graph."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, entity
from shared.graph.fields import LONGEST_SEARCH, bounded, from_row
from subgraphs.pharmacy import models, policy
from subgraphs.pharmacy.repository import safety as repository
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.knowledge import KNOWLEDGE_VERSION, shipped
from subgraphs.pharmacy.safety.names import normal
from subgraphs.pharmacy.safety.pairs import InteractingPair
from subgraphs.pharmacy.safety.sentences import EFFECTS

Search = Annotated[str | None, bounded("Only those with this text in one of their names.", LONGEST_SEARCH)]
Severity = Annotated[
    SafetySeverity | None, strawberry.argument(description="Only those that ask for this; absent: all.")
]

_FIRST = "The first side: the name of a class, or of an ingredient."
_SECOND = "The second side, which acts upon the first one."
_EFFECT = "The code of what the two do together."
_MESSAGE = "What the two do together, as a sentence in the language of `Accept-Language`."


def _version(row: models.InteractionList) -> str:
    return f"{KNOWLEDGE_VERSION}+clinic.{row.version}"


@entity(
    policy.interaction_lists,
    scopes=policy.READS_KNOWLEDGE,
    description="A list of interactions as the clinic has it, as it was imported at one time; the newest one holds.",
)
class InteractionList(Entity[models.InteractionList]):
    version: int | None = from_row("version", description="The version of the list, which counts the imports.")
    knowledge_version: str | None = from_row(
        _version, description="The version of all that the safety check knows with the list."
    )
    imported_at: datetime | None = from_row("created_at", description="When the list was imported.")


@entity(
    policy.interactions,
    scopes=policy.READS_KNOWLEDGE,
    description="Two classes of drugs, or drugs, that interact as the clinic has it.",
)
class Interaction(Entity[models.Interaction]):
    line: int | None = from_row("line", description="The line of the imported table.")
    first: str | None = from_row("first", description=_FIRST)
    second: str | None = from_row("second", description=_SECOND)
    severity: SafetySeverity | None = from_row(
        lambda row: SafetySeverity(row.severity), description="What the pair asks of who prescribes."
    )
    effect: str | None = from_row("effect", description=_EFFECT)
    reason: str | None = from_row("reason", description="Why the clinic has it so; null where that was not said.")

    @strawberry.field(description=_MESSAGE)
    def message(self, info: Info) -> str | None:
        return _message(info, self.row.effect, self.row.first, self.row.second)


@strawberry.type(description="Two classes of drugs, or drugs, that interact, of the tables that ship.")
class ShippedInteraction:
    pair: strawberry.Private[InteractingPair]

    @strawberry.field(description="Where the pair is from: HIGH, LOW or LABEL, and its number there.")
    def origin(self) -> str:
        return f"{self.pair.origin}-{self.pair.number}"

    @strawberry.field(description=_FIRST)
    def first(self) -> str:
        return self.pair.first.name

    @strawberry.field(description=_SECOND)
    def second(self) -> str:
        return self.pair.second.name

    @strawberry.field(description="What the pair asks of who prescribes, where the clinic has it no other way.")
    def severity(self) -> SafetySeverity:
        return self.pair.severity

    @strawberry.field(description=_EFFECT)
    def effect(self) -> str:
        return self.pair.effect

    @strawberry.field(description="The paper or label that the pair is from.")
    def source(self) -> str:
        return self.pair.source

    @strawberry.field(description=_MESSAGE)
    def message(self, info: Info) -> str:
        return _message(info, self.pair.effect, self.pair.first.name, self.pair.second.name)


@strawberry.type(description="A class of drugs that the safety check knows.")
class IngredientClass:
    name: str = strawberry.field(description="The name of the class.")
    ingredients: list[str] = strawberry.field(description="The names of the ingredients that are of the class.")


@strawberry.type(description="An ingredient that the clinic has added to those that the safety check knows.")
class ClinicIngredient:
    row: strawberry.Private[models.ClinicIngredient]

    name: str = from_row("name", description="The name of the ingredient.")
    rxcui: str | None = from_row(
        "rxcui", description="The number of the ingredient in RxNorm (RXCUI); null where that was not said."
    )
    classes: list[str] = from_row("classes", description="The names of the classes that the ingredient is of.")


@strawberry.type(description="What the safety check of medications knows.")
class SafetyKnowledge:
    version: str = strawberry.field(
        description="The version of the tables that ship, and of the clinic's own pairs where there are some."
    )
    clinic_list: InteractionList | None = strawberry.field(
        description="The list of the clinic's own pairs that holds; null while there is none."
    )

    @strawberry.field(description="The ingredients that the clinic has added, by their names.")
    async def ingredients(self, info: Info) -> list[ClinicIngredient]:
        return [ClinicIngredient(row=row) for row in await repository.own_ingredients(info.context)]

    @strawberry.field(description="The pairs that ship.")
    def interactions(self, search: Search = None, severity: Severity = None) -> list[ShippedInteraction]:
        wanted = normal(search or "")
        return [
            ShippedInteraction(pair=pair)
            for pair in shipped().pairs
            if (wanted in pair.first.name or wanted in pair.second.name) and severity in (None, pair.severity)
        ]

    @strawberry.field(description="The classes of drugs, by which pairs can be named.")
    def classes(self, search: Search = None) -> list[IngredientClass]:
        return list(_classes(normal(search or "")))


def knowledge_with(row: models.InteractionList | None) -> SafetyKnowledge:
    """All of it, with the clinic's list if there is one."""
    version = _version(row) if row else KNOWLEDGE_VERSION
    return SafetyKnowledge(version=version, clinic_list=InteractionList.of(row) if row else None)


def _classes(wanted: str) -> Iterator[IngredientClass]:
    for name, members in sorted(shipped().classes.items()):
        if wanted in name or any(wanted in member for member in members):
            yield IngredientClass(name=name, ingredients=sorted(members))


def _message(info: Info, effect: str, first: str, second: str) -> str:
    return info.context.translator.told(EFFECTS[effect].message, {"first": first, "second": second})
