"""Tables of identity."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Computed, DateTime, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from shared.auth.principal import Kind
from shared.codes import Code, one_of
from shared.database.model import Audited, Record, Versioned, new_registry, timestamp

# Channels of NOTIFY, which wake the jobs.
OUTGOING_MAIL, STALE_TOKENS, UNTOLD_ACCESS = "outgoing_mail", "stale_tokens", "untold_access"


class Model(Record, registry=new_registry()):
    """The base of this domain's tables."""


class AccountStatus(Code):
    """Whether someone can log in to an account."""

    INVITED = "INVITED", "The account's person has been invited, and has not chosen a password yet."
    ACTIVE = "ACTIVE", "The account's person can log in."
    DISABLED = "DISABLED", "An administrator has closed the account."


class ActivityKind(Code):
    """What happened to an account."""

    REGISTERED = "REGISTERED", "The first password of the account was chosen."
    INVITED = "INVITED", "The account was created, and its person invited."
    LOGGED_IN = "LOGGED_IN", "Someone logged in to the account."
    LOG_IN_FAILED = "LOG_IN_FAILED", "Someone tried to log in with a wrong password."
    LOCKED_OUT = "LOCKED_OUT", "Too many attempts to log in failed; more are refused for a while."
    SECOND_FACTOR_FAILED = "SECOND_FACTOR_FAILED", "Someone knew the password, but no code of the second factor."
    STEPPED_UP = "STEPPED_UP", "A code of the second factor was given anew in a session."
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED", "A recovery code took the place of the second factor."
    REFRESH_TOKEN_REUSED = "REFRESH_TOKEN_REUSED", "A refresh token came again after its use; its session was ended."
    LOGGED_OUT = "LOGGED_OUT", "A session of the account was ended by logging out."
    SESSION_ENDED = "SESSION_ENDED", "A session of the account was ended from elsewhere."
    PASSWORD_CHANGED = "PASSWORD_CHANGED", "The password was changed; all other sessions were ended."
    PASSWORD_RESET = "PASSWORD_RESET", "The password was reset by a code from a mail; all sessions were ended."
    SECOND_FACTOR_ADDED = "SECOND_FACTOR_ADDED", "A second factor was set up for the account."
    SECOND_FACTOR_REMOVED = "SECOND_FACTOR_REMOVED", "The second factor of the account was removed."
    ACCOUNT_CHANGED = (
        "ACCOUNT_CHANGED",
        "An administrator changed the roles, the practitioner or the locations of the account.",
    )
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED", "An administrator closed the account; all sessions were ended."
    ACCOUNT_ENABLED = "ACCOUNT_ENABLED", "An administrator opened the account again."
    PATIENT_MERGED = "PATIENT_MERGED", "The account's patient was merged into another, whose the account is now."


class RoleKind(Code):
    """What kind of user a role makes of its holder; what everybody of a kind may see and do follows from it."""

    STAFF = "staff", "A member of staff, who works here."
    PATIENT = "patient", "A patient, who acts for themselves."
    PARTNER = "partner", "Someone of another organization, such as an insurer."
    SERVICE = "service", "A program that acts for nobody."
    NONE = "none", "No kind yet: the role opens only what is open to everybody with its scopes."


# The time by which lists go: who has never logged in comes first.
_LAST_LOG_IN_ORDER = "coalesce(last_log_in_at, '0001-01-01 00:00:00+00')"


class AccountOrderField(Code):
    """What accounts can be ordered by."""

    EMAIL = "EMAIL", "By the email address of the accounts."
    LAST_LOG_IN_AT = (
        "LAST_LOG_IN_AT",
        "By when someone last logged in; accounts that nobody has logged in to come first if ascending.",
    )
    CREATED_AT = "CREATED_AT", "By when the accounts were created."


class Account(Model, Versioned, Audited, table=True):
    """Someone who may log in, once they have chosen a password. A patient's own account has no other role."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("(patient_id IS NOT NULL) = ('PATIENT' = ANY(roles))", name="patient"),
        CheckConstraint("'PATIENT' <> ALL(roles) OR cardinality(roles) = 1", name="only_patient"),
        CheckConstraint("'PATIENT' <> ALL(roles) OR cardinality(location_ids) = 0", name="location_ids"),
        Index("account_email_trgm_idx", "email", postgresql_using="gin", postgresql_ops={"email": "gin_trgm_ops"}),
        Index("account_roles_idx", "roles", postgresql_using="gin"),
        Index("account_last_log_in_order_idx", "last_log_in_order", "id"),
        Index("account_tokens_stale_idx", "id", postgresql_where=text("tokens_stale")),
        Index("account_access_untold_idx", "id", postgresql_where=text("access_untold")),
    )
    audit_patient: ClassVar[str | None] = "patient_id"
    unversioned: ClassVar[frozenset[str]] = frozenset(
        {
            "updated_at",
            "password_hash",
            "last_log_in_at",
            "totp_secret",
            "totp_confirmed_at",
            "totp_last_step",
            "tokens_stale",
            "access_untold",
        }
    )

    email: str = Field(unique=True)
    name: str | None = None  # of a person whom neither the directory nor a patient's record names
    password_hash: str | None = None
    roles: list[str] = Field(sa_type=ARRAY(String))
    patient_id: UUID | None = Field(default=None, index=True)
    practitioner_id: UUID | None = None
    location_ids: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid))  # where somebody of the staff works
    disabled_at: datetime | None = timestamp(default=None, nullable=True)
    last_log_in_at: datetime | None = timestamp(default=None, nullable=True)
    last_log_in_order: datetime = Field(
        default=None,
        sa_column=Column(DateTime(timezone=True), Computed(_LAST_LOG_IN_ORDER, persisted=True), nullable=False),
    )
    totp_secret: bytes | None = None
    totp_confirmed_at: datetime | None = timestamp(default=None, nullable=True)
    totp_last_step: int = 0
    tokens_stale: bool = False  # an event has changed what its tokens say, which a job then revokes
    access_untold: bool = False  # what it may do is to be told to other domains, which a job does


class Session(Model, table=True):
    """A log-in and all tokens that came of it; its key is the tokens' `sid`."""

    __tablename__ = "session"

    account_id: UUID = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    address: str | None = None
    user_agent: str | None = None
    last_used_at: datetime = timestamp()
    expires_at: datetime = timestamp(index=True)
    ended_at: datetime | None = timestamp(default=None, nullable=True)
    second_factor_at: datetime | None = timestamp(default=None, nullable=True)


class RefreshToken(Model, table=True):
    """A refresh token by its SHA-256; a used one stays with the SHA-256 of who used it, so that its next use is noticed."""

    __tablename__ = "refresh_token"

    session_id: UUID = Field(foreign_key="session.id", ondelete="CASCADE", index=True)
    digest: bytes = Field(unique=True)
    expires_at: datetime = timestamp()
    used_at: datetime | None = timestamp(default=None, nullable=True)
    used_by: bytes | None = None


class CodePurpose(StrEnum):
    """What a one-time code lets its holder do."""

    REGISTRATION = "registration"
    INVITATION = "invitation"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - a purpose
    SECOND_FACTOR = "second-factor"


ANOTHER_ACCOUNT = "another-account"  # the purpose of mail that tells a patient of it, without a code


class OneTimeCode(Model, table=True):
    """A secret that someone was given to use once, by its SHA-256. A registration's has no account yet."""

    __tablename__ = "one_time_code"
    __table_args__ = (CheckConstraint("(account_id IS NULL) = (purpose = 'registration')", name="account"),)

    purpose: str
    digest: bytes = Field(unique=True)
    email: str = Field(index=True)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", ondelete="CASCADE", index=True)
    expires_at: datetime = timestamp(index=True)


class RecoveryCode(Model, table=True):
    """A code that stands in for a lost second factor, once, by its SHA-256."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    account_id: UUID = Field(foreign_key="account.id", ondelete="CASCADE")
    digest: bytes


class Activity(Model, table=True):
    """What happened to an account, for its owner to read; `actor_id` is who did it, where that was not the owner."""

    __tablename__ = "activity"
    __table_args__ = (Index("activity_account_id_id_idx", "account_id", "id"),)

    account_id: UUID = Field(foreign_key="account.id", ondelete="CASCADE")
    kind: str
    session_id: UUID | None = None
    actor_id: UUID | None = None
    address: str | None = None
    user_agent: str | None = None


class OutgoingMail(Model, table=True):
    """Mail to be sent. Its text, with the one-time code, is made only when it is sent, so no secret waits here."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index("outgoing_mail_due_idx", "next_attempt_at", postgresql_where=text("done_at IS NULL")),
        Index("outgoing_mail_recipient_created_at_idx", "recipient", "created_at"),
    )

    purpose: str
    recipient: str
    attempts: int = 0
    next_attempt_at: datetime = timestamp()
    done_at: datetime | None = timestamp(default=None, nullable=True)


class Role(Model, table=True):
    """A role that was defined here, or one that comes with CareGraph whose scopes were changed here."""

    __tablename__ = "role"
    __table_args__ = (one_of("kind", RoleKind),)

    name: str = Field(unique=True)
    kind: str = Kind.NONE.value
    description: str
    scopes: list[str] = Field(sa_type=ARRAY(String))


class KnownPatient(Model, table=True):
    """A patient, as the patients' service tells: the keyed digests of their email addresses."""

    __tablename__ = "known_patient"

    patient_id: UUID = Field(unique=True)
    email_digests: list[str] = Field(sa_type=ARRAY(String))
