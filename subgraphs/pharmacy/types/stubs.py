"""Types of other domains, of which pharmacy knows the keys."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from shared.database.paging import Slice
from shared.graph.connections import Connection, Paged, connect_each
from shared.graph.context import Info
from shared.graph.entities import Stub, stub
from shared.graph.fields import guarded
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.repository import prescriptions as repository

if TYPE_CHECKING:
    from subgraphs.pharmacy.types.prescriptions import Prescription

Listed = Annotated["Prescription", strawberry.lazy("subgraphs.pharmacy.types.prescriptions")]


@stub(description="A person who receives care (FHIR Patient).")
class Patient(Stub):
    @guarded(
        description="The prescriptions of the patient, the newest first.",
        scopes=[[policy.PRESCRIPTION_READ]],
        extensions=[Paged()],
    )
    async def prescriptions(self, info: Info, page: Slice) -> Connection[Listed] | None:
        from subgraphs.pharmacy.types.prescriptions import Prescription

        lists, order = repository.OF_PATIENT, repository.PRESCRIPTIONS
        return await connect_each(info.context, lists, self.key, order, Prescription.of, page)

    @guarded(
        description="The prescriptions by which the patient takes something now, or is about to, the newest first.",
        scopes=[[policy.PRESCRIPTION_READ]],
        extensions=[Paged()],
    )
    async def active_medications(self, info: Info, page: Slice) -> Connection[Listed] | None:
        from subgraphs.pharmacy.types.prescriptions import Prescription

        lists, order = repository.ACTIVE_OF_PATIENT, repository.PRESCRIPTIONS
        return await connect_each(info.context, lists, self.key, order, Prescription.of, page)


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    """Of directory."""


@stub(description="A place where care is given (FHIR Location).")
class Location(Stub):
    """Of directory."""


@stub(description="A person of the staff or of a partner, as those are told of them at whose data they look.")
class StaffMember(Stub):
    """Of identity."""


@stub(description="Medication that a patient took or takes, by somebody's word (FHIR MedicationStatement).")
class MedicationStatement(Stub):
    """Of records."""
