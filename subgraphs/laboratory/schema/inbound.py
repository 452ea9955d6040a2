"""Analyzers, and what they send: looking at it, and seeing to what waits."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotChecked, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import key_of
from shared.graph.mutations import mutation
from subgraphs.laboratory import models
from subgraphs.laboratory.codes import InboundStatus
from subgraphs.laboratory.commands.inbound import (
    ConfirmInboundOrder,
    DiscardInboundMessage,
    RepairInboundMessage,
    SaveAnalyzer,
    SaveAnalyzerCode,
)
from subgraphs.laboratory.policy import EXAMINE, WRITE
from subgraphs.laboratory.repository import inbound as repository
from subgraphs.laboratory.service import analyzers, confirming, repairing
from subgraphs.laboratory.types.inbound import Analyzer, AnalyzerCode, InboundMessage

_ANALYZERS = [[EXAMINE], [WRITE]]
_CHANGED = [InvalidState, NotFound, VersionConflict]
_OF_ANY = "Only those of the laboratory at this location; absent: of any."


@strawberry.type
class InboundQuery:
    analyzer = by_key(
        Analyzer,
        description="The analyzer with an id; null if there is none that the caller may see.",
        scopes=_ANALYZERS,
    )
    inbound_message = by_key(
        InboundMessage,
        description="The message with an id; null if there is none that the caller may see.",
        scopes=[[EXAMINE]],
    )

    @listing(
        Analyzer,
        repository.ANALYZERS,
        description="The analyzers that the caller may see, by name.",
        scopes=_ANALYZERS,
    )
    async def analyzers(
        self,
        info: Info,
        laboratory_id: Annotated[strawberry.ID | None, strawberry.argument(description=_OF_ANY)] = None,
    ) -> Select[models.Analyzer]:
        return repository.analyzers(info.context.principal, key_of(laboratory_id, "Location"))

    @listing(
        InboundMessage,
        repository.MESSAGES,
        description="The messages to laboratories where the caller works, the newest first.",
        scopes=[[EXAMINE]],
    )
    async def inbound_messages(
        self,
        info: Info,
        laboratory_id: Annotated[strawberry.ID | None, strawberry.argument(description=_OF_ANY)] = None,
        status: Annotated[
            InboundStatus | None,
            strawberry.argument(description="Only messages in this state, such as PARKED; absent: in any."),
        ] = None,
    ) -> Select[models.InboundMessage]:
        return repository.messages(info.context.principal, key_of(laboratory_id, "Location"), status)


@strawberry.type
class InboundMutation:
    @mutation(
        description="Enter an analyzer of a laboratory, or change one.",
        scopes=[[WRITE]],
        errors=_CHANGED,
    )
    async def save_analyzer(self, info: Info, input: SaveAnalyzer) -> Analyzer:
        return Analyzer.of(await analyzers.save_analyzer(info.context, input))

    @mutation(
        description="Say which test an analyzer of the caller's laboratory means by a code.",
        scopes=_ANALYZERS,
        errors=_CHANGED,
    )
    async def save_analyzer_code(self, info: Info, input: SaveAnalyzerCode) -> AnalyzerCode:
        return AnalyzerCode.of(await analyzers.save_analyzer_code(info.context, input))

    @mutation(
        description="Work on a parked message again; it is REPAIRED then, or PARKED still, with its cause.",
        scopes=[[EXAMINE]],
        errors=_CHANGED,
    )
    async def repair_inbound_message(self, info: Info, input: RepairInboundMessage) -> InboundMessage:
        return InboundMessage.of(await repairing.repair(info.context, input))

    @mutation(
        description=(
            "Let a parked message of no order become an order of its own, if number, birth and gender are an earlier one's; "
            "it is REPAIRED then, or PARKED still, with its cause."
        ),
        scopes=[[EXAMINE]],
        errors=[*_CHANGED, NotChecked],
    )
    async def confirm_inbound_order(self, info: Info, input: ConfirmInboundOrder) -> InboundMessage:
        return InboundMessage.of(await confirming.confirm(info.context, input))

    @mutation(
        description="Let nothing more come of a parked message, which is kept.", scopes=[[EXAMINE]], errors=_CHANGED
    )
    async def discard_inbound_message(self, info: Info, input: DiscardInboundMessage) -> InboundMessage:
        return InboundMessage.of(await repairing.discard(info.context, input))
