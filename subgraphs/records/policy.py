"""Who may open which part of a patient's medical record.

Patients their own, proxies a minor's, and staff with the scope while something lets them: a care relation, the patient's
grant, or an emergency. What a patient withholds, only an emergency opens. No role by itself lets anybody see a record.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, false, func, literal, not_, or_, select, true, union_all
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from shared.database.tables import Merger, PatientAccess
from shared.patient_access import TREATING, Basis, has_access, holds
from subgraphs.records.codes import DocumentStatus, EntryKind, NoteStatus, Section
from subgraphs.records.models import (
    Addendum,
    Allergy,
    CarePlan,
    CareTeam,
    Condition,
    Disclosure,
    Document,
    DocumentContent,
    EmergencyAccess,
    Encounter,
    Entry,
    FamilyHistory,
    Immunization,
    MedicationStatement,
    Note,
    NoteVersion,
    Patient,
    Procedure,
    Proxy,
    RecordAccessRequest,
    SocialHistory,
    VitalSigns,
    WithheldSection,
)

E = TypeVar("E", bound=Entry)

READ = "record:read"
SAFETY = "record:safety"
WRITE = "record:write"
SIGN = "record:sign"
UPLOAD = "document:write"
ACCESS = "record:access"
EMERGENCY = "record:emergency"
REVIEW = "emergency:review"
APPOINT = "proxy:write"
DISCLOSE = "disclosure:read"
AUDIT = "audit:read"

READS_SAFETY = [[READ], [SAFETY]]
"""Who may ask for what a pharmacy must know of whoever gets a medication: those sections, and what they stand in."""

SAFETY_SECTIONS = (Section.ALLERGIES, Section.CONDITIONS, Section.MEDICATIONS, Section.VITAL_SIGNS)


def record(principal: Principal, patient: Any, section: Section) -> ColumnElement[bool]:
    """Whether the caller may read a section of the record of the patient that a column names.

    Who may read for safety's sake alone reads these sections, where an order is carried out.
    """
    if not principal.can(READ):
        return _checks(principal, patient, section)
    return or_(is_owner(principal, patient), has_access(principal, patient, section=section))


def _checks(principal: Principal, patient: Any, section: Section | None = None) -> ColumnElement[bool]:
    """Whether the caller carries out an order for the patient, for which they must know this section, or any."""
    if not principal.is_staff(SAFETY) or section not in (None, *SAFETY_SECTIONS):
        return false()
    return has_access(principal, patient, bases=[Basis.ORDER], section=section)


def writes(principal: Principal, patient: Any, section: Section, scope: str = WRITE) -> ColumnElement[bool]:
    """Whether the caller may add to a section of the record of the patient that a column names, or with another scope do that.

    Whoever may read it: else what is refused there, such as a second allergy to one substance, tells what is in it. But of
    encounters and notes everybody sees what is their own, so these are added to also while the patient withholds them.
    """
    if scope == UPLOAD and principal.kind is Kind.PATIENT and principal.can(scope):
        return is_owner(principal, patient)
    if not principal.is_staff(scope):
        return false()
    if section is Section.NOTES:
        return has_access(principal, patient, section=section, though_withheld=True)
    return record(principal, patient, section)


def is_owner(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether the caller is the patient that a column names."""
    if principal.kind is not Kind.PATIENT or principal.patient is None:
        return false()
    return patient == principal.patient  # type: ignore[no-any-return]  # a column's comparison


def patients(principal: Principal, scope: str = READ) -> Select[Patient]:
    """The patients whose record the caller may read some of, or with another scope do that to.

    Staff may ask any patient for access, have it to any in an emergency, and appoint a proxy for any. Patients upload
    documents into their own record.
    """
    if scope in (ACCESS, EMERGENCY, APPOINT):
        return select(Patient).where(true() if principal.is_staff(scope) else false())
    allowed = is_owner(principal, col(Patient.id)) if principal.can(scope) else false()
    if scope == READ and principal.can(READ):
        allowed = or_(allowed, has_access(principal, col(Patient.id)))
    elif scope == READ:
        allowed = _checks(principal, col(Patient.id))
    elif scope in (WRITE, SIGN):
        allowed = has_access(principal, col(Patient.id)) if principal.is_staff(scope) else false()
    elif scope == UPLOAD and principal.is_staff(scope):
        allowed = or_(allowed, has_access(principal, col(Patient.id)))
    return select(Patient).where(allowed)


def own_patients(principal: Principal) -> Select[Patient]:
    """The patients who decide by the caller's word: themselves, or a minor whose whole record the caller sees as a proxy."""
    if principal.kind is not Kind.PATIENT or not principal.can(ACCESS):
        return select(Patient).where(false())
    return select(Patient).where(or_(is_owner(principal, col(Patient.id)), _is_whole_proxy(principal, col(Patient.id))))


def _is_whole_proxy(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether the caller is the patient's proxy, and for every section of the record."""
    if principal.patient is None:
        return false()
    rows = select(PatientAccess).where(
        col(PatientAccess.patient_id) == patient,
        col(PatientAccess.proxy_id) == principal.patient,
        col(PatientAccess.sections).is_(None),
        holds(),
    )
    return rows.correlate_except(PatientAccess).exists()


def withheld_sections(principal: Principal) -> Select[WithheldSection]:
    """What is withheld by those who decide by the caller's word."""
    deciding = own_patients(principal).with_only_columns(col(Patient.id))
    return select(WithheldSection).where(col(WithheldSection.patient_id).in_(deciding))


def access_requests(principal: Principal) -> Select[RecordAccessRequest]:
    """The requests that the caller has made, or those for the caller's own record or a minor's whose proxy they are."""
    if not principal.can(ACCESS):
        return select(RecordAccessRequest).where(false())
    if principal.kind is Kind.STAFF:
        return select(RecordAccessRequest).where(col(RecordAccessRequest.account_id) == principal.subject)
    return decidable_requests(principal)


def decidable_requests(principal: Principal) -> Select[RecordAccessRequest]:
    """The requests that the caller may grant and refuse."""
    return select(RecordAccessRequest).where(_decides(principal, col(RecordAccessRequest.patient_id)))


def deciding(principal: Principal) -> Select[Patient]:
    """The patients on requests for whose record the caller decides: themselves, and minors whose proxy they are."""
    return select(Patient).where(_decides(principal, col(Patient.id)))


def _decides(principal: Principal, patient: Any) -> ColumnElement[bool]:
    if principal.kind is not Kind.PATIENT or not principal.can(ACCESS):
        return false()
    return or_(is_owner(principal, patient), has_access(principal, patient, bases=[Basis.PROXY]))


def emergency_accesses(principal: Principal, scope: str = ACCESS) -> Select[EmergencyAccess]:
    """The accesses in an emergency that the caller may see, or with the scope to review, do that to.

    Auditors see all, staff their own, patients those to their own record, and proxies to a minor's.
    """
    rows, patient = select(EmergencyAccess), col(EmergencyAccess.patient_id)
    mine = col(EmergencyAccess.account_id) == principal.subject
    if principal.is_staff(REVIEW):
        return rows.where(not_(mine)) if scope == REVIEW else rows
    if scope == REVIEW or not principal.can(ACCESS):
        return rows.where(false())
    if principal.kind is Kind.STAFF:
        return rows.where(mine)
    return rows.where(or_(is_owner(principal, patient), has_access(principal, patient, bases=[Basis.PROXY])))


def proxies(principal: Principal, scope: str = ACCESS) -> Select[Proxy]:
    """The proxies that the caller may see, or with the scope to appoint them, end.

    Who appoints sees all, patients those who act for them and those for whom they act. Proxies may end that themselves.
    """
    if principal.is_staff(APPOINT):
        return select(Proxy)
    if principal.kind is not Kind.PATIENT or principal.patient is None or not principal.can(ACCESS):
        return select(Proxy).where(false())
    acting = col(Proxy.proxy_id) == principal.patient
    return select(Proxy).where(acting if scope == APPOINT else or_(acting, is_owner(principal, col(Proxy.patient_id))))


def disclosures(principal: Principal, patient_id: UUID | None = None) -> Select[Disclosure]:
    """The looks of people at what is kept of a patient, or of all.

    Auditors see all, patients those at their own data and at those of a minor for whom they act.
    """
    looks = select(Disclosure)
    if principal.is_staff(DISCLOSE):
        return looks if patient_id is None else looks.where(_is_about(select(literal(patient_id, Uuid))))
    if not principal.can(DISCLOSE):
        return looks.where(false())
    own = own_patients(principal).with_only_columns(col(Patient.id))
    return looks.where(_is_about(own if patient_id is None else own.where(col(Patient.id) == patient_id)))


def _is_about(patients: Select[Any]) -> ColumnElement[bool]:
    """Whether a look is at one of some patients, or at one who was merged into them."""
    keys = patients.subquery()
    merged = select(col(Merger.merged_id)).where(col(Merger.survivor_id).in_(select(*keys.c)))
    either = union_all(select(*keys.c), merged).subquery()
    about: ColumnElement[bool] = col(Disclosure.patients).op("&&", is_comparison=True)(
        select(func.array_agg(*either.c)).scalar_subquery()
    )
    return func.coalesce(about, false())


def treats(principal: Principal, patient: Any) -> ColumnElement[bool]:
    """Whether the caller treats a patient, by a relation of care that neither the patient nor an emergency gives."""
    return has_access(principal, patient, bases=TREATING)


def _entries(model: type[E]) -> Callable[..., Select[E]]:
    """For a table of entries, what gives those that the caller may see, or with another scope do that to."""

    def rows(principal: Principal, scope: str = READ) -> Select[E]:
        may = scope == READ or principal.is_staff(scope)
        return select(model).where(record(principal, col(model.patient_id), model.section) if may else false())

    return rows


conditions = _entries(Condition)
allergies = _entries(Allergy)
vital_signs = _entries(VitalSigns)
immunizations = _entries(Immunization)
procedures = _entries(Procedure)
medication_statements = _entries(MedicationStatement)
family_history = _entries(FamilyHistory)
social_history = _entries(SocialHistory)
care_plans = _entries(CarePlan)
care_teams = _entries(CareTeam)


def encounters(principal: Principal, scope: str = READ) -> Select[Encounter]:
    """The encounters that the caller may see, or with another scope do that to; practitioners their own ones always."""
    may = scope == READ or principal.is_staff(scope)
    allowed = record(principal, col(Encounter.patient_id), Encounter.section) if may else false()
    if principal.is_staff(scope) and principal.practitioner is not None:
        allowed = or_(allowed, col(Encounter.practitioner_id) == principal.practitioner)
    return select(Encounter).where(allowed)


def notes(principal: Principal, scope: str = READ) -> Select[Note]:
    """The notes that the caller may see, or with another scope write or sign: their own, and of others what is signed.

    What is private only its author and the patient see, and nobody else in an emergency.
    """
    own = col(Note.account_id) == principal.subject if principal.is_staff(scope) else false()
    if scope != READ:
        return select(Note).where(own)
    patient = col(Note.patient_id)
    others = and_(not_(col(Note.private)), record(principal, patient, Note.section))
    owner = is_owner(principal, patient) if principal.can(READ) else false()
    return select(Note).where(or_(own, and_(col(Note.status) != NoteStatus.DRAFT, or_(owner, others))))


def signed_notes(principal: Principal, scope: str = WRITE) -> Select[Note]:
    """The signed notes that the caller may add to, or with the scope to sign cosign."""
    own = col(Note.account_id) == principal.subject if principal.is_staff(scope) else false()
    others = record(principal, col(Note.patient_id), Note.section) if principal.is_staff(scope) else false()
    return notes(principal).where(col(Note.status) != NoteStatus.DRAFT, or_(own, others))


def note_versions(principal: Principal) -> Select[NoteVersion]:
    """The versions of the notes that the caller may see."""
    visible = notes(principal).with_only_columns(col(Note.id))
    return select(NoteVersion).where(col(NoteVersion.note_id).in_(visible))


def addenda(principal: Principal) -> Select[Addendum]:
    """What was added to the notes that the caller may see."""
    visible = notes(principal).with_only_columns(col(Note.id))
    return select(Addendum).where(col(Addendum.note_id).in_(visible))


def documents(principal: Principal, scope: str = READ) -> Select[Document]:
    """The documents that the caller may see, or with another scope do that to; patients and proxies what is shared."""
    allowed = record(principal, col(Document.patient_id), Document.section)
    if principal.kind is Kind.PATIENT:
        allowed = and_(allowed, col(Document.shared_at).is_not(None))
    return select(Document).where(allowed if scope == READ or principal.is_staff(scope) else false())


def own_documents(principal: Principal) -> Select[Document]:
    """The documents that the caller has announced, and whose content they may send."""
    allowed = writes(principal, col(Document.patient_id), Document.section, UPLOAD)
    return select(Document).where(col(Document.account_id) == principal.subject, allowed)


def document_contents(principal: Principal) -> Select[DocumentContent]:
    """The content of the documents that the caller may see, and that can be opened."""
    visible = documents(principal).where(col(Document.status) == DocumentStatus.AVAILABLE)
    return select(DocumentContent).where(
        col(DocumentContent.document_id).in_(visible.with_only_columns(col(Document.id)))
    )


ENTRIES: Mapping[EntryKind, Callable[..., Select[Any]]] = {
    EntryKind.ALLERGY: allergies,
    EntryKind.CARE_PLAN: care_plans,
    EntryKind.CARE_TEAM: care_teams,
    EntryKind.CONDITION: conditions,
    EntryKind.DOCUMENT: documents,
    EntryKind.ENCOUNTER: encounters,
    EntryKind.FAMILY_HISTORY: family_history,
    EntryKind.IMMUNIZATION: immunizations,
    EntryKind.MEDICATION_STATEMENT: medication_statements,
    EntryKind.NOTE: notes,
    EntryKind.PROCEDURE: procedures,
    EntryKind.SOCIAL_HISTORY: social_history,
    EntryKind.VITAL_SIGNS: vital_signs,
}
"""For each kind of entry, what gives those that the caller may see, or with another scope do that to."""
