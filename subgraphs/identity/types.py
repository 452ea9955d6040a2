"""GraphQL types of identity."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from shared.database.paging import DEFAULT_FIRST
from shared.graph.connections import After, Connection, First, connect
from shared.graph.context import Context, Info
from shared.graph.errors import InvalidInput, InvalidState, NotFound, UserError, VersionConflict, error_code
from subgraphs.identity import models, repository


def _value(name: str, description: str) -> Any:
    return strawberry.enum_value(name, description=description)


@strawberry.enum(description="Whether someone can log in to an account.")
class AccountStatus(Enum):
    INVITED = _value("INVITED", "Its person has not chosen a password yet.")
    ACTIVE = _value("ACTIVE", "Its person can log in.")
    DISABLED = _value("DISABLED", "An administrator has closed it.")


@strawberry.enum(description="What happened to an account.")
class ActivityKind(Enum):
    REGISTERED = _value("REGISTERED", "Its first password was chosen.")
    INVITED = _value("INVITED", "It was made, and its person invited.")
    LOGGED_IN = _value("LOGGED_IN", "Someone logged in.")
    LOG_IN_FAILED = _value("LOG_IN_FAILED", "Someone gave a wrong password.")
    LOCKED_OUT = _value("LOCKED_OUT", "After failed attempts, more are refused for a while.")
    SECOND_FACTOR_FAILED = _value(
        "SECOND_FACTOR_FAILED", "Someone knew the password, but no code of the second factor."
    )
    RECOVERY_CODE_USED = _value("RECOVERY_CODE_USED", "A recovery code took the place of the second factor.")
    REFRESH_TOKEN_REUSED = _value("REFRESH_TOKEN_REUSED", "A used refresh token came again; its session was ended.")
    LOGGED_OUT = _value("LOGGED_OUT", "A session was ended by logging out.")
    SESSION_ENDED = _value("SESSION_ENDED", "A session was ended from elsewhere.")
    PASSWORD_CHANGED = _value("PASSWORD_CHANGED", "The password was changed; other sessions were ended.")
    PASSWORD_RESET = _value("PASSWORD_RESET", "The password was reset by a code from a mail; all sessions were ended.")
    SECOND_FACTOR_ADDED = _value("SECOND_FACTOR_ADDED", "A second factor was set up.")
    SECOND_FACTOR_REMOVED = _value("SECOND_FACTOR_REMOVED", "The second factor was removed.")
    ACCOUNT_CHANGED = _value("ACCOUNT_CHANGED", "An administrator changed its roles or its practitioner.")
    ACCOUNT_DISABLED = _value("ACCOUNT_DISABLED", "An administrator closed it; all sessions were ended.")
    ACCOUNT_ENABLED = _value("ACCOUNT_ENABLED", "An administrator opened it again.")
    PATIENT_MERGED = _value("PATIENT_MERGED", "Its patient was found twice; it now belongs to the one that stays.")


@strawberry.enum(
    description="What a role makes of its holder; what everybody of a kind may see and do follows from it."
)
class RoleKind(Enum):
    STAFF = _value("staff", "They work here.")
    PATIENT = _value("patient", "A patient, for themselves.")
    PARTNER = _value("partner", "Another organization, such as an insurer.")
    SERVICE = _value("service", "A program.")
    NONE = _value("none", "Nothing yet: the role opens only what is open to everybody with its scopes.")


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)], description="A patient, of the patients service."
)
class Patient:
    id: strawberry.ID = strawberry.field(description="Their key.")


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)], description="A practitioner, of the directory service."
)
class Practitioner:
    id: strawberry.ID = strawberry.field(description="Their key.")


@strawberry.type(description="A log-in that is still good.")
class Session:
    id: strawberry.ID = strawberry.field(description="Its key, the tokens' `sid`.")
    created_at: datetime = strawberry.field(description="When it began.")
    last_used_at: datetime = strawberry.field(description="When it last got an access token.")
    expires_at: datetime = strawberry.field(description="When it ends unless it is refreshed.")
    address: str | None = strawberry.field(description="The network address that it began from, where known.")
    user_agent: str | None = strawberry.field(description="The program that it began with, where known.")
    current: bool = strawberry.field(description="Whether this request belongs to it.")


@strawberry.type(description="Something that happened to an account.")
class Activity:
    id: strawberry.ID = strawberry.field(description="Its key.")
    kind: ActivityKind = strawberry.field(description="What happened.")
    at: datetime = strawberry.field(description="When.")
    session_id: strawberry.ID | None = strawberry.field(description="In which session, if in one.")
    actor_id: strawberry.ID | None = strawberry.field(description="The account that did it, if not this one.")
    address: str | None = strawberry.field(description="From which network address, where known.")
    user_agent: str | None = strawberry.field(description="By which program, where known.")

    @classmethod
    def of(cls, row: models.Activity) -> Self:
        """From its row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            kind=ActivityKind(row.kind),
            at=row.created_at,
            session_id=_id(row.session_id),
            actor_id=_id(row.actor_id),
            address=row.address,
            user_agent=row.user_agent,
        )


@strawberry.federation.type(keys=["id"], description="Someone who may log in.")
class Account:
    row: strawberry.Private[models.Account]
    id: strawberry.ID = strawberry.field(description="Its key, the tokens' `sub`.")
    email: str | None = strawberry.field(description="The address to log in with, in lower case.")
    status: AccountStatus | None = strawberry.field(description="Whether someone can log in to it.")
    roles: list[str] | None = strawberry.field(description="What its person is here.")
    patient: Patient | None = strawberry.field(description="Whose own account it is, for a patient's.")
    practitioner: Practitioner | None = strawberry.field(description="Who its person is in the directory, if there.")
    second_factor_since: datetime | None = strawberry.field(description="Since when logging in takes a second factor.")
    created_at: datetime | None = strawberry.field(description="When it was made.")
    last_log_in_at: datetime | None = strawberry.field(description="When someone last logged in.")
    version: int | None = strawberry.field(description="Counts its changes; an update names the one that it read.")

    @strawberry.field(description="How many recovery codes are left.")
    async def recovery_codes_left(self, info: Info) -> int | None:
        return await info.context.load(repository.recovery_codes, self.row.id)

    @strawberry.field(description="The sessions that are still good, the newest first.")
    async def sessions(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Session] | None:
        statement = repository.live_sessions(info.context.principal, self.row.id)
        current = info.context.principal.session

        def convert(row: models.Session) -> Session:
            return _session(row, current=row.id == current)

        return await connect(info.context, statement, repository.SESSIONS, convert, first, after)

    @strawberry.field(description="What happened to it, the newest first.")
    async def activity(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Activity] | None:
        statement = repository.activities(info.context.principal, self.row.id)
        return await connect(info.context, statement, repository.ACTIVITIES, Activity.of, first, after)

    @classmethod
    def of(cls, row: models.Account) -> Self:
        """From its row."""
        return cls(
            row=row,
            id=strawberry.ID(str(row.id)),
            email=row.email,
            status=_status(row),
            roles=sorted(row.roles),
            patient=Patient(id=strawberry.ID(str(row.patient_id))) if row.patient_id else None,
            practitioner=Practitioner(id=strawberry.ID(str(row.practitioner_id))) if row.practitioner_id else None,
            second_factor_since=row.totp_confirmed_at,
            created_at=row.created_at,
            last_log_in_at=row.last_log_in_at,
            version=row.version,
        )

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key."""
        return [None if row is None else cls.of(row) for row in await repository.accounts(context, ids)]


@strawberry.type(description="What accounts can be: a set of scopes.")
class Role:
    name: str = strawberry.field(description="Its name.")
    kind: RoleKind = strawberry.field(description="What it makes of its holder.")
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
            kind=RoleKind(row.kind),
            description=row.description,
            scopes=sorted(row.scopes),
            built_in=own is not None,
            changed=own is not None and own != frozenset(row.scopes),
        )


@strawberry.type(description="Email address and password, or what was asked for in their place, do not fit together.")
class InvalidCredentials(UserError):
    code: str = error_code("INVALID_CREDENTIALS")


@strawberry.type(description="Too many attempts have failed; more are refused for a while.")
class AccountLocked(UserError):
    until: datetime = strawberry.field(description="When to try again.")
    code: str = error_code("ACCOUNT_LOCKED")


@strawberry.type(description="The code is wrong, was used before, or is too old.")
class InvalidCode(UserError):
    code: str = error_code("INVALID_CODE")


@strawberry.type(description="The session has ended or lapsed: log in again.")
class SessionEnded(UserError):
    code: str = error_code("SESSION_ENDED")


@strawberry.type(description="A session and its tokens.")
class LogInSuccess:
    access_token: str = strawberry.field(description="For `Authorization: Bearer`, a JWT (RFC 9068).")
    refresh_token: str = strawberry.field(description="For `refresh`, once; it lives 7 days.")
    expires_at: datetime = strawberry.field(description="When the access token expires.")
    account: Account = strawberry.field(description="Who has logged in.")


@strawberry.type(description="The password was right, and the account asks for a code of its second factor too.")
class SecondFactorRequired:
    challenge: str = strawberry.field(description="For `verifySecondFactor`, within 5 minutes.")


@strawberry.type(description="The request was taken; mail goes out if there is anybody to get it.")
class MailSuccess:
    email: str = strawberry.field(description="The address, as it was understood.")


@strawberry.type(description="The password is set: log in with it.")
class ChoosePasswordSuccess:
    email: str = strawberry.field(description="The address to log in with.")


@strawberry.type(description="The account as it is now.")
class AccountSuccess:
    account: Account = strawberry.field(description="The account.")


@strawberry.type(description="The session has ended; its tokens are refused from now on.")
class EndSessionSuccess:
    id: strawberry.ID = strawberry.field(description="The session's key.")


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


@strawberry.input(description="The address of someone who registers, or who has forgotten the password.")
class MailInput:
    email: str = strawberry.field(description="Email address.")


@strawberry.input(description="Who logs in.")
class LogInInput:
    email: str = strawberry.field(description="Email address.")
    password: str = strawberry.field(description="Password.")


@strawberry.input(description="The second step of a log-in.")
class VerifySecondFactorInput:
    challenge: str = strawberry.field(description="What the first step answered.")
    code: str = strawberry.field(description="The six digits of now, or a recovery code.")


@strawberry.input(description="The refresh token.")
class RefreshInput:
    refresh_token: str = strawberry.field(description="The newest one of the session.")


@strawberry.input(description="A first or forgotten password's successor.")
class ChoosePasswordInput:
    code: str = strawberry.field(description="The one-time code that came by mail.")
    password: str = strawberry.field(description="The password, 8 to 128 characters, for staff 12 or more.")


@strawberry.input(description="The password and its successor.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The password of now.")
    new_password: str = strawberry.field(description="The new one, 8 to 128 characters, for staff 12 or more.")


@strawberry.input(description="The password, as a proof that it is the account's owner who asks.")
class PasswordInput:
    password: str = strawberry.field(description="The password.")


@strawberry.input(description="A code that the second factor shows.")
class ConfirmSecondFactorInput:
    code: str = strawberry.field(description="The six digits of now.")


@strawberry.input(description="A session to end.")
class EndSessionInput:
    id: strawberry.ID = strawberry.field(description="The session's key.")


@strawberry.input(description="An account by its key.")
class AccountInput:
    id: strawberry.ID = strawberry.field(description="The account's key.")


@strawberry.input(description="Who is invited to choose a password.")
class InviteAccountInput:
    email: str = strawberry.field(description="Where the invitation goes; they log in with it.")
    roles: list[str] = strawberry.field(description="What they are here.")
    patient_id: strawberry.ID | None = strawberry.field(default=None, description="For PATIENT, which patient it is.")
    practitioner_id: strawberry.ID | None = strawberry.field(default=None, description="Who they are in the directory.")


@strawberry.input(description="An account as it shall be.")
class SaveAccountInput:
    id: strawberry.ID = strawberry.field(description="Its key.")
    version: int = strawberry.field(description="The version that was read.")
    roles: list[str] = strawberry.field(description="What its person is here.")
    practitioner_id: strawberry.ID | None = strawberry.field(default=None, description="Who they are in the directory.")
    enabled: bool = strawberry.field(default=True, description="Whether its person may log in.")


@strawberry.input(description="A role as it shall be.")
class SaveRoleInput:
    name: str = strawberry.field(description="Its name, capital letters and underscores.")
    kind: RoleKind | None = strawberry.field(
        default=None, description="What it makes of its holder: for a new role NONE unless told, else as it was."
    )
    description: str = strawberry.field(default="", description="What it is for.")
    scopes: list[str] = strawberry.field(description="What it may do, each `<resource>:<action>`.")


@strawberry.input(description="A role to remove.")
class RemoveRoleInput:
    name: str = strawberry.field(description="Its name.")


def _union(name: str, description: str) -> Any:
    return strawberry.union(name, description=description)


MailPayload = Annotated[MailSuccess | InvalidInput, _union("MailPayload", "The same, whoever has the address.")]
LogInPayload = Annotated[
    LogInSuccess | SecondFactorRequired | InvalidCredentials | AccountLocked,
    _union("LogInPayload", "The outcome of a log-in."),
]
VerifySecondFactorPayload = Annotated[
    LogInSuccess | InvalidCode | AccountLocked,
    _union("VerifySecondFactorPayload", "The outcome of a log-in's second step."),
]
RefreshPayload = Annotated[LogInSuccess | SessionEnded, _union("RefreshPayload", "The outcome of a refresh.")]
ChoosePasswordPayload = Annotated[
    ChoosePasswordSuccess | InvalidCode | InvalidInput,
    _union("ChoosePasswordPayload", "The outcome of choosing a password."),
]
ChangePasswordPayload = Annotated[
    AccountSuccess | InvalidCredentials | AccountLocked | InvalidInput,
    _union("ChangePasswordPayload", "The outcome of changing a password."),
]
EndSessionPayload = Annotated[
    EndSessionSuccess | NotFound, _union("EndSessionPayload", "The outcome of ending a session.")
]
EnrolSecondFactorPayload = Annotated[
    EnrolSecondFactorSuccess | InvalidCredentials | AccountLocked | InvalidState,
    _union("EnrolSecondFactorPayload", "The outcome of beginning a second factor."),
]
ConfirmSecondFactorPayload = Annotated[
    ConfirmSecondFactorSuccess | InvalidCode | AccountLocked | InvalidState,
    _union("ConfirmSecondFactorPayload", "The outcome of confirming a second factor."),
]
RemoveSecondFactorPayload = Annotated[
    AccountSuccess | InvalidCredentials | AccountLocked | InvalidState,
    _union("RemoveSecondFactorPayload", "The outcome of removing one's second factor."),
]
ResetSecondFactorPayload = Annotated[
    AccountSuccess | NotFound | InvalidState,
    _union("ResetSecondFactorPayload", "The outcome of removing someone's second factor."),
]
InviteAccountPayload = Annotated[
    AccountSuccess | InvalidInput | InvalidState, _union("InviteAccountPayload", "The outcome of an invitation.")
]
SaveAccountPayload = Annotated[
    AccountSuccess | InvalidInput | NotFound | VersionConflict | InvalidState,
    _union("SaveAccountPayload", "The outcome of changing an account."),
]
SaveRolePayload = Annotated[
    SaveRoleSuccess | InvalidInput | InvalidState, _union("SaveRolePayload", "The outcome of changing a role.")
]
RemoveRolePayload = Annotated[
    RemoveRoleSuccess | NotFound | InvalidState, _union("RemoveRolePayload", "The outcome of removing a role.")
]


def _id(key: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(str(key)) if key else None


def _status(row: models.Account) -> AccountStatus:
    if row.disabled_at is not None:
        return AccountStatus.DISABLED
    return AccountStatus.ACTIVE if row.password_hash else AccountStatus.INVITED


def _session(row: models.Session, *, current: bool) -> Session:
    return Session(
        id=strawberry.ID(str(row.id)),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        address=row.address,
        user_agent=row.user_agent,
        current=current,
    )
