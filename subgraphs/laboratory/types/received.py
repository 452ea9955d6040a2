"""What laboratories of other systems have found, in the graph."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from shared.graph.context import Info
from shared.graph.datatypes import Coding
from shared.graph.entities import Entity, entity, reference
from shared.graph.fields import from_row
from subgraphs.laboratory import facts, models, policy
from subgraphs.laboratory.codes import Comparator, Flag, ReceivedStatus
from subgraphs.laboratory.repository import received as repository
from subgraphs.laboratory.sentences import as_received
from subgraphs.laboratory.types.catalogue import real
from subgraphs.laboratory.types.history import LabHistoryEntry, LabTrendEntry
from subgraphs.laboratory.types.stubs import Patient, Practitioner, VitalSigns

_READ = [[policy.READ_ORDERS]]
_PRECISE = "a day, month or year, or a time with its offset from UTC"


def _coding(given: facts.Coded) -> Coding:
    return Coding(system=given.system, code=given.code, display=given.display)


def _codings(given: Sequence[facts.Coded]) -> list[Coding]:
    return list(map(_coding, given))


def _said(name: str, *, description: str) -> Any:
    return from_row(f"facts.value.{name}", description=description)


def _coded(name: str, *, description: str) -> Any:
    def read(row: Any) -> Coding | None:
        found = getattr(row.facts.value, name)
        return None if found is None else _coding(found)

    return from_row(read, description=description)


def _all_coded(name: str, *, description: str) -> Any:
    def read(row: Any) -> list[Coding]:
        return _codings(getattr(row.facts.value, name))

    return from_row(read, description=description)


def _listed(name: str, *, description: str) -> Any:
    def read(row: Any) -> list[str]:
        return list(getattr(row.facts.value, name))

    return from_row(read, description=description)


@strawberry.type(description="What another laboratory says is usual, as it came.")
class ReceivedLabInterval:
    row: strawberry.Private[facts.ReceivedInterval]

    @strawberry.field(description="The least that is usual, in the unit of the result; null where that is not said.")
    def low(self) -> float | None:
        return real(self.row.low)

    @strawberry.field(description="The most that is usual, in the unit of the result; null where that is not said.")
    def high(self) -> float | None:
        return real(self.row.high)

    @strawberry.field(description="What is usual in words; null where that is not said.")
    def text(self) -> str | None:
        return self.row.text

    @strawberry.field(description="What the range is, such as normal or therapeutic; null where that is not said.")
    def meaning(self) -> str | None:
        return self.row.meaning

    @strawberry.field(description="The people whom the range is for; null where that is not said.")
    def applies_to(self) -> str | None:
        return self.row.applies_to


def _flag(given: facts.ReceivedValue) -> Flag | None:
    codes = {each.code for each in given.interpretations}
    return next((each for each in Flag if each.value in codes), None)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


@strawberry.type(description="A part of another laboratory's result, such as one analyte of a panel (FHIR component).")
class ReceivedLabComponent:
    row: strawberry.Private[facts.ReceivedValue]

    @strawberry.field(description="What the part is a result of.")
    def code(self) -> Coding:
        return _coding(self.row.code)

    @strawberry.field(description="The part as it is shown: with its unit, or in words.")
    def display(self) -> str:
        return as_received(self.row)

    @strawberry.field(description="The number; null if the part is none.")
    def value(self) -> float | None:
        return _number(self.row.value)

    @strawberry.field(description="How the true value relates to the number; null if it is equal.")
    def comparator(self) -> Comparator | None:
        return self.row.comparator

    @strawberry.field(description="The unit of the number, as it came; null without a number.")
    def unit(self) -> str | None:
        return self.row.unit

    @strawberry.field(description="The codes of the part; empty if it has none.")
    def codes(self) -> list[Coding]:
        return _codings(self.row.codes)

    @strawberry.field(description="The part in words; null if it is none.")
    def text(self) -> str | None:
        return self.row.text

    @strawberry.field(description="The flag that the other laboratory has given it; null if none that is known here.")
    def flag(self) -> Flag | None:
        return _flag(self.row)

    @strawberry.field(description="All flags that the other laboratory has given it, as they came.")
    def interpretations(self) -> list[Coding]:
        return _codings(self.row.interpretations)

    @strawberry.field(description="What the other laboratory says is usual.")
    def intervals(self) -> list[ReceivedLabInterval]:
        return [ReceivedLabInterval(row=each) for each in self.row.intervals]


@entity(
    policy.received_specimens,
    scopes=_READ,
    description="What was collected for a laboratory of another system, as that tells it (FHIR Specimen).",
)
class ReceivedSpecimen(Entity[models.ReceivedSpecimen]):
    status: ReceivedStatus | None = from_row("status", description="The state of the specimen there.")
    type: Coding | None = _coded("code", description="What was collected.")
    number: str | None = _said("number", description="The number that the other laboratory gave it; null if none.")
    collected: str | None = _said("collected", description=f"When it was collected: {_PRECISE}; null if not known.")
    collected_until: str | None = _said(
        "collected_until", description=f"Until when it was collected: {_PRECISE}; null if that is not said."
    )
    received: str | None = _said("received", description=f"When the laboratory had it: {_PRECISE}; null if not known.")
    body_site: str | None = _said("body_site", description="Where it was taken from; null where that is not said.")
    note: str | None = _said("note", description="What else there is to say of the specimen; null if nothing.")
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose specimen it is.")


@entity(
    policy.received_requests,
    scopes=_READ,
    description="What somebody has ordered of a laboratory in another system (FHIR ServiceRequest).",
)
class ReceivedLabRequest(Entity[models.ReceivedLabRequest]):
    status: ReceivedStatus | None = from_row("status", description="The state of the request there.")
    code: Coding | None = _coded("code", description="What was ordered.")
    authored: str | None = _said("authored", description=f"When it was ordered: {_PRECISE}; null if not known.")
    priority: str | None = _said("priority", description="How urgent it was, as it came; null if not said.")
    requester_name: str | None = _said(
        "requester", description="Who has ordered, as the other system calls them; null where that is not said."
    )
    reason: str | None = _said("reason", description="Why it was ordered; null where that is not said.")
    note: str | None = _said("note", description="What else there is to say of the request; null if nothing.")
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whom the request is for.")
    requester: Practitioner | None = reference(
        Practitioner, "requester_id", description="The practitioner who has ordered; null if they are not known here."
    )


def _result_interval(row: models.ReceivedLabResult) -> list[ReceivedLabInterval]:
    return [ReceivedLabInterval(row=each) for each in row.facts.value.intervals]


def _components(row: models.ReceivedLabResult) -> list[ReceivedLabComponent]:
    return [ReceivedLabComponent(row=each) for each in row.facts.value.components]


def _collected(row: models.ReceivedLabResult) -> datetime | None:
    said = row.facts.value
    return row.at if said.effective or said.issued else None


def _value(row: models.ReceivedLabResult) -> float | None:
    return _number(row.facts.value.value)


def _result_flag(row: models.ReceivedLabResult) -> Flag | None:
    return _flag(row.facts.value)


def _display(row: models.ReceivedLabResult) -> str:
    return as_received(row.facts.value)


@entity(
    policy.received_results,
    scopes=_READ,
    description="A result of another system's laboratory, as that tells it; nobody here judges it (FHIR Observation).",
)
class ReceivedLabResult(Entity[models.ReceivedLabResult], LabHistoryEntry, LabTrendEntry):
    status: ReceivedStatus | None = from_row("status", description="The state of the result there.")
    code: Coding | None = _coded("code", description="What it is a result of.")
    display: str | None = from_row(_display, description="The result as it is shown: with its unit, or in words.")
    value: float | None = from_row(_value, description="The number; null if the result is none.")
    comparator: Comparator | None = _said(
        "comparator", description="How the true value relates to the number; null if it is equal."
    )
    unit: str | None = _said("unit", description="The unit of the number, as it came; null without a number.")
    codes: list[Coding] | None = _all_coded("codes", description="The codes of the result; empty if it has none.")
    text: str | None = _said("text", description="The result in words; null if it is none.")
    absent: Coding | None = _coded("absent", description="Why there is no value; null where that is not said.")
    flag: Flag | None = from_row(
        _result_flag, description="The flag that the other laboratory has given it; null if none that is known here."
    )
    interpretations: list[Coding] | None = _all_coded(
        "interpretations", description="All flags that the other laboratory has given it, as they came."
    )
    intervals: list[ReceivedLabInterval] | None = from_row(
        _result_interval, description="What the other laboratory says is usual."
    )
    components: list[ReceivedLabComponent] | None = from_row(
        _components, description="The parts of the result; empty if it has none."
    )
    collected_at: datetime | None = from_row(
        _collected,
        description="When it was observed, or else reported; of a day, month or year, noon of its first day. Null if unknown.",
    )
    effective: str | None = _said("effective", description=f"When it was observed: {_PRECISE}; null if not known.")
    effective_until: str | None = _said(
        "effective_until", description=f"Until when it was observed: {_PRECISE}; null if that is not said."
    )
    issued: str | None = _said("issued", description=f"When it was reported: {_PRECISE}; null if not known.")
    method: str | None = _said("method", description="How the result was found; null where that is not said.")
    body_site: str | None = _said("body_site", description="Where it was observed; null where that is not said.")
    performers: list[str] | None = _listed(
        "performers", description="Who has observed, as the other system calls them."
    )
    comment: str | None = _said("note", description="What else the other laboratory says; null if nothing.")
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose result it is.")

    @strawberry.field(description="The specimen that was examined; null where that is not known here.")
    async def specimen(self, info: Info) -> ReceivedSpecimen | None:
        return await ReceivedSpecimen.load(info.context, self.row.specimen_id)

    @strawberry.field(description="The request that the result is of; null where that is not known here.")
    async def request(self, info: Info) -> ReceivedLabRequest | None:
        return await ReceivedLabRequest.load(info.context, self.row.request_id)

    @strawberry.field(description="The results that this one is a panel of, as far as they have come.")
    async def members(self, info: Info) -> list["ReceivedLabResult"] | None:
        return await _results(info, self.row.member_ids)


@entity(
    policy.received_reports,
    scopes=_READ,
    description="A report of another system's laboratory, as that tells it (FHIR DiagnosticReport).",
)
class ReceivedLabReport(Entity[models.ReceivedLabReport], LabHistoryEntry):
    status: ReceivedStatus | None = from_row("status", description="The state of the report there.")
    code: Coding | None = _coded("code", description="What the report is on.")
    effective: str | None = _said(
        "effective", description=f"When what it reports was observed: {_PRECISE}; null if not known."
    )
    effective_until: str | None = _said(
        "effective_until", description=f"Until when it was observed: {_PRECISE}; null if that is not said."
    )
    issued: str | None = _said("issued", description=f"When it was reported: {_PRECISE}; null if not known.")
    performers: list[str] | None = _listed(
        "performers", description="Who has reported, as the other system calls them."
    )
    conclusion: str | None = _said("conclusion", description="What the results mean, in words; null if not said.")
    conclusion_codes: list[Coding] | None = _all_coded(
        "conclusion_codes", description="What the results mean, in codes."
    )
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whom the report is about.")

    @strawberry.field(description="The results of the report that the caller may see, as far as they have come.")
    async def results(self, info: Info) -> list[ReceivedLabResult] | None:
        return await _results(info, self.row.result_ids)

    @strawberry.field(description="The results of the report that the medical record keeps, such as creatinine.")
    def vital_signs(self) -> list[VitalSigns | None] | None:
        return [VitalSigns.of(key) for key in self.row.vital_signs_ids]

    @strawberry.field(description="The specimens that were examined, as far as they are known here.")
    async def specimens(self, info: Info) -> list[ReceivedSpecimen] | None:
        found = await asyncio.gather(*(ReceivedSpecimen.load(info.context, key) for key in self.row.specimen_ids))
        return [each for each in found if each]

    @strawberry.field(description="The requests that the report answers, as far as they are known here.")
    async def requests(self, info: Info) -> list[ReceivedLabRequest] | None:
        found = await asyncio.gather(*(ReceivedLabRequest.load(info.context, key) for key in self.row.request_ids))
        return [each for each in found if each]


async def _results(info: Info, keys: Sequence[UUID]) -> list[ReceivedLabResult]:
    return list(map(ReceivedLabResult.of, await info.context.load(repository.results_of, tuple(keys))))
