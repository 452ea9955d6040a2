"""Orders, specimens and analyses in the graph."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from shared.database.paging import Slice
from shared.datatypes import AdministrativeGender
from shared.graph.connections import Connection, Paged, connect_each
from shared.graph.context import Info
from shared.graph.entities import Entity, entity, listing_of_each, reference
from shared.graph.fields import from_row, guarded
from subgraphs.laboratory import models, policy
from subgraphs.laboratory.codes import (
    AnalysisStatus,
    OrderEnd,
    OrderStatus,
    Priority,
    SpecimenRejection,
    SpecimenStatus,
    SpecimenType,
)
from subgraphs.laboratory.repository import orders as repository
from subgraphs.laboratory.repository import results
from subgraphs.laboratory.types.catalogue import LabTest
from subgraphs.laboratory.types.printing import REQUIRED_OF_LABEL, SCOPES_OF_LABEL, SpecimenLabel, label_file
from subgraphs.laboratory.types.stubs import Location, Patient, Practitioner, StaffMember

if TYPE_CHECKING:
    from subgraphs.laboratory.types.results import LabResult

_VERSION = "The version, which counts changes; an update names the one that it has read."
_ORDER = [[policy.READ_ORDERS]]


def _sex(row: models.LabOrder) -> AdministrativeGender | None:
    sex = row.facts.value.sex
    return None if sex is None else AdministrativeGender(sex)


@entity(policy.hand_overs, scopes=_ORDER, description="The moment in which somebody took a specimen over.")
class HandOver(Entity[models.HandOver]):
    at: datetime | None = from_row("at", description="When the specimen was taken over.")
    staff_member: StaffMember | None = reference(
        StaffMember, "account_id", description="The person who took the specimen over."
    )
    location: Location | None = reference(
        Location, "location_id", description="Where the specimen was taken over; null where that was not said."
    )


@entity(policy.specimens, scopes=_ORDER, description="What is collected of a patient for an order (FHIR Specimen).")
class Specimen(Entity[models.Specimen]):
    barcode: str | None = from_row(
        "barcode", description="The number on the label, which no other specimen has; its last digit is a check digit."
    )
    type: SpecimenType | None = from_row("type", description="What is collected.")
    container: str | None = from_row(
        "container", description="What the specimen is collected in; null where that is not said."
    )
    status: SpecimenStatus | None = from_row("status", description="The state of the specimen.")
    collected_at: datetime | None = from_row(
        "collected_at", description="When the specimen was collected; null before that."
    )
    received_at: datetime | None = from_row(
        "received_at", description="When the laboratory received the specimen; null before that."
    )
    note: str | None = from_row(
        "facts.value.note", description="What the collector says of the specimen; null if nothing."
    )
    rejection: SpecimenRejection | None = from_row(
        "facts.value.rejection", description="Why the specimen cannot be examined; null unless it is REJECTED."
    )
    rejection_comment: str | None = from_row(
        "facts.value.rejection_comment", description="What else there is to say of the rejection; null if nothing."
    )
    version: int | None = from_row("version", description=_VERSION)
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose specimen it is.")
    laboratory: Location | None = reference(
        Location, "laboratory_id", description="The location whose laboratory examines."
    )
    collector: StaffMember | None = reference(
        StaffMember, "collector_id", description="The person who collected the specimen; null before that."
    )
    receiver: StaffMember | None = reference(
        StaffMember, "receiver_id", description="The person who received the specimen; null before that."
    )
    hand_overs = listing_of_each(
        HandOver,
        repository.HAND_OVERS_OF_SPECIMEN,
        repository.HAND_OVERS,
        description="Who took the specimen over on its way, in order.",
        scopes=_ORDER,
    )

    @guarded(
        description=(
            "The label of the specimen as a PDF of 60 by 30 millimetres, with its number as Code 128; null for those who may "
            "not collect it."
        ),
        scopes=[[policy.COLLECT, *SCOPES_OF_LABEL]],
        requires=[REQUIRED_OF_LABEL],
    )
    async def label(
        self,
        info: Info,
        language: Annotated[
            str | None, strawberry.argument(description="The language of the label, a tag of BCP 47; absent: English.")
        ] = None,
    ) -> SpecimenLabel | None:
        return await label_file(info.context, self.row, self.required, language)

    @strawberry.field(description="The order that the specimen is for.")
    async def lab_order(self, info: Info) -> "LabOrder | None":
        return await LabOrder.load(info.context, self.row.lab_order_id)

    @strawberry.field(description="The rejected specimen in whose place this one is; null if in none's.")
    async def replaces(self, info: Info) -> "Specimen | None":
        return await Specimen.load(info.context, self.row.replaces_id)

    @strawberry.field(description="The specimen that this one is a part of; null if of none.")
    async def parent(self, info: Info) -> "Specimen | None":
        return await Specimen.load(info.context, self.row.parent_id)


def _retraction(row: models.Analysis) -> str | None:
    return None if row.retraction is None else row.retraction.value


def _cancellation(row: models.Analysis) -> str | None:
    return None if row.cancellation is None else row.cancellation.value


@entity(policy.analyses, scopes=_ORDER, description="A test that is carried out for an order (FHIR Observation).")
class Analysis(Entity[models.Analysis]):
    status: AnalysisStatus | None = from_row("status", description="The state of the analysis.")
    due_at: datetime | None = from_row("due_at", description="By when the result is wanted.")
    collected_at: datetime | None = from_row(
        "collected_at", description="When the specimen was collected; null before that."
    )
    received_at: datetime | None = from_row(
        "received_at", description="When the laboratory received the specimen; null before that."
    )
    resulted_at: datetime | None = from_row("resulted_at", description="When there was a result; null before that.")
    verified_at: datetime | None = from_row("verified_at", description="When it was verified; null before that.")
    released_at: datetime | None = from_row("released_at", description="When it was released; null before that.")
    visible_at: datetime | None = from_row(
        "visible_at", description="From when on the patient sees the result; null before it is released."
    )
    retraction: str | None = from_row(
        _retraction, description="Why the released result was a mistake; null unless it was entered in error."
    )
    cancellation: str | None = from_row(
        _cancellation, description="Why the analysis is not carried out; null where it is, or that was not said."
    )
    version: int | None = from_row("version", description=_VERSION)
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose specimen is examined.")
    laboratory: Location | None = reference(
        Location, "laboratory_id", description="The location whose laboratory examines."
    )
    assignee: StaffMember | None = reference(
        StaffMember, "assignee_id", description="The person who carries the analysis out; null if it is nobody's."
    )

    @guarded(
        description="The versions of the result that the caller may see, the newest first.",
        scopes=_ORDER,
        extensions=[Paged()],
    )
    async def results(
        self, info: Info, page: Slice
    ) -> Connection[Annotated["LabResult", strawberry.lazy("subgraphs.laboratory.types.results")]] | None:
        from subgraphs.laboratory.types.results import LabResult

        lists, order = results.RESULTS_OF_ANALYSIS, results.VERSIONS
        return await connect_each(info.context, lists, self.key, order, LabResult.of, page)

    @strawberry.field(description="The test that is carried out.")
    async def lab_test(self, info: Info) -> LabTest | None:
        return await LabTest.load(info.context, self.row.lab_test_id)

    @strawberry.field(description="The order that the analysis is for.")
    async def lab_order(self, info: Info) -> "LabOrder | None":
        return await LabOrder.load(info.context, self.row.lab_order_id)

    @strawberry.field(description="The specimen that is examined.")
    async def specimen(self, info: Info) -> Specimen | None:
        return await Specimen.load(info.context, self.row.specimen_id)

    @strawberry.field(description="The analysis whose result has added this one; null if it was ordered.")
    async def reflex_of(self, info: Info) -> "Analysis | None":
        return await Analysis.load(info.context, self.row.reflex_of_id)


@entity(
    policy.lab_orders,
    scopes=_ORDER,
    description="Tests that somebody asks a laboratory to carry out for a patient (FHIR ServiceRequest).",
)
class LabOrder(Entity[models.LabOrder]):
    number: str | None = from_row(
        "number", description="The number that no other order has; its last digit is a check digit."
    )
    status: OrderStatus | None = from_row("status", description="The state of the order.")
    priority: Priority | None = from_row("priority", description="How urgent the order is.")
    reason: str | None = from_row(
        "facts.value.reason", description="Why the tests were ordered; null where that was not said."
    )
    pregnant: bool | None = from_row(
        "facts.value.pregnant", description="Whether the patient was pregnant; null where that was not said."
    )
    born: str | None = from_row(
        "facts.value.born",
        description="The day, month or year of the patient's birth as results are compared by it; null if not known.",
    )
    sex: AdministrativeGender | None = from_row(
        _sex, description="The patient's gender as results are compared by it; null if not known."
    )
    ordered_at: datetime | None = from_row("ordered_at", description="When it was ordered; null of a draft.")
    ended_at: datetime | None = from_row("ended_at", description="When the order ended; null while it has not.")
    end_reason: OrderEnd | None = from_row(
        "facts.value.end", description="Why the order was called off, or not carried out; null otherwise."
    )
    end_comment: str | None = from_row(
        "facts.value.end_comment", description="What else there is to say of its end; null if nothing."
    )
    version: int | None = from_row("version", description=_VERSION)
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whom the order is for.")
    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner who has ordered."
    )
    orderer: StaffMember | None = reference(StaffMember, "account_id", description="The person who entered the order.")
    laboratory: Location | None = reference(
        Location, "laboratory_id", description="The location whose laboratory examines."
    )
    specimens = listing_of_each(
        Specimen,
        repository.SPECIMENS_OF_ORDER,
        repository.SPECIMENS,
        description="What is collected for the order, in order.",
        scopes=_ORDER,
    )
    analyses = listing_of_each(
        Analysis,
        repository.ANALYSES_OF_ORDER,
        repository.ANALYSES,
        description="The tests that are carried out for the order, in order.",
        scopes=_ORDER,
    )
