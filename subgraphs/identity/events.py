"""What identity publishes."""

from uuid import UUID

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


class PasswordChanged(Event, type="caregraph.identity.password-changed.v1", key="account_id"):
    """An account's password was changed, or reset by a one-time code."""

    account_id: UUID
    reset: bool


class SecondFactorChanged(Event, type="caregraph.identity.second-factor-changed.v1", key="account_id"):
    """An account's second factor was set up or removed."""

    account_id: UUID
    enabled: bool


EVENTS = (AccountRegistered, AccountChanged, PasswordChanged, SecondFactorChanged)
