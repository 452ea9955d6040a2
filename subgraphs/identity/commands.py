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
RoleNames = Annotated[list[Text], Field(max_length=20)]


class Register(Repeatable):
    """The address of someone who registers."""

    email: Address = Field(description="Email address.")


class RequestPasswordReset(Repeatable):
    """The address of someone who has forgotten the password."""

    email: Address = Field(description="Email address.")


class LogIn(Command):
    """Who logs in."""

    email: Annotated[str, text(320)] = Field(description="Email address.")
    password: Secret = Field(description="Password.")


class VerifySecondFactor(Command):
    """The second step of a log-in."""

    challenge: Secret = Field(description="What the first step answered.")
    code: Secret = Field(description="The six digits of now, or a recovery code.")


class Refresh(Command):
    """The refresh token."""

    refresh_token: Secret = Field(description="The newest one of the session.")


class ChoosePassword(Command):
    """A first or forgotten password's successor."""

    code: Secret = Field(description="The one-time code that came by mail.")
    password: Secret = Field(description="The password, 8 to 128 characters, for staff 12 or more.")


class ChangePassword(Command):
    """The password and its successor."""

    current_password: Secret = Field(description="The password of now.")
    new_password: Secret = Field(description="The new one, 8 to 128 characters, for staff 12 or more.")


class EnrolSecondFactor(Command):
    """The password, as a proof that it is the account's owner who asks."""

    password: Secret = Field(description="The password.")


class RemoveSecondFactor(Command):
    """The password, as a proof that it is the account's owner who asks."""

    password: Secret = Field(description="The password.")


class ConfirmSecondFactor(Command):
    """A code that the second factor shows."""

    code: Secret = Field(description="The six digits of now.")


class EndSession(Command):
    """A session to end."""

    id: Annotated[UUID, id_of("Session")] = Field(description="The session.")


class ResetSecondFactor(Command):
    """Whose second factor is removed."""

    id: AccountId = Field(description="The account.")


class InviteAccount(Repeatable):
    """Who is invited to choose a password."""

    email: Address = Field(description="Where the invitation goes; they log in with it.")
    roles: RoleNames = Field(description="What they are here.")
    patient_id: PatientId | None = Field(None, description="For PATIENT, which patient it is.")
    practitioner_id: PractitionerId | None = Field(None, description="Who they are in the directory.")


class SaveAccount(Command):
    """An account as it shall be."""

    id: AccountId = Field(description="The account.")
    version: int = Field(description="The version that was read.")
    roles: RoleNames = Field(description="What its person is here.")
    practitioner_id: PractitionerId | None = Field(None, description="Who they are in the directory.")
    enabled: bool = Field(True, description="Whether its person may log in.")


class SaveRole(Command):
    """A role as it shall be."""

    name: Text = Field(description="Its name, capital letters and underscores.")
    kind: RoleKind | None = Field(
        None, description="What it makes of its holder: for a new role NONE unless told, else as it was."
    )
    description: Annotated[str, text(200, 0)] = Field("", description="What it is for.")
    scopes: Annotated[list[Text], Field(max_length=200)] = Field(
        description="What it may do, each `<resource>:<action>`."
    )

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        if not _ROLE_NAME.fullmatch(value):
            raise wrong(ROLE_NAME)
        return value


class RemoveRole(Command):
    """A role to remove."""

    name: Text = Field(description="Its name.")
