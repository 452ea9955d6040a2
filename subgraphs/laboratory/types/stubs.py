"""Other domains' types, and what the laboratory adds to a patient."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

from shared.database.paging import Slice
from shared.datatypes import AdministrativeGender
from shared.graph.connections import Connection, Paged, connect_each
from shared.graph.context import Info
from shared.graph.datatypes import HumanName
from shared.graph.entities import Stub, external, stub
from shared.graph.fields import guarded
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import OrderStatus
from subgraphs.laboratory.repository import orders, results

if TYPE_CHECKING:
    from subgraphs.laboratory.types.orders import LabOrder
    from subgraphs.laboratory.types.results import LabReport


@stub(description="A person who receives care (FHIR Patient).")
class Patient(Stub):
    name = external("name", HumanName | None, description="The official name of the patient.")
    birth_date = external(
        "birthDate", date | None, description="The patient's day of birth; null where it is not known."
    )
    gender = external("gender", AdministrativeGender | None, description="The patient's gender for administration.")

    @guarded(
        description="The laboratory's orders for the patient, the newest first.",
        scopes=[[policy.READ_ORDERS]],
        extensions=[Paged()],
    )
    async def lab_orders(
        self,
        info: Info,
        page: Slice,
        status: Annotated[
            OrderStatus | None, strawberry.argument(description="Only orders in this state; absent: in any.")
        ] = None,
    ) -> Connection[Annotated["LabOrder", strawberry.lazy("subgraphs.laboratory.types.orders")]] | None:
        from subgraphs.laboratory.types.orders import LabOrder

        lists = orders.ORDERS_OF_PATIENT
        return await connect_each(info.context, lists, self.key, orders.ORDERS, LabOrder.of, page, status)

    @guarded(
        description="The laboratory's reports on the patient, the newest first.",
        scopes=[[policy.READ_ORDERS]],
        extensions=[Paged()],
    )
    async def lab_reports(
        self, info: Info, page: Slice
    ) -> Connection[Annotated["LabReport", strawberry.lazy("subgraphs.laboratory.types.results")]] | None:
        from subgraphs.laboratory.types.results import LabReport

        lists, order = results.REPORTS_OF_PATIENT, results.REPORTS
        return await connect_each(info.context, lists, self.key, order, LabReport.of, page)


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    name = external("name", HumanName | None, description="The name of the practitioner.")


@stub(description="A place where care is given (FHIR Location).")
class Location(Stub):
    name = external("name", str | None, description="The name of the location; null where it has none of its own.")


@stub(description="A person of the staff or of a partner, as those are told of them at whose data they look.")
class StaffMember(Stub):
    name = external(
        "name",
        str | None,
        description="The name of the person; null where the directory names them, as a practitioner.",
    )
    practitioner = external(
        "practitioner",
        Practitioner | None,
        description="The practitioner in the directory who they are; null for others.",
    )

    @classmethod
    def by_key(cls, key: UUID) -> Self:
        """The one whose account has a key."""
        made: Any = cls
        member: Self = made(key=key)
        return member
