"""Who may see and change which patients, and how much of them: no more than their work needs.

Patients themselves, and a minor whose proxy they are; who administers patients, all of everybody; who treats, what identifies
anybody, and all of whom something lets them see (`shared.patient_access`); other staff with the scope, the name, birth and
gender of those for whom there is an order.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, false, literal, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from shared.auth.principal import Forbidden, Kind, Principal
from shared.patient_access import Basis, has_access
from subgraphs.patients.models import Extent, Patient, PatientIdentifier

READ = "patient:read"
WRITE = "patient:write"
MERGE = "patient:merge"
ADMINISTER = "patient:administer"
FIND = "patient:find"


def patients(principal: Principal, scope: str = READ) -> Select[Patient]:
    """The patients that the caller may see, each with its extent, or with another scope do that to."""
    if not principal.can(scope):
        return _seen(false(), Extent.NAME)
    if principal.kind is Kind.PATIENT:
        minors = has_access(principal, col(Patient.id), bases=[Basis.PROXY]) if scope == READ else false()
        return _seen(or_(_is_own(principal), minors), Extent.WHOLE)
    if principal.is_staff(ADMINISTER) or scope != READ:
        return _seen(sees_whole(principal), Extent.WHOLE)
    if principal.is_staff(FIND):
        whole = (sees_whole(principal), _extent(Extent.WHOLE))
        return _seen(true(), case(whole, else_=_extent(Extent.IDENTITY)))
    ordered = principal.is_staff(READ)
    return _seen(has_access(principal, col(Patient.id), bases=[Basis.ORDER]) if ordered else false(), Extent.NAME)


def own(principal: Principal) -> Select[Patient]:
    """The caller's own record; if that turned out to be a duplicate, the one that stands for it now as well."""
    return _seen(_is_own(principal) if principal.can(READ) else false(), Extent.WHOLE)


def sees_whole(principal: Principal) -> ColumnElement[bool]:
    """Whether the caller sees all of a patient, of those that they see."""
    if principal.kind is Kind.PATIENT or principal.is_staff(ADMINISTER):
        return true()
    return has_access(principal, col(Patient.id)) if principal.is_staff(FIND) else false()


def sees_identity(principal: Principal) -> bool:
    """Whether the caller sees what identifies a patient, of those that they see."""
    return principal.kind is Kind.PATIENT or principal.is_staff(ADMINISTER) or principal.is_staff(FIND)


def identifiers(principal: Principal) -> Select[PatientIdentifier]:
    """The identifiers, such as of social security, of the patients that the caller may change, not only see."""
    visible = patients(principal, WRITE).with_only_columns(col(Patient.id))
    return select(PatientIdentifier).where(col(PatientIdentifier.patient_id).in_(visible))


def require_staff(principal: Principal, scope: str) -> None:
    """Raise Forbidden unless the caller works here with this scope."""
    if not principal.is_staff(scope):
        raise Forbidden(scope)


def _is_own(principal: Principal) -> ColumnElement[bool]:
    if principal.kind is not Kind.PATIENT or principal.patient is None:
        return false()
    duplicate = aliased(Patient)
    survivor = select(col(duplicate.merged_into_id)).where(col(duplicate.id) == principal.patient)
    return or_(col(Patient.id) == principal.patient, col(Patient.id).in_(survivor))


def _seen(visible: ColumnElement[bool], extent: Extent | ColumnElement[int]) -> Select[Patient]:
    """The rows that are visible, with what is beside them."""
    value = _extent(extent) if isinstance(extent, Extent) else extent
    statement: Any = select(Patient, value.label("extent")).where(visible)
    rows: Select[Patient] = statement
    return rows


def _extent(extent: Extent) -> ColumnElement[int]:
    return literal(extent.value, Integer)
