"""Who may see which rows of the laboratory, and do what to them.

The catalogue is for all who read it. An order, and what is of it, is seen by its patient and proxies, by who ordered, by staff
whom something lets open the patient's results, and by the technicians of its laboratory, by the locations of their account.
"""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, any_, false, func, or_, select, true
from sqlmodel import col

from shared import patient_access
from shared.auth.principal import Kind, Principal
from shared.patient_access import TREATING, Basis, has_access
from subgraphs.laboratory.codes import OrderStatus
from subgraphs.laboratory.models import (
    Analysis,
    Analyzer,
    AnalyzerCode,
    CriticalAttempt,
    CriticalNotice,
    HandOver,
    InboundMessage,
    InboundResult,
    LabOrder,
    LabPanel,
    LabReport,
    LabResult,
    LabTest,
    OnCall,
    QcMaterial,
    QcRun,
    ReceivedLabReport,
    ReceivedLabRequest,
    ReceivedLabResult,
    ReceivedSpecimen,
    ReferenceRange,
    ReflexRule,
    Specimen,
)

H = TypeVar("H", ReceivedLabReport, ReceivedLabRequest, ReceivedLabResult, ReceivedSpecimen)
C = TypeVar("C", LabTest, LabPanel, ReferenceRange, ReflexRule)

READ = "lab-test:read"
WRITE = "lab-test:write"
READ_ORDERS = "lab-order:read"
ORDER = "lab-order:write"
COLLECT = "specimen:write"
EXAMINE = "lab-result:write"
VERIFY = "lab-result:verify"
ACKNOWLEDGE = "critical:acknowledge"

SECTION = "RESULTS"
"""The section of the medical record that results are of."""


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


def may_order(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether the caller may order for the patient that a column names; what they order they see, though it is withheld."""
    return (
        has_access(principal, patient, section=SECTION, though_withheld=True) if principal.is_staff(ORDER) else false()
    )


def treats(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether the caller treats a patient, by a relation that neither the patient's grant nor an emergency gives."""
    return has_access(principal, patient, bases=TREATING, section=SECTION, though_withheld=True)


def works_at(principal: Principal, laboratory: Any) -> ColumnElement[bool]:
    """Whether the caller examines in the laboratory that a column names."""
    return patient_access.works_at(principal, laboratory) if principal.is_staff(EXAMINE) else false()


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
    return select(AnalyzerCode).where(_of_analyzers(AnalyzerCode, principal, scope))


def inbound_messages(principal: Principal, scope: str = EXAMINE) -> Select[InboundMessage]:
    """The messages to laboratories where the caller examines."""
    at_work = works_at(principal, col(InboundMessage.laboratory_id)) if principal.can(scope) else false()
    return select(InboundMessage).where(at_work)


def inbound_results(principal: Principal, scope: str = EXAMINE) -> Select[InboundResult]:
    """What became of the results of messages that the caller may see."""
    messages = inbound_messages(principal, scope).where(col(InboundMessage.id) == col(InboundResult.inbound_message_id))
    visible = messages.with_only_columns(col(InboundMessage.id)).correlate_except(InboundMessage)
    return select(InboundResult).where(visible.exists())


def lab_results(principal: Principal) -> Select[LabResult]:
    """The versions of results that the caller may see.

    Laboratories all of theirs, who orders or treats what is verified, and who is told of it what is critical, patients and
    proxies what is released, from its day on.
    """
    if not principal.can(READ_ORDERS):
        return select(LabResult).where(false())

    def of_order(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        orders = select(col(LabOrder.id)).where(col(LabOrder.id) == col(LabResult.lab_order_id), condition)
        return orders.correlate_except(LabOrder).exists()

    own = and_(is_owner(principal, col(LabResult.patient_id)), col(LabResult.visible_at) <= func.now())
    clinical = or_(of_order(_ordered(principal)), opens(principal, col(LabResult.patient_id)))
    verified = and_(col(LabResult.verified_at).is_not(None), clinical)
    notices = critical_notices(principal).where(col(CriticalNotice.lab_result_id) == col(LabResult.id))
    told = notices.with_only_columns(col(CriticalNotice.id)).correlate_except(CriticalNotice).exists()
    at_work = of_order(works_at(principal, col(LabOrder.laboratory_id)))
    return select(LabResult).where(or_(own, verified, told, at_work))


def lab_reports(principal: Principal) -> Select[LabReport]:
    """The reports on the orders that the caller may see."""
    return select(LabReport).where(_of_orders(LabReport, principal, READ_ORDERS))


def _received(principal: Principal, model: type[H]) -> Select[H]:
    """Of what other systems have told, what is shared to patients and proxies, all to whom something lets open it."""
    if not principal.can(READ_ORDERS):
        return select(model).where(false())
    patient = col(model.patient_id)
    return select(model).where(or_(and_(is_owner(principal, patient), col(model.shared)), opens(principal, patient)))


def received_reports(principal: Principal) -> Select[ReceivedLabReport]:
    """The reports of other systems that the caller may see."""
    return _received(principal, ReceivedLabReport)


def received_results(principal: Principal) -> Select[ReceivedLabResult]:
    """The results of other systems that the caller may see."""
    return _received(principal, ReceivedLabResult)


def received_requests(principal: Principal) -> Select[ReceivedLabRequest]:
    """The requests of other systems that the caller may see."""
    return _received(principal, ReceivedLabRequest)


def received_specimens(principal: Principal) -> Select[ReceivedSpecimen]:
    """The specimens of other systems that the caller may see."""
    return _received(principal, ReceivedSpecimen)


def critical_notices(principal: Principal, scope: str = ACKNOWLEDGE) -> Select[CriticalNotice]:
    """The notices that the caller may see, or with the scope to acknowledge, acknowledge.

    Who ordered, who was told, and who may open the patient's results; the technicians of the laboratory see them.
    """
    allowed: ColumnElement[bool] = false()
    if principal.is_staff(ACKNOWLEDGE):
        told = select(CriticalAttempt).where(
            col(CriticalAttempt.critical_notice_id) == col(CriticalNotice.id),
            any_(col(CriticalAttempt.told)) == principal.subject,
        )
        mine = told.with_only_columns(col(CriticalAttempt.id)).correlate_except(CriticalAttempt).exists()
        allowed = or_(mine, opens(principal, col(CriticalNotice.patient_id)))
    if scope != ACKNOWLEDGE:
        allowed = or_(allowed, works_at(principal, col(CriticalNotice.laboratory_id)))
    return select(CriticalNotice).where(allowed)


def seen_notices(principal: Principal) -> Select[CriticalNotice]:
    """The notices that the caller may see."""
    return critical_notices(principal, READ_ORDERS)


def critical_attempts(principal: Principal) -> Select[CriticalAttempt]:
    """Who was told by the notices that the caller may see."""
    visible = seen_notices(principal).where(col(CriticalNotice.id) == col(CriticalAttempt.critical_notice_id))
    return select(CriticalAttempt).where(
        visible.with_only_columns(col(CriticalNotice.id)).correlate_except(CriticalNotice).exists()
    )


def on_call(principal: Principal) -> Select[OnCall]:
    """Who is on call, for who keeps the catalogue and for the technicians of the laboratory."""
    every = principal.is_staff(WRITE)
    return select(OnCall).where(true() if every else works_at(principal, col(OnCall.laboratory_id)))


def _of_analyzers(model: Any, principal: Principal, scope: str) -> ColumnElement[bool]:
    theirs = analyzers(principal, scope).where(col(Analyzer.id) == model.analyzer_id)
    return theirs.with_only_columns(col(Analyzer.id)).correlate_except(Analyzer).exists()


def qc_materials(principal: Principal, scope: str = READ) -> Select[QcMaterial]:
    """The control material of analyzers that the caller may see, or with the scope to examine, change."""
    return select(QcMaterial).where(_of_analyzers(QcMaterial, principal, scope))


def qc_runs(principal: Principal) -> Select[QcRun]:
    """The runs of control material on analyzers that the caller may see."""
    return select(QcRun).where(_of_analyzers(QcRun, principal, READ))
