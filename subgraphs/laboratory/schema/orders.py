"""Orders and specimens: asking for them, and what is done to them."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotChecked, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import bounded, key_of, query
from shared.graph.mutations import mutation
from subgraphs.laboratory import models
from subgraphs.laboratory.codes import AnalysisStatus, OrderStatus, Priority
from subgraphs.laboratory.commands.orders import (
    CancelLabOrder,
    CollectSpecimen,
    DisposeSpecimen,
    OrderLabTests,
    ReceiveSpecimen,
    RecordHandOver,
    RejectLabOrder,
    RejectSpecimen,
    SendLabOrder,
    SplitSpecimen,
)
from subgraphs.laboratory.policy import COLLECT, EXAMINE, ORDER, READ_ORDERS
from subgraphs.laboratory.repository import orders as repository
from subgraphs.laboratory.service import orders, specimens
from subgraphs.laboratory.types.orders import Analysis, LabOrder, Specimen

_READ = [[READ_ORDERS]]
_CHANGED = [InvalidState, NotFound, VersionConflict]

Laboratory = Annotated[strawberry.ID, strawberry.argument(description="The id of the location whose laboratory it is.")]


@strawberry.type
class OrderQuery:
    lab_order = by_key(
        LabOrder,
        description="The laboratory's order with an id; null if there is none that the caller may see.",
        scopes=_READ,
    )
    specimen = by_key(
        Specimen, description="The specimen with an id; null if there is none that the caller may see.", scopes=_READ
    )

    @query(
        description="The specimen with a number, as its label has it; null if there is none that the caller may see.",
        scopes=_READ,
    )
    async def specimen_by_barcode(
        self, info: Info, barcode: Annotated[str, bounded("The number, with its check digit.", 30)]
    ) -> Specimen | None:
        row = await repository.specimen_by_barcode(info.context, barcode)
        return None if row is None else Specimen.of(row)

    @listing(
        LabOrder,
        repository.ORDERS,
        description="The laboratories' orders that the caller may see, the newest first.",
        scopes=_READ,
    )
    async def lab_orders(
        self,
        info: Info,
        laboratory_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only orders to the laboratory of this location; absent: to any."),
        ] = None,
        status: Annotated[
            OrderStatus | None, strawberry.argument(description="Only orders in this state; absent: in any.")
        ] = None,
    ) -> Select[models.LabOrder]:
        return repository.lab_orders(info.context.principal, key_of(laboratory_id, "Location"), status)

    @listing(
        Analysis,
        repository.WORKLIST,
        description="What a laboratory where the caller works has to do, the most urgent first.",
        scopes=[[EXAMINE]],
    )
    async def lab_worklist(
        self,
        info: Info,
        laboratory_id: Laboratory,
        status: Annotated[
            AnalysisStatus | None,
            strawberry.argument(description="Only what is in this state; absent: all that is under way."),
        ] = None,
        priority: Annotated[
            Priority | None, strawberry.argument(description="Only what is of this priority; absent: of any.")
        ] = None,
    ) -> Select[models.Analysis]:
        key = key_of(laboratory_id, "Location")
        return repository.worklist(info.context.principal, key, status, priority)


@strawberry.type
class OrderMutation:
    @mutation(
        description="Order tests for a patient whose results the caller may open.",
        scopes=[[ORDER]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def order_lab_tests(self, info: Info, input: OrderLabTests) -> LabOrder:
        return LabOrder.of(await orders.order(info.context, input))

    @mutation(description="Let the laboratory carry a draft out.", scopes=[[ORDER]], errors=_CHANGED)
    async def send_lab_order(self, info: Info, input: SendLabOrder) -> LabOrder:
        return LabOrder.of(await orders.send(info.context, input))

    @mutation(description="Call an order off, of which there are no results.", scopes=[[ORDER]], errors=_CHANGED)
    async def cancel_lab_order(self, info: Info, input: CancelLabOrder) -> LabOrder:
        return LabOrder.of(await orders.cancel(info.context, input))

    @mutation(
        description="Refuse to carry an order out, of which there are no results.", scopes=[[EXAMINE]], errors=_CHANGED
    )
    async def reject_lab_order(self, info: Info, input: RejectLabOrder) -> LabOrder:
        return LabOrder.of(await orders.reject(info.context, input))


@strawberry.type
class SpecimenMutation:
    @mutation(description="Note that a specimen was collected.", scopes=[[COLLECT]], errors=_CHANGED)
    async def collect_specimen(self, info: Info, input: CollectSpecimen) -> Specimen:
        return Specimen.of(await specimens.collect(info.context, input))

    @mutation(
        description="Note that the caller has taken a specimen over.",
        scopes=[[COLLECT]],
        errors=[InvalidState, NotFound],
    )
    async def record_hand_over(self, info: Info, input: RecordHandOver) -> Specimen:
        return Specimen.of(await specimens.hand_over(info.context, input))

    @mutation(description="Note that a specimen has arrived.", scopes=[[EXAMINE]], errors=_CHANGED)
    async def receive_specimen(self, info: Info, input: ReceiveSpecimen) -> Specimen:
        return Specimen.of(await specimens.receive(info.context, input))

    @mutation(description="Split a specimen into parts.", scopes=[[EXAMINE]], errors=_CHANGED)
    async def split_specimen(self, info: Info, input: SplitSpecimen) -> Specimen:
        return Specimen.of(await specimens.split(info.context, input))

    @mutation(
        description="Refuse a specimen that cannot be examined; another one is to be collected in its place.",
        scopes=[[COLLECT]],
        errors=_CHANGED,
    )
    async def reject_specimen(self, info: Info, input: RejectSpecimen) -> Specimen:
        return Specimen.of(await specimens.reject(info.context, input))

    @mutation(description="Note that a specimen is no longer there.", scopes=[[EXAMINE]], errors=_CHANGED)
    async def dispose_specimen(self, info: Info, input: DisposeSpecimen) -> Specimen:
        return Specimen.of(await specimens.dispose(info.context, input))
