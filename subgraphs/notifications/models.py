"""Tables of notifications."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Index, Sequence, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from shared.codes import Code
from shared.database.model import Audited, Record, new_registry, timestamp


class Model(Record, registry=new_registry()):
    """The base of this domain's tables."""


class Kind(Code, name="NotificationKind"):
    """What a notification tells of."""

    APPOINTMENT_BOOKED = "APPOINTMENT_BOOKED", "An appointment was booked."
    APPOINTMENT_RESCHEDULED = "APPOINTMENT_RESCHEDULED", "An appointment was moved to another slot."
    APPOINTMENT_CANCELLED = "APPOINTMENT_CANCELLED", "An appointment was cancelled."
    APPOINTMENT_REMINDER = "APPOINTMENT_REMINDER", "An appointment begins soon."
    WAITLIST_OFFERED = "WAITLIST_OFFERED", "A slot is held for a patient on the waitlist."
    WAITLIST_EXPIRED = (
        "WAITLIST_EXPIRED",
        "A waitlist entry has ended: an offer lapsed, or the last day that suits is over.",
    )
    PASSWORD_CHANGED = "PASSWORD_CHANGED", "The account's password was changed; this cannot be turned off."
    SECOND_FACTOR_ENABLED = (
        "SECOND_FACTOR_ENABLED",
        "A second factor was set up for the account; this cannot be turned off.",
    )
    SECOND_FACTOR_REMOVED = (
        "SECOND_FACTOR_REMOVED",
        "The second factor of the account was removed; this cannot be turned off.",
    )
    ANOTHER_ACCOUNT = (
        "ANOTHER_ACCOUNT",
        "Another address was invited to an account for the patient's record; this cannot be turned off.",
    )
    RECORD_ACCESS_REQUESTED = (
        "RECORD_ACCESS_REQUESTED",
        "A member of staff asks for access to the patient's record; this cannot be turned off.",
    )
    RECORD_ACCESS_DECIDED = (
        "RECORD_ACCESS_DECIDED",
        "A request for access to a record was granted, refused or has expired.",
    )
    EMERGENCY_ACCESS_OPENED = (
        "EMERGENCY_ACCESS_OPENED",
        "The patient's record was opened in an emergency; this cannot be turned off.",
    )
    EMERGENCY_ACCESS_TO_REVIEW = (
        "EMERGENCY_ACCESS_TO_REVIEW",
        "A record was opened in an emergency, which is to be reviewed.",
    )
    PROXY_APPOINTED = "PROXY_APPOINTED", "A patient acts for a minor from now on; this cannot be turned off."
    PROXY_ENDED = "PROXY_ENDED", "A patient no longer acts for a minor."
    DOCUMENT_SHARED = "DOCUMENT_SHARED", "A document was shared with the patient."
    RECORD_ACCESS_WITHDRAWN = "RECORD_ACCESS_WITHDRAWN", "A grant of access to a record was withdrawn by the patient."
    MEDICATION_READY = "MEDICATION_READY", "Something that is prescribed is ready for the patient to pick up."
    PRESCRIPTION_CHANGED = (
        "PRESCRIPTION_CHANGED",
        "A prescription of the patient's was put on hold, goes on, was stopped or withdrawn.",
    )
    PRESCRIPTION_RETURNED = (
        "PRESCRIPTION_RETURNED",
        "A pharmacist cannot dispense a prescription as it is, and asks the prescriber.",
    )
    PRESCRIPTION_TO_RECHECK = (
        "PRESCRIPTION_TO_RECHECK",
        "Something has become known of a patient since a prescription was checked for safety.",
    )
    REFILL_REQUESTED = "REFILL_REQUESTED", "A patient asks the prescriber for more of what was prescribed."
    REFILL_DECIDED = "REFILL_DECIDED", "The prescriber has answered the patient's request for more."
    MEDICATION_RECALLED = "MEDICATION_RECALLED", "A medication that the patient was given was called back."
    DISPENSING_TO_RECHECK = (
        "DISPENSING_TO_RECHECK",
        "Something has become known of a patient since a prescription for the pharmacy was checked for safety.",
    )
    STOCK_LOW = "STOCK_LOW", "There is less of a medication at the pharmacy than its minimum."
    LOT_EXPIRING = "LOT_EXPIRING", "A lot at the pharmacy will expire soon."
    LOT_RECALLED = "LOT_RECALLED", "A lot that the pharmacy has or had was called back; this cannot be turned off."
    RESULTS_RELEASED = "RESULTS_RELEASED", "Results of the patient's were released by the laboratory."
    RESULTS_CORRECTED = "RESULTS_CORRECTED", "A released result of the patient's was corrected or taken back."
    SPECIMEN_REJECTED = "SPECIMEN_REJECTED", "A specimen cannot be examined, and is to be taken anew."
    CRITICAL_RESULT = "CRITICAL_RESULT", "A result is critical, and whoever is told is to acknowledge it at once."
    CRITICAL_RESULT_ESCALATED = (
        "CRITICAL_RESULT_ESCALATED",
        "A critical result was not acknowledged in time by those who were told before.",
    )


class Channel(Code, name="NotificationChannel"):
    """A way in which a notification reaches someone."""

    IN_APP = "IN_APP", "The notification is in the inbox, and sent to the subscriptions that are open."


# The security of an account is not for its intruder to keep quiet about, nor who wants to open a record. Whoever may have been
# given what was called back is to be called by somebody.
MANDATORY = frozenset(
    {
        Kind.PASSWORD_CHANGED,
        Kind.SECOND_FACTOR_ENABLED,
        Kind.SECOND_FACTOR_REMOVED,
        Kind.ANOTHER_ACCOUNT,
        Kind.RECORD_ACCESS_REQUESTED,
        Kind.EMERGENCY_ACCESS_OPENED,
        Kind.PROXY_APPOINTED,
        Kind.LOT_RECALLED,
    }
)

# Drawn from under a lock, so that positions become visible in their order.
POSITION = Sequence("notification_position", metadata=Model.metadata)


class Notification(Audited, Model, table=True):
    """What a recipient is told: a patient, a practitioner or an account, by their key.

    `position` is its place among all notifications, in which subscriptions deliver them; it is placed after it has been
    committed. `pushed_at` is when Redis had it.
    """

    __tablename__ = "notification"
    __table_args__ = (
        Index("notification_inbox_idx", "recipient", "id"),
        Index("notification_unread_idx", "recipient", postgresql_where=text("read_at IS NULL")),
        Index("notification_delivery_idx", "recipient", "position"),
        Index("notification_unpushed_idx", "position", "id", postgresql_where=text("pushed_at IS NULL")),
    )
    audit_patient: ClassVar[str | None] = "patient_id"

    recipient: UUID
    kind: str
    patient_id: UUID | None = Field(default=None, index=True)
    appointment_id: UUID | None = None
    read_at: datetime | None = timestamp(default=None, nullable=True)
    position: int | None = Field(default=None, sa_type=BigInteger, unique=True)
    pushed_at: datetime | None = timestamp(default=None, nullable=True)


class OptOut(Model, table=True):
    """A kind that a recipient does not want to be told of by a channel."""

    __tablename__ = "opt_out"
    __table_args__ = (UniqueConstraint("recipient", "kind", "channel"),)

    recipient: UUID
    kind: str
    channel: str


class Patient(Audited, Model, table=True):
    """What is known of a patient here: the language and the consent to reminders that they gave."""

    __tablename__ = "patient"
    audit_patient: ClassVar[str | None] = "id"

    language: str | None = None
    reminders: bool = True


class Account(Model, table=True):
    """What is known here of an account: what it is for, and where its holder works."""

    __tablename__ = "account"
    __table_args__ = (Index("account_locations_idx", "location_ids", postgresql_using="gin"),)

    enabled: bool
    roles: list[str] = Field(sa_type=ARRAY(String))
    location_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
