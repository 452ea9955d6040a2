"""Tables of who may open a patient's record. What is decided is in `patient_access`, as every service has it."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, Versioned, timestamp, utc_now
from shared.encryption import Encrypted, encrypted
from subgraphs.records.codes import EmergencyStatus, PurposeOfUse, Relationship, RequestStatus, Section, Verdict
from subgraphs.records.models.base import Model


class Patient(Model, table=True):
    """What must be known here of a patient: that they are registered."""

    __tablename__ = "patient"


class Account(Model, table=True):
    """What must be known here of an account: whose it is, and what it may do."""

    __tablename__ = "account"

    patient_id: UUID | None = Field(default=None, index=True)
    practitioner_id: UUID | None = Field(default=None, index=True)
    enabled: bool
    scopes: list[str] = Field(sa_type=ARRAY(String))


class CareRelation(Model, table=True):
    """What a row of `patient_access`, which has the same key, comes from: an appointment, an encounter, an order, a team."""

    __tablename__ = "care_relation"
    __table_args__ = (Index("care_relation_source_idx", "source_id", "basis"),)

    source_id: UUID
    basis: str


class WithheldSection(Audited, Model, table=True):
    """A section of the record that a patient withholds from all but themselves; only an emergency opens it.

    Each is a row of `withholding` as well, under the same key, as every service has it.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "withheld_section"
    __table_args__ = (UniqueConstraint("patient_id", "section"), one_of("section", Section))

    patient_id: UUID
    section: str


class RecordAccessRequest(Audited, Model, Versioned, table=True):
    """A request of a member of staff for access to a record, and the grant that it may have led to.

    A grant is in `patient_access` as well, under the same key. A request is answered before `answer_by`, and a grant holds
    until `granted_until`: from then on each is over, whether the job that says so has run or not.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "record_access_request"
    __table_args__ = (
        one_of("purpose", PurposeOfUse),
        one_of("status", RequestStatus),
        CheckConstraint("days BETWEEN 1 AND 365", name="days"),
        CheckConstraint("status <> 'GRANTED' OR granted_until IS NOT NULL", name="granted_until"),
        Index("record_access_request_patient_idx", "patient_id", "id"),
        Index("record_access_request_account_idx", "account_id", "id"),
        Index("record_access_request_answer_by_idx", "answer_by", postgresql_where=text("status = 'PENDING'")),
        Index("record_access_request_granted_until_idx", "granted_until", postgresql_where=text("status = 'GRANTED'")),
    )

    patient_id: UUID
    account_id: UUID
    practitioner_id: UUID | None = None
    purpose: str
    reason: Encrypted[str] = encrypted(str)
    sections: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    days: int
    status: str = RequestStatus.PENDING
    answer_by: datetime = timestamp()
    decided_at: datetime | None = timestamp(default=None, nullable=True)
    refusal: Encrypted[str] | None = encrypted(str, nullable=True)
    granted_until: datetime | None = timestamp(default=None, nullable=True)
    withdrawn_by: str | None = None

    @property
    def status_now(self) -> RequestStatus:
        """Its status at this moment."""
        return self.status_at(utc_now())

    def status_at(self, moment: datetime) -> RequestStatus:
        """Its status at a moment that is not before its last change."""
        ends = {RequestStatus.PENDING: self.answer_by, RequestStatus.GRANTED: self.granted_until}
        end = ends.get(RequestStatus(self.status))
        return RequestStatus.EXPIRED if end is not None and end <= moment else RequestStatus(self.status)


class Disclosure(Model, table=True):
    """That somebody has read data of patients in a service: a copy of an entry of its audit trail, by the entry's key.

    `locations` are where they worked then.
    """

    __tablename__ = "disclosure"
    __table_args__ = (
        Index("disclosure_at_idx", "at", "id"),
        Index("disclosure_actor_idx", "actor", "at", "id"),
        Index("disclosure_patients_idx", "patients", postgresql_using="gin"),
    )

    service: str
    at: datetime = timestamp()
    actor: UUID
    roles: list[str] = Field(sa_type=ARRAY(String))
    resource: str
    patients: list[UUID] = Field(sa_type=ARRAY(Uuid))
    locations: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))


class UncountedDay(Model, table=True):
    """A day, in UTC, of whose looks more have come since they were counted for statistics."""

    __tablename__ = "uncounted_day"

    day: date = Field(unique=True)


EMERGENCY_OVERLAP = "emergency_access_overlap"


class EmergencyAccess(Audited, Model, Versioned, table=True):
    """That a member of staff opened a record in an emergency, which is in `patient_access` under the same key.

    `moved` says that the patient was merged since: who had opened both records has two accesses to one at a time.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "emergency_access"
    __table_args__ = (
        ExcludeConstraint(
            ("account_id", "="),
            ("patient_id", "="),
            (text("tstzrange(opened_at, expires_at)"), "&&"),
            name=EMERGENCY_OVERLAP,
            using="gist",
            where=text("NOT moved"),
        ),
        CheckConstraint("opened_at < expires_at", name="period"),
        CheckConstraint(
            "num_nulls(verdict, reviewed_at, reviewer_id, comment) IN (0, 4) AND reviewed_at >= expires_at",
            name="review",
        ),
        one_of("verdict", Verdict),
        Index("emergency_access_patient_idx", "patient_id", "opened_at"),
        Index("emergency_access_opened_at_idx", "opened_at", "id"),
    )

    patient_id: UUID
    account_id: UUID
    practitioner_id: UUID | None = None
    reason: Encrypted[str] = encrypted(str)
    opened_at: datetime = timestamp()
    expires_at: datetime = timestamp()
    moved: bool = False
    verdict: str | None = None
    reviewed_at: datetime | None = timestamp(default=None, nullable=True)
    reviewer_id: UUID | None = None
    comment: Encrypted[str] | None = encrypted(str, nullable=True)

    @property
    def status_now(self) -> EmergencyStatus:
        """Its status at this moment."""
        if self.verdict is not None:
            return EmergencyStatus.REVIEWED
        return EmergencyStatus.OPEN if self.expires_at > utc_now() else EmergencyStatus.CLOSED


class Proxy(Audited, Model, Versioned, table=True):
    """That a patient acts for a minor until the minor's birthday; what lets them see is in `patient_access`.

    `whole_until` is the birthday from which on confidential sections are not the proxy's.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "proxy"
    __table_args__ = (
        Index(
            "proxy_patient_key",
            "patient_id",
            "proxy_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND NOT moved"),
        ),
        Index("proxy_proxy_idx", "proxy_id"),
        CheckConstraint("patient_id <> proxy_id OR ended_at IS NOT NULL", name="another"),
        one_of("relationship", Relationship),
    )

    patient_id: UUID
    proxy_id: UUID
    relationship: str
    whole_until: date
    ends_on: date
    ended_at: datetime | None = timestamp(default=None, nullable=True)
    moved: bool = False
