"""Tables of the patients."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import IntEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Computed,
    Date,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    String,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, Record, Versioned, new_registry, timestamp
from shared.database.search import NAME, search_index, searched
from shared.datatypes import AdministrativeGender

UNTOLD_ADDRESSES = "untold_addresses"  # the channel of NOTIFY that wakes the job


class Model(Record, registry=new_registry()):
    """The base of this domain's tables."""


# What medical record numbers are made of, before their check digit.
MEDICAL_RECORD_NUMBERS = Sequence("medical_record_number_seq", start=1_000_000, metadata=Model.metadata)

# The name by which lists go.
_NAME_TEXT = "lower(family || ' ' || immutable_join(given))"

# The names by which they are found of whom all is shown.
_NAMES = (
    f"{NAME} || ' ' || CAST(jsonb_path_query_array(other_names, '$[*].family') AS text)"
    " || ' ' || CAST(jsonb_path_query_array(other_names, '$[*].given[*]') AS text)"
)

# The date by which lists go: those of whom it is not known come last.
_BIRTH_ORDER = "coalesce(birth_date, 'infinity')"


def _values(**options: Any) -> Any:
    """A column of value objects that have no life of their own: a JSON array, replaced as a whole."""
    return Field(default_factory=list, sa_type=JSONB, **options)


class Extent(IntEnum):
    """How much of a patient a caller sees: name, birth and gender; what else identifies them as well; all."""

    NAME = 0
    IDENTITY = 1
    WHOLE = 2


class Patient(Audited, Model, Versioned, table=True):
    """A person who is given care.

    One who was found to be somebody else's duplicate stays, inactive, and names the other: `merged_into_id` (FHIR
    Patient.link, replaced-by). It names a row that is itself not merged. `partial_birth_date` is a year or month, as FHIR
    writes it, where the day of birth is not known; `deceased_on` a day, month or year, where the time of death is not.
    """

    audit_patient: ClassVar[str | None] = "id"
    unversioned: ClassVar[frozenset[str]] = frozenset({"source_digest"})
    besides: ClassVar[Mapping[str, Any]] = {"extent": Integer()}

    __tablename__ = "patient"
    __table_args__ = (
        *(search_index("patient", column) for column in ("name_search", "search_text", "contact_search")),
        Index("patient_name_order_idx", "name_text", "id"),
        Index("patient_birth_order_idx", "birth_order", "id"),
        one_of("gender", AdministrativeGender),
        CheckConstraint("num_nonnulls(birth_date, partial_birth_date) <= 1", name="birth"),
        CheckConstraint("deceased OR deceased_at IS NULL", name="deceased_at"),
        CheckConstraint("deceased OR deceased_on IS NULL", name="deceased_on"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id AND NOT active", name="merged"),
        CheckConstraint("preferred_channels <@ ARRAY['email', 'sms', 'phone', 'mail']::varchar[]", name="channels"),
    )

    active: bool = True
    # Of who was imported: the SHA-256 of what the other system said last.
    source_digest: bytes | None = Field(default=None, sa_type=LargeBinary)
    medical_record_number: str = Field(unique=True)
    family: str
    given: list[str] = Field(sa_type=ARRAY(String))
    prefix: str | None = None
    suffix: str | None = None
    other_names: list[dict[str, Any]] = _values()
    birth_date: date | None = Field(default=None, index=True)
    partial_birth_date: str | None = None
    gender: str
    marital_status: str | None = None
    deceased: bool = False
    deceased_at: datetime | None = timestamp(default=None, nullable=True)
    deceased_on: str | None = None
    contact_points: list[dict[str, Any]] = _values()
    addresses: list[dict[str, Any]] = _values()
    emergency_contacts: list[dict[str, Any]] = _values()
    language: str | None = None
    preferred_channels: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    reminders: bool = False
    merged_into_id: UUID | None = Field(default=None, foreign_key="patient.id", index=True)
    name_text: str = Field(default=None, sa_column=Column(String, Computed(_NAME_TEXT, persisted=True), nullable=False))
    name_search: str = Field(default=None, sa_column=Column(String, searched(NAME), nullable=False))
    search_text: str = Field(default=None, sa_column=Column(String, searched(_NAMES), nullable=False))
    # Telephone numbers as digits and other contact points in lower case, each between spaces.
    contact_search: str = Field(
        default=None,
        sa_column=Column(String, Computed("contact_search(contact_points)", persisted=True), nullable=False),
    )
    birth_order: date = Field(
        default=None, sa_column=Column(Date, Computed(_BIRTH_ORDER, persisted=True), nullable=False)
    )

    @property
    def extent(self) -> int:
        """How much of it the caller sees, as `policy` says; in a unit of work all, since no less can be changed."""
        return Extent.WHOLE


class PatientIdentifier(Audited, Model, table=True):
    """A number by which another system knows the patient. Two rows may share one until they are merged."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "patient_identifier"
    __table_args__ = (
        UniqueConstraint("patient_id", "system", "value"),
        Index("patient_identifier_value_idx", "value", "system"),
    )

    patient_id: UUID = Field(foreign_key="patient.id", ondelete="CASCADE")
    system: str
    value: str
    type: str | None = None  # a code of HL7's table 0203


class PossibleDuplicate(Model, table=True):
    """A patient who may be another one, as far as other systems tell; there is a row for either."""

    __tablename__ = "possible_duplicate"
    __table_args__ = (UniqueConstraint("patient_id", "other_id"), CheckConstraint("patient_id <> other_id", name="two"))

    patient_id: UUID = Field(foreign_key="patient.id", ondelete="CASCADE")
    other_id: UUID = Field(foreign_key="patient.id", ondelete="CASCADE", index=True)


class UntoldAddresses(Model, table=True):
    """A patient whose email addresses others are to be told of, which a job does."""

    __tablename__ = "untold_addresses"

    patient_id: UUID = Field(foreign_key="patient.id", ondelete="CASCADE", unique=True)
