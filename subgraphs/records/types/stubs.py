"""Other domains' types, and what this domain adds to a patient."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Stub, stub
from shared.graph.fields import guarded
from subgraphs.records import policy
from subgraphs.records.repository import entries

if TYPE_CHECKING:
    from subgraphs.records.types.record import MedicalRecord


@stub(description="A person who receives care (FHIR Patient).")
class Patient(Stub):
    @guarded(
        description="The medical record of the patient; null for those who may not open it.", scopes=[[policy.READ]]
    )
    async def record(
        self, info: Info
    ) -> Annotated["MedicalRecord", strawberry.lazy("subgraphs.records.types.record")] | None:
        from subgraphs.records.types.record import MedicalRecord

        return MedicalRecord(key=self.key) if await info.context.load(entries.readable, self.key) else None


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    """Of directory."""


@stub(description="A visit of a patient to a practitioner at a time that was agreed on (FHIR Appointment).")
class Appointment(Stub):
    """Of appointments."""


@stub(description="An account that a person logs in with.")
class Account(Stub):
    """Of identity."""
