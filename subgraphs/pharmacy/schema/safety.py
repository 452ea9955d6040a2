"""Asking what the safety check knows, and adding to it."""

import strawberry
from sqlalchemy import Select

from shared.graph.context import Info
from shared.graph.entities import listing
from shared.graph.fields import query
from shared.graph.mutations import mutation
from subgraphs.pharmacy import models
from subgraphs.pharmacy.commands.safety import ImportInteractions
from subgraphs.pharmacy.policy import READS_KNOWLEDGE, WRITE, uses_knowledge
from subgraphs.pharmacy.repository import safety as repository
from subgraphs.pharmacy.service import knowledge as service
from subgraphs.pharmacy.types.safety import (
    Interaction,
    InteractionList,
    SafetyKnowledge,
    Search,
    Severity,
    knowledge_with,
)


@strawberry.type
class SafetyQuery:
    @listing(
        Interaction,
        repository.INTERACTIONS,
        description="The pairs of drugs that interact as the clinic has it, in the order of the table that was imported.",
        scopes=READS_KNOWLEDGE,
    )
    async def interactions(
        self, info: Info, search: Search = None, severity: Severity = None
    ) -> Select[models.Interaction]:
        return repository.interactions(info.context.principal, search, severity)

    @query(
        description="What the safety check of medications knows; null for those who are not staff.",
        scopes=READS_KNOWLEDGE,
    )
    async def safety_knowledge(self, info: Info) -> SafetyKnowledge | None:
        if not uses_knowledge(info.context.principal):
            return None
        return knowledge_with(await repository.latest(info.context))


@strawberry.type
class SafetyMutation:
    @mutation(
        description="Take tables of pairs of drugs that interact, and of ingredients, in place of those imported before.",
        scopes=[[WRITE]],
    )
    async def import_interactions(self, info: Info, input: ImportInteractions) -> InteractionList:
        return InteractionList.of(await service.import_interactions(info.context, input))
