"""Who may see reports: the staff whose work they are. A report has no rows of persons, so whoever may see one sees all of it.

How long one waits at a place is for everybody who may see the place.
"""

from typing import TypeVar

from sqlalchemy import Select, false, select
from sqlmodel import col

from reporting.models import (
    AccessRequestFact,
    AlertFact,
    AnalysisFact,
    AppointmentFact,
    CriticalFact,
    DispensingFact,
    EmergencyFact,
    FillingFact,
    LabReportFact,
    LookFact,
    Model,
    NoteFact,
    PrescriptionFact,
    ProblemFact,
    QcFailureFact,
    RegistrationFact,
    SpecimenFact,
    StockOutFact,
    WasteFact,
)
from shared.auth.principal import Principal
from shared.database.tables import Merger

READ = "report:read"
READ_PLACES = "directory:read"

Kind = TypeVar("Kind", bound=Model)


def appointments(principal: Principal) -> Select[AppointmentFact]:
    """The appointments that the caller's figures are made of."""
    return _readable(AppointmentFact, allowed=principal.is_staff(READ))


def places(principal: Principal) -> Select[AppointmentFact]:
    """The appointments that figures on a place are made of, for whoever may see the place."""
    return _readable(AppointmentFact, allowed=principal.can(READ_PLACES))


def registrations(principal: Principal) -> Select[RegistrationFact]:
    """The registrations that the caller's figures are made of; a duplicate that was merged is none."""
    statement = _readable(RegistrationFact, allowed=principal.is_staff(READ))
    return statement.where(col(RegistrationFact.patient_id).not_in(select(col(Merger.merged_id))))


def access_requests(principal: Principal) -> Select[AccessRequestFact]:
    """The requests for access that the caller's figures are made of."""
    return _readable(AccessRequestFact, allowed=principal.is_staff(READ))


def emergencies(principal: Principal) -> Select[EmergencyFact]:
    """The accesses in emergencies that the caller's figures are made of."""
    return _readable(EmergencyFact, allowed=principal.is_staff(READ))


def notes(principal: Principal) -> Select[NoteFact]:
    """The clinical notes that the caller's figures are made of."""
    return _readable(NoteFact, allowed=principal.is_staff(READ))


def looks(principal: Principal) -> Select[LookFact]:
    """The counts of looks that the caller's figures are made of."""
    return _readable(LookFact, allowed=principal.is_staff(READ))


def problems(principal: Principal) -> Select[ProblemFact]:
    """The diagnoses and problems that the caller's figures are made of."""
    return _readable(ProblemFact, allowed=principal.is_staff(READ))


def stock_outs(principal: Principal) -> Select[StockOutFact]:
    """The times without stock that the caller's figures are made of."""
    return _readable(StockOutFact, allowed=principal.is_staff(READ))


def waste(principal: Principal) -> Select[WasteFact]:
    """What was thrown away that the caller's figures are made of."""
    return _readable(WasteFact, allowed=principal.is_staff(READ))


def analyses(principal: Principal) -> Select[AnalysisFact]:
    """The analyses that the caller's figures are made of."""
    return _readable(AnalysisFact, allowed=principal.is_staff(READ))


def lab_reports(principal: Principal) -> Select[LabReportFact]:
    """The laboratories' reports that the caller's figures are made of."""
    return _readable(LabReportFact, allowed=principal.is_staff(READ))


def critical_results(principal: Principal) -> Select[CriticalFact]:
    """The critical results that the caller's figures are made of."""
    return _readable(CriticalFact, allowed=principal.is_staff(READ))


def specimens(principal: Principal) -> Select[SpecimenFact]:
    """The specimens that the caller's figures are made of."""
    return _readable(SpecimenFact, allowed=principal.is_staff(READ))


def qc_failures(principal: Principal) -> Select[QcFailureFact]:
    """The failed runs of control material that the caller's figures are made of."""
    return _readable(QcFailureFact, allowed=principal.is_staff(READ))


def prescriptions(principal: Principal) -> Select[PrescriptionFact]:
    """The prescriptions that the caller's figures are made of."""
    return _readable(PrescriptionFact, allowed=principal.is_staff(READ))


def fillings(principal: Principal) -> Select[FillingFact]:
    """The prescriptions whose filling the caller's figures are made of."""
    return _readable(FillingFact, allowed=principal.is_staff(READ))


def dispensings(principal: Principal) -> Select[DispensingFact]:
    """What was handed over and kept, which the caller's figures are made of."""
    statement = _readable(DispensingFact, allowed=principal.is_staff(READ))
    return statement.where(col(DispensingFact.returned_at).is_(None))


def alerts(principal: Principal) -> Select[AlertFact]:
    """The findings of safety checks that the caller's figures are made of."""
    return _readable(AlertFact, allowed=principal.is_staff(READ))


def _readable(kind: type[Kind], *, allowed: bool) -> Select[Kind]:
    statement = select(kind)
    return statement if allowed else statement.where(false())
