"""The tables that every service's database has besides its own; `versions/` creates them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Identity, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Uuid
from sqlmodel import Field, SQLModel

from shared.database.model import new_registry, timestamp, utc_now
from shared.ids import new_id


class Shared(SQLModel, registry=new_registry()):
    """The base of these tables."""


class Outbox(Shared, table=True):
    """An event that was recorded with the change that it tells of, until the relay has published it."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_unpublished_idx", "position", postgresql_where=text("published_at IS NULL")),
        Index("outbox_published_at_idx", "published_at"),
    )

    position: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    id: UUID = Field(unique=True)
    domain: str
    key: str
    body: bytes = Field(sa_type=LargeBinary)
    published_at: datetime | None = timestamp(default=None, nullable=True)


class ConsumerOffset(Shared, table=True):
    """How far a consumer has come in a partition, stored in the same transaction as the effect."""

    __tablename__ = "consumer_offset"

    consumer: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    next_offset: int = Field(sa_type=BigInteger)


class ConsumedEvent(Shared, table=True):
    """An event that a consumer has dealt with, so that a second delivery has no effect."""

    __tablename__ = "consumed_event"

    consumer: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    consumed_at: datetime = timestamp(default_factory=utc_now, index=True)


class ResourceKey(Shared, table=True):
    """By what a row is known to other systems: a resource's logical id in its source or an identifier, as SHA-256.

    `shared.known` says what the kinds are. An identifier may be several rows', an id is one's, and has the version that was
    taken over last: its `meta.lastUpdated`.
    """

    __tablename__ = "resource_key"
    __table_args__ = (
        Index("resource_key_id_key", "resource_type", "digest", unique=True, postgresql_where=text("kind = 'id'")),
    )

    resource_type: str = Field(primary_key=True)
    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    row_id: UUID = Field(primary_key=True)
    kind: str
    source_updated_at: datetime | None = timestamp(default=None, nullable=True)


class IdempotencyKey(Shared, table=True):
    """A client's key of one request, as SHA-256, and the row that came of it.

    `fingerprint` is HMAC-SHA-256 under that key of the command that it came with.
    """

    __tablename__ = "idempotency_key"

    account_id: UUID = Field(primary_key=True)
    operation: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    resource_id: UUID | None = None
    created_at: datetime = timestamp(default_factory=utc_now, index=True)


class Merger(Shared, table=True):
    """An entry that was merged, and the one that stands for it in the end, which is itself not merged."""

    __tablename__ = "merger"

    merged_id: UUID = Field(primary_key=True)
    survivor_id: UUID = Field(index=True)


class PatientAccess(Shared, table=True):
    """That somebody may open a patient's data, on what basis and until when (`shared.patient_access`).

    They are a practitioner, an account, a patient who is a proxy, or all staff of a location. `sections` are those of the
    medical record that may be opened, null for all. What has ended stays, with the version that ended it, so that nothing
    older makes it hold again.
    """

    __tablename__ = "patient_access"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(practitioner_id, account_id, proxy_id, location_id) = 1", name="patient_access_holder_check"
        ),
        Index("patient_access_patient_id_idx", "patient_id"),
        Index("patient_access_practitioner_id_idx", "practitioner_id", "patient_id"),
        Index(
            "patient_access_account_id_idx", "account_id", "patient_id", postgresql_where=text("account_id IS NOT NULL")
        ),
        Index("patient_access_proxy_id_idx", "proxy_id", "patient_id", postgresql_where=text("proxy_id IS NOT NULL")),
        Index(
            "patient_access_location_id_idx",
            "location_id",
            "patient_id",
            postgresql_where=text("location_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    patient_id: UUID
    practitioner_id: UUID | None = None
    account_id: UUID | None = None
    proxy_id: UUID | None = None
    location_id: UUID | None = None
    basis: str
    sections: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    valid_from: datetime = timestamp()
    valid_until: datetime | None = timestamp(default=None, nullable=True)
    version: int = Field(sa_type=BigInteger)


class Withholding(Shared, table=True):
    """That a patient withholds a section of the medical record (`shared.patient_access`), until they release it.

    What was released stays, with the version that says so.
    """

    __tablename__ = "withholding"
    __table_args__ = (
        Index("withholding_patient_id_idx", "patient_id", "section", postgresql_where=text("valid_until IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    patient_id: UUID
    section: str
    valid_until: datetime | None = timestamp(default=None, nullable=True)
    version: int = Field(sa_type=BigInteger)


class StoredDataKey(Shared, table=True):
    """A data key, wrapped, that encrypts what is stored of a patient (`shared.encryption`), or only opens it if it is retired.

    It is destroyed by making `wrapped` NULL. `wrapped_by` is the key-encryption key.
    """

    __tablename__ = "data_key"
    __table_args__ = (
        Index("data_key_active_key", "patient_id", unique=True, postgresql_where=text("NOT retired")),
        Index("data_key_patient_idx", "patient_id"),
    )

    id: UUID = Field(primary_key=True)
    patient_id: UUID
    retired: bool = False
    wrapped_by: str
    wrapped: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = timestamp(default_factory=utc_now)


class AuditEntry(Shared, table=True):
    """Who did what to which rows, about which patients, and with what outcome. Rows are only ever added, then sealed.

    `locations` are where they worked then, null for nowhere.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("audit_entry_unsealed_idx", "position", postgresql_where=text("seal IS NULL")),
        Index("audit_entry_actor_idx", "actor", "at"),
    )

    position: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    id: UUID = Field(default_factory=new_id)
    at: datetime = timestamp(default_factory=utc_now)
    actor: UUID
    session: UUID
    roles: list[str] = Field(sa_type=ARRAY(String))
    locations: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    action: str
    outcome: str
    resource: str
    resource_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    patients: list[UUID] = Field(sa_type=ARRAY(Uuid))
    operation: str | None = None
    request_id: str | None = None
    detail: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    seal: int | None = Field(default=None, sa_type=BigInteger, unique=True)
    hash: bytes | None = Field(default=None, sa_type=LargeBinary)
