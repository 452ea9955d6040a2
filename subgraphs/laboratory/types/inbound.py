"""Analyzers, and what they send, in the graph."""

from datetime import datetime

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, entity, listing_of_each, reference
from shared.graph.fields import from_row
from subgraphs.laboratory import models, policy
from subgraphs.laboratory.codes import InboundCause, InboundResultStatus, InboundStatus
from subgraphs.laboratory.hl7.message import Message, Unacceptable
from subgraphs.laboratory.repository import inbound as repository
from subgraphs.laboratory.types.catalogue import LabTest
from subgraphs.laboratory.types.orders import Analysis
from subgraphs.laboratory.types.stubs import Location, Patient

_VERSION = "The version, which counts changes; an update names the one that it has read."
_ANALYZERS = [[policy.EXAMINE], [policy.WRITE]]
_MESSAGES = [[policy.EXAMINE]]


@entity(
    policy.analyzer_codes,
    scopes=_ANALYZERS,
    description="The code by which an analyzer names one of the laboratory's tests.",
)
class AnalyzerCode(Entity[models.AnalyzerCode]):
    system: str | None = from_row("system", description="The system of the code; empty where the analyzer names none.")
    code: str | None = from_row("code", description="The code, as the analyzer sends it.")
    version: int | None = from_row("version", description=_VERSION)

    @strawberry.field(description="The analyzer whose code it is.")
    async def analyzer(self, info: Info) -> "Analyzer | None":
        return await Analyzer.load(info.context, self.row.analyzer_id)

    @strawberry.field(description="The test that the code stands for.")
    async def lab_test(self, info: Info) -> LabTest | None:
        return await LabTest.load(info.context, self.row.lab_test_id)


@entity(
    policy.analyzers,
    scopes=_ANALYZERS,
    description="A device of a laboratory, or a system that sends results for one (FHIR Device).",
)
class Analyzer(Entity[models.Analyzer]):
    name: str | None = from_row("name", description="By what name people know the analyzer.")
    application: str | None = from_row(
        "application", description="The sending application of its HL7 messages (MSH-3); null if it sends none."
    )
    facility: str | None = from_row(
        "facility", description="The sending facility of its HL7 messages (MSH-4); null if it sends none."
    )
    active: bool | None = from_row("active", description="Whether messages of the analyzer are taken.")
    version: int | None = from_row("version", description=_VERSION)
    laboratory: Location | None = reference(
        Location, "laboratory_id", description="The location whose laboratory the analyzer works for."
    )
    codes = listing_of_each(
        AnalyzerCode,
        repository.CODES_OF_ANALYZER,
        repository.CODES,
        description="By what codes the analyzer names tests, besides those of LOINC.",
        scopes=_ANALYZERS,
    )


@entity(policy.inbound_results, scopes=_MESSAGES, description="What became of one result of a message.")
class InboundResult(Entity[models.InboundResult]):
    position: int | None = from_row(
        "position", description="Which of the message's results it is, by the order of its OBX segments, from 1."
    )
    status: InboundResultStatus | None = from_row("status", description="What became of the result.")
    cause: InboundCause | None = from_row(
        "cause", description="Why the result is parked or only kept; null if it was applied."
    )
    said: str | None = from_row("said", description="The status that the message gives the result (HL7 table 0085).")
    reported_at: datetime | None = from_row(
        "reported_at", description="When the sender has reported the result (OBR-22); null where that is not said."
    )

    @strawberry.field(description="The analysis whose result it is; null where that is not known.")
    async def analysis(self, info: Info) -> Analysis | None:
        return await Analysis.load(info.context, self.row.analysis_id)


def _content(row: models.InboundMessage) -> str:
    content = row.content.value
    try:
        return "\n".join(Message(content).lines)
    except Unacceptable:
        return content.decode("latin-1")


def _reason(row: models.InboundMessage) -> str | None:
    return None if row.discard_reason is None else row.discard_reason.value


@entity(
    policy.inbound_messages,
    scopes=_MESSAGES,
    description="A message with results that an analyzer or another laboratory has sent (HL7 v2 ORU^R01).",
)
class InboundMessage(Entity[models.InboundMessage]):
    control_id: str | None = from_row(
        "control_id", description="The number that the sender has given the message (MSH-10)."
    )
    status: InboundStatus | None = from_row("status", description="The state of the message.")
    cause: InboundCause | None = from_row(
        "cause", description="Why the message is parked, or the first of several reasons; null if it is not."
    )
    received_at: datetime | None = from_row("received_at", description="When the message came.")
    ended_at: datetime | None = from_row(
        "ended_at", description="When all of the message was seen to; null before that."
    )
    content: str | None = from_row(_content, description="The message as it came, a segment in a line.")
    discard_reason: str | None = from_row(
        _reason, description="Why nothing more comes of the message; null unless it is DISCARDED."
    )
    version: int | None = from_row("version", description=_VERSION)
    laboratory: Location | None = reference(
        Location, "laboratory_id", description="The location to whose laboratory the message came."
    )
    results = listing_of_each(
        InboundResult,
        repository.RESULTS_OF_MESSAGE,
        repository.RESULTS,
        description="What became of the results of the message, in order.",
        scopes=_MESSAGES,
    )

    @strawberry.field(description="The patient whose results the message has; null while that is not known.")
    def patient(self) -> Patient | None:
        return None if self.row.patient_id == models.NOBODY else Patient.of(self.row.patient_id)

    @strawberry.field(description="The analyzer that has sent the message.")
    async def analyzer(self, info: Info) -> Analyzer | None:
        return await Analyzer.load(info.context, self.row.analyzer_id)
