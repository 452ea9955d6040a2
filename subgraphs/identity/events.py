"""What identity publishes."""

from uuid import UUID

from shared.disclosures import PatientDataRead
from shared.events.event import Event


class AccountRegistered(Event, type="caregraph.identity.account-registered.v1", key="account_id"):
    """Someone has chosen the first password of an account: by registering themselves, or after an invitation."""

    account_id: UUID
    patient_id: UUID | None
    practitioner_id: UUID | None
    roles: list[str]


class AccountChanged(Event, type="caregraph.identity.account-changed.v1", key="account_id"):
    """An account's roles or its person were changed, or it was disabled or enabled."""

    account_id: UUID
    patient_id: UUID | None
    practitioner_id: UUID | None
    roles: list[str]
    enabled: bool
    location_ids: list[UUID] = []


class AccessChanged(Event, type="caregraph.identity.access-changed.v1", key="account_id"):
    """What an account may do, and for whom, may have changed: this is it now, by its roles and by their scopes."""

    account_id: UUID
    patient_id: UUID | None
    practitioner_id: UUID | None
    enabled: bool
    roles: list[str]
    scopes: list[str]
    location_ids: list[UUID] = []


class RolesChanged(Event, type="caregraph.identity.roles-changed.v1", key="role"):
    """A role was defined, changed or removed. `scopes` is what each role of all may do now."""

    role: str
    scopes: dict[str, list[str]]


class PasswordChanged(Event, type="caregraph.identity.password-changed.v1", key="account_id"):
    """An account's password was changed, or reset by a one-time code."""

    account_id: UUID
    reset: bool


class SecondFactorChanged(Event, type="caregraph.identity.second-factor-changed.v1", key="account_id"):
    """An account's second factor was set up or removed."""

    account_id: UUID
    enabled: bool


class AnotherAccountInvited(Event, type="caregraph.identity.another-account-invited.v1", key="account_id"):
    """An account is told that another address was invited to one for its patient's record."""

    account_id: UUID
    patient_id: UUID


EVENTS = (
    AccountRegistered,
    AccountChanged,
    AccessChanged,
    RolesChanged,
    PasswordChanged,
    SecondFactorChanged,
    AnotherAccountInvited,
    PatientDataRead,
)
