"""GraphQL types of identity."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, Stub, entity, listing_of_each, reference, stub
from shared.graph.fields import from_row
from shared.ids import global_id
from subgraphs.identity import models, policy, repository


@stub(description="A person who receives care (FHIR Patient).")
class Patient(Stub):
    """Of patients."""


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    """Of directory."""


@stub(description="A place where care is given (FHIR Location).")
class Location(Stub):
    """Of directory."""


def _locations(row: models.Account) -> list[Location]:
    return [location for key in row.location_ids if (location := Location.of(key))]


def _id(resource: str, key: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(global_id(resource, key)) if key else None


@entity(policy.sessions, authenticated=True, description="A log-in of an account that is still good.")
class Session(Entity[models.Session]):
    created_at: datetime = from_row("created_at", description="When the session began.")
    last_used_at: datetime = from_row("last_used_at", description="When the session last got an access token.")
    expires_at: datetime = from_row("expires_at", description="When the session ends unless it is refreshed.")
    address: str | None = from_row(
        "address",
        description="The network address (IPv4 or IPv6) that the session began from; null where it is not known.",
    )
    user_agent: str | None = from_row(
        "user_agent",
        description="The `User-Agent` of the program that the session began with; null where it is not known.",
    )

    @strawberry.field(description="Whether this request belongs to the session.")
    def current(self, info: Info) -> bool:
        return bool(self.row.id == info.context.principal.session)


@entity(
    policy.activities,
    authenticated=True,
    description="Something that happened to an account, an entry of its activity log.",
)
class Activity(Entity[models.Activity]):
    kind: models.ActivityKind = from_row("kind", description="What happened to the account.")
    at: datetime = from_row("created_at", description="When it happened to the account.")
    session_id: strawberry.ID | None = from_row(
        lambda row: _id("Session", row.session_id),
        description="The id of the session in which it happened; null if it was in none.",
    )
    actor_id: strawberry.ID | None = from_row(
        lambda row: _id("Account", row.actor_id),
        description="The id of the account that did it; null if it was this account itself, or nobody's.",
    )
    address: str | None = from_row(
        "address", description="The network address (IPv4 or IPv6) that it came from; null where it is not known."
    )
    user_agent: str | None = from_row(
        "user_agent", description="The `User-Agent` of the program that it came from; null where it is not known."
    )


def _status(row: models.Account) -> models.AccountStatus:
    if row.disabled_at is not None:
        return models.AccountStatus.DISABLED
    return models.AccountStatus.ACTIVE if row.password_hash else models.AccountStatus.INVITED


@entity(policy.accounts, description="An account that a person logs in with.")
class Account(Entity[models.Account]):
    email: str | None = from_row("email", description="The email address to log in with, in lower case.")
    name: str | None = from_row(
        "name", description="The name of the account's person; null for patients, and where the directory has it."
    )
    status: models.AccountStatus | None = from_row(_status, description="Whether the account's person can log in.")
    roles: list[str] | None = from_row(
        lambda row: sorted(row.roles), description="The names of the roles that the account has."
    )
    patient: Patient | None = reference(
        Patient, "patient_id", description="The patient whose own account it is; null for the accounts of all others."
    )
    practitioner: Practitioner | None = reference(
        Practitioner,
        "practitioner_id",
        description="The practitioner in the directory whose account it is; null for the accounts of all others.",
    )
    locations: list[Location] | None = from_row(
        _locations, description="The locations where the account's person works; none of a patient's."
    )
    second_factor_since: datetime | None = from_row(
        "totp_confirmed_at", description="Since when logging in takes a second factor; null if it takes none."
    )
    created_at: datetime | None = from_row("created_at", description="When the account was created.")
    last_log_in_at: datetime | None = from_row(
        "last_log_in_at", description="When someone last logged in to the account; null if nobody has."
    )
    version: int | None = from_row(
        "version",
        description="The version of the account, which counts its changes; an update names the one that it has read.",
    )

    @strawberry.field(description="How many recovery codes of the second factor are left.")
    async def recovery_codes_left(self, info: Info) -> int | None:
        return await info.context.load(repository.recovery_codes, self.row.id)

    sessions = listing_of_each(
        Session,
        repository.LIVE_SESSIONS,
        repository.SESSIONS,
        description="The sessions of the account that are still good, the newest first.",
    )
    activity = listing_of_each(
        Activity,
        repository.ACTIVITY,
        repository.ACTIVITIES,
        description="The activity log of the account, the newest entry first.",
    )


@entity(
    policy.staff,
    authenticated=True,
    description="A person of the staff or of a partner, as those are told of them at whose data they look.",
)
class StaffMember(Entity[models.Account]):
    name: str | None = from_row(
        "name", description="The name of the person; null where the directory names them, as a practitioner."
    )
    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner in the directory who they are; null for others."
    )


@strawberry.type(description="A role that accounts can have: a set of scopes.")
class Role:
    name: str = strawberry.field(description="The name of the role.")
    kind: models.RoleKind = strawberry.field(description="What kind of user the role makes of its holder.")
    description: str = strawberry.field(description="What the role is for, in a sentence.")
    scopes: list[str] = strawberry.field(description="The scopes that the role grants, each `<resource>:<action>`.")
    built_in: bool = strawberry.field(description="Whether the role comes with CareGraph.")
    changed: bool = strawberry.field(
        description="Whether the role comes with CareGraph and has been given other scopes here."
    )

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


@strawberry.type(description="A session that was begun by logging in, and its tokens.")
class LogInSuccess:
    access_token: str = strawberry.field(description="The access token for `Authorization: Bearer`, a JWT (RFC 9068).")
    refresh_token: str = strawberry.field(
        description="The refresh token, which `refresh` takes once; it is good for 7 days."
    )
    expires_at: datetime = strawberry.field(description="When the access token expires.")
    account: Account = strawberry.field(description="The account that is logged in.")


@strawberry.type(description="A session that goes on, with new tokens.")
class RefreshSuccess(LogInSuccess):
    """What a log-in gives, again."""


@strawberry.type(description="A session that was begun by the second step of a log-in, and its tokens.")
class VerifySecondFactorSuccess(LogInSuccess):
    """What a log-in gives."""


@strawberry.type(description="An access token that says that a code of the second factor was given now.")
class StepUpSuccess:
    access_token: str = strawberry.field(
        description="The access token for `Authorization: Bearer`, a JWT (RFC 9068), in the same session as before; the "
        "refresh token stays as it is."
    )
    expires_at: datetime = strawberry.field(description="When the access token expires.")


@strawberry.type(description="The password was right, and the account takes a code of its second factor as well.")
class SecondFactorRequired:
    challenge: str = strawberry.field(description="What `verifySecondFactor` takes with a code, within 5 minutes.")


@strawberry.type(description="The request to register was taken; mail goes out if the address can have an account.")
class RegisterSuccess:
    email: str = strawberry.field(description="The email address, as it was understood.")


@strawberry.type(description="The request for a new password was taken; mail goes out if the address has an account.")
class RequestPasswordResetSuccess:
    email: str = strawberry.field(description="The email address, as it was understood.")


@strawberry.type(description="The password was set: log in with it.")
class ChoosePasswordSuccess:
    email: str = strawberry.field(description="The email address to log in with.")


@strawberry.type(description="The session of the caller has ended; its tokens are refused from now on.")
class LogOutSuccess:
    session_id: strawberry.ID = strawberry.field(description="The id of the session that has ended.")


@strawberry.type(description="The session has ended; its tokens are refused from now on.")
class EndSessionSuccess:
    session_id: strawberry.ID = strawberry.field(description="The id of the session that has ended.")


@strawberry.type(
    description="The secret of a second factor (TOTP, RFC 6238), which `confirmSecondFactor` confirms by a code of it."
)
class EnrolSecondFactorSuccess:
    secret: str = strawberry.field(description="The secret in base32, for typing it into an authenticator.")
    uri: str = strawberry.field(description="The secret as an `otpauth://` URI, for showing it as a QR code.")


@strawberry.type(description="The second factor was set up: it is asked for from the next log-in on.")
class ConfirmSecondFactorSuccess:
    recovery_codes: list[str] = strawberry.field(
        description="Codes that take the place of the second factor, each once. They are never shown again."
    )
    account: Account = strawberry.field(description="The account, as it is now.")


@strawberry.type(description="The role was saved.")
class SaveRoleSuccess:
    role: Role = strawberry.field(description="The role, as it is now.")


@strawberry.type(description="The role was removed, or is again as it comes with CareGraph.")
class RemoveRoleSuccess:
    name: str = strawberry.field(description="The name of the role.")
