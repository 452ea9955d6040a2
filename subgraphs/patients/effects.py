"""What follows when a patient is entered or changed, whoever writes: the same change tells the same."""

from collections.abc import Iterable

from shared.unit_of_work import UnitOfWork
from subgraphs.patients.events import DeceasedChanged, Group, How, PatientChanged, PatientRegistered, PreferencesChanged
from subgraphs.patients.models import Patient

IDENTIFIERS = "identifiers"

# Which group a column of `patient` belongs to; its identifiers are rows of their own.
GROUPS = {
    "active": Group.DEMOGRAPHICS,
    "family": Group.DEMOGRAPHICS,
    "given": Group.DEMOGRAPHICS,
    "prefix": Group.DEMOGRAPHICS,
    "suffix": Group.DEMOGRAPHICS,
    "other_names": Group.DEMOGRAPHICS,
    "birth_date": Group.DEMOGRAPHICS,
    "partial_birth_date": Group.DEMOGRAPHICS,
    "gender": Group.DEMOGRAPHICS,
    "marital_status": Group.DEMOGRAPHICS,
    "deceased": Group.DECEASED,
    "deceased_at": Group.DECEASED,
    "deceased_on": Group.DECEASED,
    "contact_points": Group.CONTACT_POINTS,
    "addresses": Group.ADDRESSES,
    "emergency_contacts": Group.EMERGENCY_CONTACTS,
    IDENTIFIERS: Group.IDENTIFIERS,
    "language": Group.PREFERENCES,
    "preferred_channels": Group.PREFERENCES,
    "reminders": Group.PREFERENCES,
}


def registered(work: UnitOfWork, row: Patient, how: How) -> None:
    """Tell of a new patient; of their preferences if there are any, and of their death."""
    work.publish(PatientRegistered(patient_id=row.id, how=how, registered_at=row.created_at))
    if row.language or row.preferred_channels or row.reminders:
        _tell_preferences(work, row)
    if row.deceased:
        work.publish(DeceasedChanged(patient_id=row.id, deceased=True))


def changed(work: UnitOfWork, row: Patient, columns: Iterable[str]) -> None:
    """Tell that these were changed; of preferences, and of a death that ends reminders, also to what."""
    columns = set(columns)
    told = {GROUPS[column] for column in columns}
    groups = [group for group in Group if group in told]
    if not groups:
        return
    work.publish(PatientChanged(patient_id=row.id, groups=groups))
    if Group.PREFERENCES in groups or Group.DECEASED in groups:
        _tell_preferences(work, row)
    if "deceased" in columns:
        work.publish(DeceasedChanged(patient_id=row.id, deceased=row.deceased))


def _tell_preferences(work: UnitOfWork, row: Patient) -> None:
    reminders = row.reminders and not row.deceased
    work.publish(
        PreferencesChanged(
            patient_id=row.id, language=row.language, channels=row.preferred_channels, reminders=reminders
        )
    )
