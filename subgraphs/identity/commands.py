"""What identity's use cases are asked to do."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, field_validator

from shared.commands import Command, Repeatable
from shared.values import TEXT_LENGTH, Email, Text, id_of, text, wrong
from subgraphs.identity.errors import ROLE_NAME
from subgraphs.identity.models import RoleKind

_MAXIMUM_SECRET = 1000
_NAME = (
    "The name of the person, as patients are told it at whose data they look; needed unless a practitioner is given, and "
    "never of a patient."
)
_ROLE_NAME = re.compile(r"[A-Z][A-Z_]{1,39}")


def _bounded(value: str) -> str:
    if len(value) > _MAXIMUM_SECRET:
        raise wrong(TEXT_LENGTH, minimum=1, maximum=_MAXIMUM_SECRET)
    return value


Secret = Annotated[str, AfterValidator(_bounded)]
Address = Annotated[Email, AfterValidator(str.lower)]
AccountId = Annotated[UUID, id_of("Account")]
PatientId = Annotated[UUID, id_of("Patient")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]
LocationIds = Annotated[list[Annotated[UUID, id_of("Location")]], Field(max_length=50)]
PersonName = Annotated[str, text(100)]
RoleNames = Annotated[list[Text], Field(max_length=20)]


class Register(Repeatable):
    """The email address of a patient who wants an account of their own."""

    email: Address = Field(description="The email address to register, to which a one-time code is sent.")


class RequestPasswordReset(Repeatable):
    """The email address of someone who has forgotten their password."""

    email: Address = Field(description="The email address of the account, to which a one-time code is sent.")


class LogIn(Command):
    """The credentials of someone who logs in."""

    email: Annotated[str, text(320)] = Field(description="The email address of the account.")
    password: Secret = Field(description="The password of the account.")


class VerifySecondFactor(Command):
    """The second step of a log-in: a code of the second factor."""

    challenge: Secret = Field(description="The `challenge` that `logIn` has answered with.")
    code: Secret = Field(description="The six digits that the authenticator shows now, or a recovery code.")


class StepUp(Command):
    """A code of the second factor, for what takes one that was given a short while ago."""

    code: Secret = Field(description="The six digits that the authenticator shows now, or a recovery code.")


class Refresh(Command):
    """The refresh token of a session that is to go on."""

    refresh_token: Secret = Field(description="The newest refresh token of the session.")


class ChoosePassword(Command):
    """A password to set by a one-time code."""

    code: Secret = Field(description="The one-time code that came by mail.")
    password: Secret = Field(description="The new password, 8 to 128 characters, for staff 12 or more.")


class ChangePassword(Command):
    """The caller's password, and the one that takes its place."""

    current_password: Secret = Field(description="The password that the account has now.")
    new_password: Secret = Field(description="The new password, 8 to 128 characters, for staff 12 or more.")


class EnrolSecondFactor(Command):
    """The caller's password, as proof that it is the account's owner who sets up a second factor."""

    password: Secret = Field(description="The password of the caller's account.")


class RemoveSecondFactor(Command):
    """The caller's password, as proof that it is the account's owner who removes the second factor."""

    password: Secret = Field(description="The password of the caller's account.")


class ConfirmSecondFactor(Command):
    """A code of the second factor that is being set up."""

    code: Secret = Field(description="The six digits that the authenticator shows now.")


class EndSession(Command):
    """A session to end."""

    id: Annotated[UUID, id_of("Session")] = Field(description="The id of the session.")


class ResetSecondFactor(Command):
    """An account whose second factor is to be removed."""

    id: AccountId = Field(description="The id of the account.")


class InviteAccount(Repeatable):
    """Someone who is invited to an account, and chooses a password by mail."""

    email: Address = Field(
        description="The email address that the invitation goes to, and that its person logs in with."
    )
    roles: RoleNames = Field(description="The names of the roles that the account is to have.")
    patient_id: PatientId | None = Field(
        None, description="The patient whose own account it is to be; for the role PATIENT only."
    )
    practitioner_id: PractitionerId | None = Field(
        None, description="The practitioner in the directory whose account it is to be; absent for all others."
    )
    name: PersonName | None = Field(None, description=_NAME)
    location_ids: LocationIds = Field(
        [], description="The locations in the directory where the person works, such as a pharmacy; never of a patient."
    )


class SaveAccount(Command):
    """What an account is to be from now on."""

    id: AccountId = Field(description="The id of the account.")
    version: int = Field(description="The version of the account that the client has read.")
    roles: RoleNames = Field(description="The names of the roles that the account is to have.")
    practitioner_id: PractitionerId | None = Field(
        None, description="The practitioner in the directory whose account it is; absent for all others."
    )
    name: PersonName | None = Field(None, description=f"{_NAME} Absent: as it was.")
    location_ids: LocationIds | None = Field(
        None,
        description="The locations in the directory where the person works, such as a pharmacy; never of a patient. "
        "Absent: as they were.",
    )
    enabled: bool = Field(True, description="Whether the account's person may log in.")


class SaveRole(Command):
    """What a role is to be from now on."""

    name: Text = Field(description="The name of the role, of capital letters and underscores.")
    kind: RoleKind | None = Field(
        None, description="What kind of user the role makes of its holder; absent: NONE for a new role, else as it was."
    )
    description: Annotated[str, text(200, 0)] = Field("", description="What the role is for, in a sentence.")
    scopes: Annotated[list[Text], Field(max_length=200)] = Field(
        description="The scopes that the role grants, each `<resource>:<action>`."
    )

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        if not _ROLE_NAME.fullmatch(value):
            raise wrong(ROLE_NAME)
        return value


class RemoveRole(Command):
    """A role to remove, or to put back to what it is as CareGraph brings it."""

    name: Text = Field(description="The name of the role.")


class KnowPatient(Command):
    """A patient whose accounts are known by their email addresses."""

    patient_id: UUID = Field(description="The patient's key.")
    email_digests: list[str] = Field(description="The keyed digest of each of the patient's email addresses.")
