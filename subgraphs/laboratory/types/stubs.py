"""Other domains' types, and what the laboratory adds to a patient."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

from shared.database.paging import Slice
from shared.datatypes import AdministrativeGender
from shared.graph.connections import Connection, Paged, connect_each
from shared.graph.context import Info
from shared.graph.datatypes import HumanName
from shared.graph.entities import Stub, external, stub
from shared.graph.fields import bounded, guarded
from shared.graph.interleaved import connect_interleaved
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import OrderStatus
from subgraphs.laboratory.repository import orders, received, results

if TYPE_CHECKING:
    from subgraphs.laboratory.types.items import LabHistoryItem, LabTrendItem
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
        description=(
            "The laboratory's reports on the patient, the newest first; `labHistory` has those of other systems as well."
        ),
        scopes=[[policy.READ_ORDERS]],
        extensions=[Paged()],
    )
    async def lab_reports(
        self, info: Info, page: Slice
    ) -> Connection[Annotated["LabReport", strawberry.lazy("subgraphs.laboratory.types.results")]] | None:
        from subgraphs.laboratory.types.results import LabReport

        lists, order = results.REPORTS_OF_PATIENT, results.REPORTS
        return await connect_each(info.context, lists, self.key, order, LabReport.of, page)

    @guarded(
        description="All reports of laboratories on the patient, of other systems too, with results in none; the newest first.",
        scopes=[[policy.READ_ORDERS]],
        extensions=[Paged()],
    )
    async def lab_history(
        self, info: Info, page: Slice
    ) -> Connection[Annotated["LabHistoryItem", strawberry.lazy("subgraphs.laboratory.types.items")]] | None:
        from subgraphs.laboratory.types.items import LabHistoryItem

        return await connect_interleaved(info.context, received.HISTORY, self.key, LabHistoryItem.of, page)

    @guarded(
        description="All results of one LOINC code as they stand, of other systems too, by when they were observed.",
        scopes=[[policy.READ_ORDERS]],
        extensions=[Paged()],
    )
    async def lab_trend(
        self,
        info: Info,
        page: Slice,
        loinc: Annotated[str, bounded("The LOINC code.", 20)],
        since: Annotated[
            datetime | None,
            strawberry.argument(name="from", description="Only what was observed then or later; absent: all."),
        ] = None,
        until: Annotated[
            datetime | None, strawberry.argument(name="to", description="Only what was observed before; absent: all.")
        ] = None,
    ) -> Connection[Annotated["LabTrendItem", strawberry.lazy("subgraphs.laboratory.types.items")]] | None:
        from subgraphs.laboratory.types.items import LabTrendItem

        analyte = await info.context.load(received.analytes, loinc)
        wanted = (loinc, analyte, since, until)
        return await connect_interleaved(info.context, received.TREND, self.key, LabTrendItem.of, page, *wanted)


@stub(description="What was measured of a patient at one time (FHIR Observation, vital-signs).")
class VitalSigns(Stub):
    """Of records."""


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
