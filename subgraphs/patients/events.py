"""What the patients' domain publishes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.disclosures import PatientDataRead
from shared.events.event import Event


class How(StrEnum):
    """Who entered a patient."""

    SELF = "self"
    STAFF = "staff"
    IMPORT = "import"


class Group(StrEnum):
    """Fields that change together."""

    DEMOGRAPHICS = "demographics"
    DECEASED = "deceased"
    CONTACT_POINTS = "contact-points"
    ADDRESSES = "addresses"
    EMERGENCY_CONTACTS = "emergency-contacts"
    IDENTIFIERS = "identifiers"
    PREFERENCES = "preferences"


class PatientRegistered(Event, type="caregraph.patients.patient-registered.v1", key="patient_id"):
    """A patient was entered."""

    patient_id: UUID
    how: How
    registered_at: datetime


class PatientChanged(Event, type="caregraph.patients.patient-changed.v1", key="patient_id"):
    """Some of a patient's fields were changed; `groups` says which, never to what."""

    patient_id: UUID
    groups: list[Group]


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """`merged_patient_id` was a duplicate of `patient_id`, which stands for both from now on."""

    patient_id: UUID
    merged_patient_id: UUID


class DeceasedChanged(Event, type="caregraph.patients.deceased-changed.v1", key="patient_id"):
    """A patient has died; or, where `deceased` is false, has not after all."""

    patient_id: UUID
    deceased: bool


class PreferencesChanged(Event, type="caregraph.patients.preferences-changed.v1", key="patient_id"):
    """How a patient wants to be reached, whole: `email`, `sms`, `phone`, `mail`, the most wanted first.

    `reminders` is false without the patient's consent, and for one who has died.
    """

    patient_id: UUID
    language: str | None
    channels: list[str]
    reminders: bool


class EmailAddressesChanged(Event, type="caregraph.patients.email-addresses-changed.v1", key="patient_id"):
    """A patient's email addresses, whole: of each the HMAC-SHA-256 under the key that only those have who may compare them.

    None are a merged patient's.
    """

    patient_id: UUID
    digests: list[str]


EVENTS = (
    PatientRegistered,
    PatientChanged,
    PatientMerged,
    DeceasedChanged,
    PreferencesChanged,
    EmailAddressesChanged,
    PatientDataRead,
)
