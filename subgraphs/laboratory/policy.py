"""Who may see which rows of the laboratory, and do what to them.

The catalogue is for all who read it. An order, and what is of it, is seen by its patient and proxies, by who ordered, by staff
whom something lets open the patient's results, and by the technicians of its laboratory, by the locations of their account.
"""

from typing import Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, and_, any_, false, literal, or_, select, true
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from shared.patient_access import Basis, has_access
from subgraphs.laboratory.codes import OrderStatus
from subgraphs.laboratory.models import (
    Analysis,
    Analyzer,
    AnalyzerCode,
    HandOver,
    InboundMessage,
    InboundResult,
    LabOrder,
    LabPanel,
    LabTest,
    ReferenceRange,
    ReflexRule,
    Specimen,
)

C = TypeVar("C", LabTest, LabPanel, ReferenceRange, ReflexRule)

READ = "lab-test:read"
WRITE = "lab-test:write"
READ_ORDERS = "lab-order:read"
ORDER = "lab-order:write"
COLLECT = "specimen:write"
EXAMINE = "lab-result:write"
VERIFY = "lab-result:verify"

SECTION = "RESULTS"
"""The section of the medical record that results are of."""

_TREATING = (Basis.APPOINTMENT, Basis.ENCOUNTER, Basis.ORDER, Basis.CARE_TEAM)


def _catalogue(principal: Principal, scope: str, model: type[C]) -> Select[C]:
    return select(model).where(true() if principal.can(scope) or principal.can(WRITE) else false())


def lab_tests(principal: Principal, scope: str = READ) -> Select[LabTest]:
    """The tests that the caller may see, also those of old results, or with the scope to write, change."""
    return _catalogue(principal, scope, LabTest)


def lab_panels(principal: Principal, scope: str = READ) -> Select[LabPanel]:
    """The panels that the caller may see, or with the scope to write, change."""
    return _catalogue(principal, scope, LabPanel)


def reference_ranges(principal: Principal, scope: str = READ) -> Select[ReferenceRange]:
    """The ranges that the caller may see, also those that were replaced, or with the scope to write, replace."""
    return _catalogue(principal, scope, ReferenceRange)


def reflex_rules(principal: Principal, scope: str = READ) -> Select[ReflexRule]:
    """The reflex rules that the caller may see, or with the scope to write, change."""
    if principal.kind is Kind.PATIENT:
        return select(ReflexRule).where(false())
    return _catalogue(principal, scope, ReflexRule)


def is_owner(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether the caller is the patient that a column names, or their proxy."""
    if principal.kind is not Kind.PATIENT or principal.patient is None:
        return false()
    return or_(patient == principal.patient, has_access(principal, patient, bases=[Basis.PROXY], section=SECTION))


def opens(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether something lets the caller, who may order, open the results of the patient that a column names."""
    return has_access(principal, patient, section=SECTION) if principal.is_staff(ORDER) else false()


def treats(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether the caller treats a patient, by a relation that neither the patient's grant nor an emergency gives."""
    return has_access(principal, patient, bases=_TREATING, section=SECTION)


def works_at(principal: Principal, laboratory: Any) -> ColumnElement[bool]:
    """Whether the caller examines in the laboratory that a column names."""
    if not principal.is_staff(EXAMINE) or not principal.locations:
        return false()
    # No `IN`, which the driver would have to expand each time.
    is_there: ColumnElement[bool] = laboratory == any_(literal(sorted(principal.locations), ARRAY(Uuid)))
    return is_there


def _ordered(principal: Principal) -> ColumnElement[bool]:
    """Whether an order is the caller's own."""
    if not principal.is_staff(ORDER):
        return false()
    mine = col(LabOrder.account_id) == principal.subject
    return (
        mine if principal.practitioner is None else or_(mine, col(LabOrder.practitioner_id) == principal.practitioner)
    )


def _orders(principal: Principal, scope: str) -> ColumnElement[bool]:
    """Of orders, by what the caller may see them, or with another scope do that to them."""
    if not principal.can(scope):
        return false()
    patient = col(LabOrder.patient_id)
    at_work = and_(works_at(principal, col(LabOrder.laboratory_id)), col(LabOrder.status) != OrderStatus.DRAFT)
    if scope in (EXAMINE, VERIFY):
        return at_work
    clinical = or_(_ordered(principal), opens(principal, patient))
    if scope == ORDER:
        return clinical if principal.is_staff(scope) else false()
    if scope == COLLECT:
        return or_(clinical, at_work) if principal.is_staff(scope) else false()
    return or_(is_owner(principal, patient), clinical, at_work)


def lab_orders(principal: Principal, scope: str = READ_ORDERS) -> Select[LabOrder]:
    """The orders that the caller may see, or with another scope do that to; patients and laboratories none of the drafts."""
    allowed = _orders(principal, scope)
    if principal.kind is Kind.PATIENT:
        allowed = and_(allowed, col(LabOrder.status) != OrderStatus.DRAFT)
    return select(LabOrder).where(allowed)


def _of_orders(model: Any, principal: Principal, scope: str) -> ColumnElement[bool]:
    """Whether a row is of an order that the caller may see, or with another scope do that to."""
    orders = lab_orders(principal, scope).where(col(LabOrder.id) == model.lab_order_id)
    return orders.with_only_columns(col(LabOrder.id)).correlate_except(LabOrder).exists()


def specimens(principal: Principal, scope: str = READ_ORDERS) -> Select[Specimen]:
    """The specimens of the orders that the caller may see, or with another scope do that to."""
    return select(Specimen).where(_of_orders(Specimen, principal, scope))


def hand_overs(principal: Principal) -> Select[HandOver]:
    """Who took over the specimens that the caller may see."""
    visible = specimens(principal).where(col(Specimen.id) == col(HandOver.specimen_id))
    return select(HandOver).where(visible.with_only_columns(col(Specimen.id)).correlate_except(Specimen).exists())


def analyses(principal: Principal, scope: str = READ_ORDERS) -> Select[Analysis]:
    """The analyses of the orders that the caller may see, or with another scope do that to."""
    return select(Analysis).where(_of_orders(Analysis, principal, scope))


def analyzers(principal: Principal, scope: str = READ) -> Select[Analyzer]:
    """The analyzers that the caller may see: of the laboratories where they work, or all with the scope to write."""
    if principal.can(WRITE):
        return select(Analyzer)
    mine = works_at(principal, col(Analyzer.laboratory_id)) if scope in (READ, EXAMINE) else false()
    return select(Analyzer).where(mine)


def analyzer_codes(principal: Principal, scope: str = READ) -> Select[AnalyzerCode]:
    """The codes of the analyzers that the caller may see, or with the scope to examine, change."""
    theirs = analyzers(principal, scope).where(col(Analyzer.id) == col(AnalyzerCode.analyzer_id))
    return select(AnalyzerCode).where(theirs.with_only_columns(col(Analyzer.id)).correlate_except(Analyzer).exists())


def inbound_messages(principal: Principal, scope: str = EXAMINE) -> Select[InboundMessage]:
    """The messages to laboratories where the caller examines."""
    at_work = works_at(principal, col(InboundMessage.laboratory_id)) if principal.can(scope) else false()
    return select(InboundMessage).where(at_work)


def inbound_results(principal: Principal, scope: str = EXAMINE) -> Select[InboundResult]:
    """What became of the results of messages that the caller may see."""
    messages = inbound_messages(principal, scope).where(col(InboundMessage.id) == col(InboundResult.inbound_message_id))
    visible = messages.with_only_columns(col(InboundMessage.id)).correlate_except(InboundMessage)
    return select(InboundResult).where(visible.exists())
