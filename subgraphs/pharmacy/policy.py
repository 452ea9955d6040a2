"""Who may see which rows of pharmacy, and do what to them.

The catalogue is everybody's who treats or is treated: what is no longer in use as well, since it was prescribed. So is what is
in stock where, for staff. Who keeps stock does so, and sees how it moved, where they work; who administers it, everywhere. Who
was given a lot is for those who dispense there.
"""

from collections.abc import Iterator
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from shared.patient_access import Basis, has_access, works_at
from subgraphs.pharmacy.models import (
    ClinicIngredient,
    Dispense,
    DispenseLot,
    Interaction,
    InteractionList,
    Location,
    Lot,
    Medication,
    MedicationIngredient,
    MedicationPack,
    Part,
    Patient,
    Prescription,
    PrescriptionChange,
    RefillRequest,
    SafetyAlert,
    StockCount,
    StockCountLine,
    StockItem,
    StockMovement,
)
from subgraphs.pharmacy.states import OPEN

READ = "medication:read"
WRITE = "medication:write"
PRESCRIPTION_READ = "prescription:read"
PRESCRIPTION_WRITE = "prescription:write"
SIGN = "prescription:sign"
DISPENSE = "prescription:dispense"
REFILL = "prescription:refill"
STOCK_READ = "stock:read"
STOCK_WRITE = "stock:write"
STOCK_APPROVE = "stock:approve"
STOCK_ADMINISTER = "stock:administer"

READS_KNOWLEDGE = [[PRESCRIPTION_READ], [WRITE]]
"""Who may ask for what safety checks know."""

MEDICATIONS_SECTION = "MEDICATIONS"  # of the medical record, which a prescription belongs to

M = TypeVar("M", bound=Part)


def medications(principal: Principal, scope: str = READ) -> Select[Medication]:
    """The medications that the caller may see, or with the scope to write, change."""
    return _catalogue(principal, Medication, scope)


def ingredients(principal: Principal) -> Select[MedicationIngredient]:
    """The ingredients of the medications that the caller may see."""
    return _catalogue(principal, MedicationIngredient, READ)


def packs(principal: Principal) -> Select[MedicationPack]:
    """The packs of the medications that the caller may see."""
    return _catalogue(principal, MedicationPack, READ)


def interaction_lists(principal: Principal) -> Select[InteractionList]:
    """All lists of interactions, for who prescribes, dispenses or keeps the catalogue."""
    return select(InteractionList).where(true() if uses_knowledge(principal) else false())


def clinic_ingredients(principal: Principal) -> Select[ClinicIngredient]:
    """The ingredients of all lists, for the same."""
    return select(ClinicIngredient).where(true() if uses_knowledge(principal) else false())


def interactions(principal: Principal) -> Select[Interaction]:
    """The pairs of all lists, for the same."""
    return select(Interaction).where(true() if uses_knowledge(principal) else false())


def uses_knowledge(principal: Principal) -> bool:
    """Whether the caller works with what safety checks know, which has the clinic's own words in it."""
    return principal.is_staff(PRESCRIPTION_READ) or principal.is_staff(WRITE)


def _catalogue(principal: Principal, kind: type[M], scope: str) -> Select[M]:
    statement = select(kind)
    mine = principal.is_staff(scope) or (scope == READ and principal.kind is Kind.PATIENT and principal.can(READ))
    return statement if mine else statement.where(false())


def patients(principal: Principal, scope: str = PRESCRIPTION_WRITE) -> Select[Patient]:
    """The patients for whom the caller may write prescriptions."""
    may = _prescribes(principal, col(Patient.id)) if principal.is_staff(scope) else false()
    return select(Patient).where(may)


def prescriptions(principal: Principal, scope: str = PRESCRIPTION_READ) -> Select[Prescription]:
    """The prescriptions that the caller may see, or with another scope do that to.

    Patients and proxies see what was signed, who treats a patient all of that patient's that is not withheld, prescribers and
    who drafted it their own always, pharmacists what was signed and is to be dispensed where they work. Only who treats a
    patient signs.
    """
    return select(Prescription).where(or_(false(), *_seen(principal, scope)))


def _seen(principal: Principal, scope: str) -> Iterator[ColumnElement[bool]]:
    patient, is_signed = col(Prescription.patient_id), col(Prescription.signed_at).is_not(None)
    if principal.kind is Kind.PATIENT and principal.can(scope) and principal.patient is not None:
        acting = has_access(principal, patient, bases=[Basis.PROXY], section=MEDICATIONS_SECTION)
        yield and_(is_signed, or_(patient == principal.patient, acting))
    if not principal.is_staff(scope):
        return
    if principal.is_staff(DISPENSE):
        if scope in (PRESCRIPTION_READ, DISPENSE):
            yield and_(is_signed, works_at(principal, col(Prescription.location_id)))
        if not principal.is_staff(PRESCRIPTION_WRITE):
            return
    if scope != DISPENSE:
        yield _treats(principal, patient)
        own = col(Prescription.account_id) == principal.subject
        if principal.practitioner is not None:
            own = or_(own, col(Prescription.practitioner_id) == principal.practitioner)
        yield and_(own, _prescribes(principal, patient)) if scope == SIGN else own


def presented_prescriptions(principal: Principal, digest: bytes) -> Select[Prescription]:
    """The prescription whose code a patient shows, for whoever dispenses anywhere."""
    shown = and_(col(Prescription.code_digest) == digest, col(Prescription.status).in_(OPEN))
    return select(Prescription).where(shown if principal.is_staff(DISPENSE) else false())


def prescription_changes(principal: Principal) -> Select[PrescriptionChange]:
    """What became of the prescriptions that the caller may see."""
    visible = prescriptions(principal).with_only_columns(col(Prescription.id))
    return select(PrescriptionChange).where(col(PrescriptionChange.prescription_id).in_(visible))


def safety_alerts(principal: Principal, scope: str = PRESCRIPTION_READ) -> Select[SafetyAlert]:
    """What was found of the prescriptions that the caller may see and is not the patient of, or with another scope override."""
    visible = prescriptions(principal, scope).with_only_columns(col(Prescription.id))
    mine = col(SafetyAlert.prescription_id).in_(visible) if principal.is_staff(scope) else false()
    return select(SafetyAlert).where(mine)


def locations(principal: Principal, scope: str = STOCK_WRITE) -> Select[Location]:
    """The locations whose stock the caller keeps, or with another scope does that to."""
    return select(Location).where(_keeps(principal, scope, col(Location.id)))


def stock_items(principal: Principal, scope: str = STOCK_READ) -> Select[StockItem]:
    """What is kept where, as far as the caller may see it, or with another scope do that to it."""
    return select(StockItem).where(_stock(principal, scope, col(StockItem.location_id)))


def lots(principal: Principal, scope: str = STOCK_READ) -> Select[Lot]:
    """The lots that the caller may see, or with another scope do that to."""
    return select(Lot).where(_stock(principal, scope, col(Lot.location_id)))


def movements(principal: Principal) -> Select[StockMovement]:
    """How the stock moved that the caller keeps."""
    return select(StockMovement).where(_keeps(principal, STOCK_WRITE, col(StockMovement.location_id)))


def counts(principal: Principal, scope: str = STOCK_WRITE) -> Select[StockCount]:
    """The counts of the stock that the caller keeps, or with another scope does that to."""
    return select(StockCount).where(_keeps(principal, scope, col(StockCount.location_id)))


def count_lines(principal: Principal) -> Select[StockCountLine]:
    """What was found by the counts that the caller may see."""
    visible = counts(principal).with_only_columns(col(StockCount.id))
    return select(StockCountLine).where(col(StockCountLine.count_id).in_(visible))


def dispensed_lots(principal: Principal) -> Select[DispenseLot]:
    """Who was given a lot where the caller dispenses."""
    may = works_at(principal, col(DispenseLot.location_id)) if principal.is_staff(DISPENSE) else false()
    return select(DispenseLot).where(may)


def _stock(principal: Principal, scope: str, location: Any) -> ColumnElement[bool]:
    if scope == STOCK_READ:
        return true() if principal.is_staff(STOCK_READ) else false()
    return _keeps(principal, scope, location)


def _keeps(principal: Principal, scope: str, location: Any) -> ColumnElement[bool]:
    if not principal.is_staff(scope):
        return false()
    return true() if principal.is_staff(STOCK_ADMINISTER) else works_at(principal, location)


def dispenses(principal: Principal, scope: str = PRESCRIPTION_READ) -> Select[Dispense]:
    """What is dispensed of the prescriptions that the caller may see, or where they work, or with the scope do that to it."""
    here = works_at(principal, col(Dispense.location_id)) if principal.is_staff(DISPENSE) else false()
    if scope != PRESCRIPTION_READ:
        return select(Dispense).where(here if scope == DISPENSE else false())
    visible = prescriptions(principal).with_only_columns(col(Prescription.id))
    return select(Dispense).where(or_(here, col(Dispense.prescription_id).in_(visible)))


def refill_requests(principal: Principal, scope: str = PRESCRIPTION_READ) -> Select[RefillRequest]:
    """The requests for more that the caller has made or may answer, or with another scope do that to.

    They are the patient's and proxies', the prescriber's, and of those who treat the patient.
    """
    patient, may = col(RefillRequest.patient_id), cast("ColumnElement[bool]", false())
    if principal.kind is Kind.PATIENT and principal.can(scope) and principal.patient is not None:
        acting = has_access(principal, patient, bases=[Basis.PROXY], section=MEDICATIONS_SECTION)
        may = or_(patient == principal.patient, acting)
    elif principal.is_staff(scope) and principal.is_staff(PRESCRIPTION_WRITE):
        may = or_(_treats(principal, patient), col(RefillRequest.practitioner_id) == principal.practitioner)
    return select(RefillRequest).where(may)


def _treats(principal: Principal, patient: Any) -> ColumnElement[bool]:
    return has_access(principal, patient, section=MEDICATIONS_SECTION)


def _prescribes(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether the caller may prescribe for a patient: what they prescribe they see, though it is withheld."""
    return has_access(principal, patient, section=MEDICATIONS_SECTION, though_withheld=True)
