"""Who may see and change which patients: staff all of them, a patient only themselves."""

from sqlalchemy import Select, false, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from shared.auth.principal import Forbidden, Kind, Principal
from subgraphs.patients.models import Patient, PatientIdentifier

READ = "patient:read"
WRITE = "patient:write"
MERGE = "patient:merge"


def patients(principal: Principal, scope: str = READ) -> Select[Patient]:
    """The patients that the caller may see, or with another scope do that to."""
    return select(Patient) if principal.is_staff(scope) else own(principal, scope)


def own(principal: Principal, scope: str = READ) -> Select[Patient]:
    """The caller's own record; if that turned out to be a duplicate, the one that stands for it now as well."""
    if principal.kind is not Kind.PATIENT or principal.patient is None or not principal.can(scope):
        return select(Patient).where(false())
    duplicate = aliased(Patient)
    survivor = select(col(duplicate.merged_into_id)).where(col(duplicate.id) == principal.patient)
    return select(Patient).where(or_(col(Patient.id) == principal.patient, col(Patient.id).in_(survivor)))


def identifiers(principal: Principal) -> Select[PatientIdentifier]:
    """The identifiers, such as of social security, of the patients that the caller may change, not only see."""
    visible = patients(principal, WRITE).with_only_columns(col(Patient.id))
    return select(PatientIdentifier).where(col(PatientIdentifier.patient_id).in_(visible))


def require_staff(principal: Principal, scope: str) -> None:
    """Raise Forbidden unless the caller works here with this scope."""
    if not principal.is_staff(scope):
        raise Forbidden(scope)
