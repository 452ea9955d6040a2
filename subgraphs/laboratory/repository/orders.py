"""Statements that read orders, specimens and analyses."""

from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.graph.context import Context
from subgraphs.laboratory import policy
from subgraphs.laboratory.check_digits import is_number
from subgraphs.laboratory.codes import UNDER_WAY, AnalysisStatus, OrderStatus, Priority
from subgraphs.laboratory.models import Analysis, HandOver, LabOrder, Specimen

ORDERS = Order((col(LabOrder.id),), descending=True)
SPECIMENS = Order((col(Specimen.id),))
HAND_OVERS = Order((col(HandOver.at), col(HandOver.id)))
ANALYSES = Order((col(Analysis.id),))
WORKLIST = Order((col(Analysis.rank), col(Analysis.due_at), col(Analysis.id)))


def lab_orders(principal: Principal, laboratory_id: UUID | None, status: OrderStatus | None) -> Select[LabOrder]:
    """All that the caller may see, or those of a laboratory or in a state."""
    statement = policy.lab_orders(principal)
    if laboratory_id is not None:
        statement = statement.where(col(LabOrder.laboratory_id) == laboratory_id)
    return statement if status is None else statement.where(col(LabOrder.status) == status)


def worklist(
    principal: Principal, laboratory_id: UUID, status: AnalysisStatus | None, priority: Priority | None
) -> Select[Analysis]:
    """What a laboratory, where the caller works, has to do: all that is under way, or is in a state, or of a priority."""
    statement = policy.analyses(principal, policy.EXAMINE).where(col(Analysis.laboratory_id) == laboratory_id)
    states = UNDER_WAY if status is None else (status,)
    statement = statement.where(col(Analysis.status).in_(states))
    return statement if priority is None else statement.where(col(Analysis.rank) == list(Priority).index(priority))


async def specimen_by_barcode(context: Context, barcode: str) -> Specimen | None:
    """The specimen with a number that the caller may see."""
    if not is_number(barcode):
        return None
    found = await context.fetch(policy.specimens(context.principal).where(col(Specimen.barcode) == barcode))
    return next(iter(found), None)


def _of_patient(principal: Principal, status: OrderStatus | None = None) -> Select[LabOrder]:
    return lab_orders(principal, None, status)


ORDERS_OF_PATIENT = ListOfEach(_of_patient, col(LabOrder.patient_id))
SPECIMENS_OF_ORDER = ListOfEach(policy.specimens, col(Specimen.lab_order_id))
ANALYSES_OF_ORDER = ListOfEach(policy.analyses, col(Analysis.lab_order_id))
HAND_OVERS_OF_SPECIMEN = ListOfEach(policy.hand_overs, col(HandOver.specimen_id))
