"""GraphQL types of identity."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from sqlalchemy import Select

from shared.graph.context import Info
from shared.graph.entities import Entity, Stub, entity, listing, reference, stub
from shared.graph.fields import from_row
from shared.ids import global_id
from subgraphs.identity import models, policy, repository


@stub(description="A person who receives care (FHIR Patient).")
class Patient(Stub):
    """Of patients."""


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    """Of directory."""


def _id(resource: str, key: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(global_id(resource, key)) if key else None


@entity(policy.sessions, authenticated=True, description="A log-in that is still good.")
class Session(Entity[models.Session]):
    created_at: datetime = from_row("created_at", description="When it began.")
    last_used_at: datetime = from_row("last_used_at", description="When it last got an access token.")
    expires_at: datetime = from_row("expires_at", description="When it ends unless it is refreshed.")
    address: str | None = from_row("address", description="The network address that it began from, where known.")
    user_agent: str | None = from_row("user_agent", description="The program that it began with, where known.")

    @strawberry.field(description="Whether this request belongs to it.")
    def current(self, info: Info) -> bool:
        return bool(self.row.id == info.context.principal.session)


@entity(policy.activities, authenticated=True, description="Something that happened to an account.")
class Activity(Entity[models.Activity]):
    kind: models.ActivityKind = from_row("kind", description="What happened.")
    at: datetime = from_row("created_at", description="When.")
    session_id: strawberry.ID | None = from_row(
        lambda row: _id("Session", row.session_id), description="In which session, if in one."
    )
    actor_id: strawberry.ID | None = from_row(
        lambda row: _id("Account", row.actor_id), description="The account that did it, if not this one."
    )
    address: str | None = from_row("address", description="From which network address, where known.")
    user_agent: str | None = from_row("user_agent", description="By which program, where known.")


def _status(row: models.Account) -> models.AccountStatus:
    if row.disabled_at is not None:
        return models.AccountStatus.DISABLED
    return models.AccountStatus.ACTIVE if row.password_hash else models.AccountStatus.INVITED


@entity(policy.accounts, description="Someone who may log in.")
class Account(Entity[models.Account]):
    email: str | None = from_row("email", description="The address to log in with, in lower case.")
    status: models.AccountStatus | None = from_row(_status, description="Whether someone can log in to it.")
    roles: list[str] | None = from_row(lambda row: sorted(row.roles), description="What its person is here.")
    patient: Patient | None = reference(Patient, "patient_id", description="Whose own account it is, for a patient's.")
    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="Who its person is in the directory, if there."
    )
    second_factor_since: datetime | None = from_row(
        "totp_confirmed_at", description="Since when logging in takes a second factor."
    )
    created_at: datetime | None = from_row("created_at", description="When it was made.")
    last_log_in_at: datetime | None = from_row("last_log_in_at", description="When someone last logged in.")
    version: int | None = from_row("version", description="Counts its changes; an update names the one that it read.")

    @strawberry.field(description="How many recovery codes are left.")
    async def recovery_codes_left(self, info: Info) -> int | None:
        return await info.context.load(repository.recovery_codes, self.row.id)

    @listing(Session, repository.SESSIONS, description="The sessions that are still good, the newest first.")
    async def sessions(self, info: Info) -> Select[models.Session]:
        return repository.live_sessions(info.context.principal, self.row.id)

    @listing(Activity, repository.ACTIVITIES, description="What happened to it, the newest first.")
    async def activity(self, info: Info) -> Select[models.Activity]:
        return repository.activities(info.context.principal, self.row.id)


@strawberry.type(description="What accounts can be: a set of scopes.")
class Role:
    name: str = strawberry.field(description="Its name.")
    kind: models.RoleKind = strawberry.field(description="What it makes of its holder.")
    description: str = strawberry.field(description="What it is for.")
    scopes: list[str] = strawberry.field(description="What it may do, each `<resource>:<action>`.")
    built_in: bool = strawberry.field(description="Whether it comes with CareGraph.")
    changed: bool = strawberry.field(description="Whether its scopes are others than CareGraph's own.")

    @classmethod
    def of(cls, row: models.Role) -> Self:
        """From its row."""
        own = repository.BUILT_IN.get(row.name)
        return cls(
            name=row.name,
            kind=models.RoleKind(row.kind),
            description=row.description,
            scopes=sorted(row.scopes),
            built_in=own is not None,
            changed=own is not None and own != frozenset(row.scopes),
        )


@strawberry.type(description="A session and its tokens.")
class LogInSuccess:
    access_token: str = strawberry.field(description="For `Authorization: Bearer`, a JWT (RFC 9068).")
    refresh_token: str = strawberry.field(description="For `refresh`, once; it lives 7 days.")
    expires_at: datetime = strawberry.field(description="When the access token expires.")
    account: Account = strawberry.field(description="Who has logged in.")


@strawberry.type(description="The session goes on, with new tokens.")
class RefreshSuccess(LogInSuccess):
    """What a log-in gives, again."""


@strawberry.type(description="The session that the second step has begun, and its tokens.")
class VerifySecondFactorSuccess(LogInSuccess):
    """What a log-in gives."""


@strawberry.type(description="The password was right, and the account asks for a code of its second factor too.")
class SecondFactorRequired:
    challenge: str = strawberry.field(description="For `verifySecondFactor`, within 5 minutes.")


@strawberry.type(description="The request was taken; mail goes out if there is anybody to get it.")
class RegisterSuccess:
    email: str = strawberry.field(description="The address, as it was understood.")


@strawberry.type(description="The request was taken; mail goes out if there is anybody to get it.")
class RequestPasswordResetSuccess:
    email: str = strawberry.field(description="The address, as it was understood.")


@strawberry.type(description="The password is set: log in with it.")
class ChoosePasswordSuccess:
    email: str = strawberry.field(description="The address to log in with.")


@strawberry.type(description="The session has ended; its tokens are refused from now on.")
class LogOutSuccess:
    session_id: strawberry.ID = strawberry.field(description="The session's id.")


@strawberry.type(description="The session has ended; its tokens are refused from now on.")
class EndSessionSuccess:
    session_id: strawberry.ID = strawberry.field(description="The session's id.")


@strawberry.type(description="The secret of a second factor (TOTP, RFC 6238), to be confirmed by a code of it.")
class EnrolSecondFactorSuccess:
    secret: str = strawberry.field(description="The secret, base32, for typing.")
    uri: str = strawberry.field(description="The same as `otpauth://`, for a QR code.")


@strawberry.type(description="The second factor is asked for from the next log-in on.")
class ConfirmSecondFactorSuccess:
    recovery_codes: list[str] = strawberry.field(description="Each takes its place once. They are never shown again.")
    account: Account = strawberry.field(description="The account.")


@strawberry.type(description="The role as it is now.")
class SaveRoleSuccess:
    role: Role = strawberry.field(description="The role.")


@strawberry.type(description="The role is gone, or as it comes with CareGraph.")
class RemoveRoleSuccess:
    name: str = strawberry.field(description="Its name.")
