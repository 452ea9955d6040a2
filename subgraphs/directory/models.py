"""Tables of the directory."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Computed, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from shared.codes import Code
from shared.database.model import Record, Versioned, new_registry
from shared.database.search import NAME, search_index, searched


class Model(Record, Versioned, registry=new_registry()):
    """The base of this domain's tables."""


def _search_text(expression: str) -> Any:
    """What lists are ordered by, kept by the database."""
    return Field(
        default=None, sa_column=Column(String, Computed(f"lower({expression})", persisted=True), nullable=False)
    )


def _name_search(expression: str) -> Any:
    return Field(default=None, sa_column=Column(String, searched(expression), nullable=False))


class Entry(Model):
    """A row that stands for itself: a role is its practitioner's."""

    unversioned: ClassVar[frozenset[str]] = frozenset({"updated_at", "untold"})

    active: bool = True


def _untold(table: str) -> Index:
    return Index(f"{table}_untold_idx", "id", postgresql_where=text("untold"))


class Organization(Entry, table=True):
    """A hospital, clinic or practice."""

    __tablename__ = "organization"
    __table_args__ = (search_index("organization", "name_search"),)

    name: str
    phone: str | None = None
    address: dict[str, Any] = Field(sa_type=JSONB)
    search_text: str = _search_text("name")
    name_search: str = _name_search("name")


class Location(Entry, table=True):
    """A place where care is given. Some have no name of their own."""

    __tablename__ = "location"
    __table_args__ = (
        search_index("location", "name_search"),
        _untold("location"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position"),
    )

    organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    name: str | None = None
    phone: str | None = None
    address: dict[str, Any] = Field(sa_type=JSONB)
    time_zone: str = "UTC"
    latitude: float | None = None
    longitude: float | None = None
    untold: bool = False  # what an older version has not told of it is to be told, which a job does
    search_text: str = _search_text("coalesce(name, '')")
    name_search: str = _name_search("coalesce(name, '')")


class PractitionerOrderField(Code):
    """What practitioners can be ordered by."""

    NAME = "NAME", "By the name of the practitioners, family name first."
    ENTERED_AT = "ENTERED_AT", "By when the practitioners were entered in the directory."


class Practitioner(Entry, table=True):
    """A person who gives care."""

    __tablename__ = "practitioner"
    __table_args__ = (search_index("practitioner", "name_search"), _untold("practitioner"))

    family: str
    given: list[str] = Field(sa_type=ARRAY(String))
    prefix: str | None = None
    suffix: str | None = None
    npi: str | None = Field(default=None, unique=True)
    licence_number: str | None = None
    licence_jurisdiction: str | None = None  # ISO 3166-1 or, of a part of a country, 3166-2
    licence_valid_until: date | None = None
    email: str | None = None
    phone: str | None = None
    languages: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    untold: bool = False  # as of a location
    search_text: str = _search_text("family || ' ' || immutable_join(given)")
    name_search: str = _name_search(NAME)


class PractitionerRole(Model, table=True):
    """What a practitioner does, for which organization, where. `sources` are the keys of imported resources that say so."""

    __tablename__ = "practitioner_role"
    __table_args__ = (
        UniqueConstraint(
            "practitioner_id",
            "organization_id",
            "location_id",
            "specialty_code",
            name="practitioner_role_key",
            postgresql_nulls_not_distinct=True,
        ),
        Index("practitioner_role_specialty_idx", "specialty_system", "specialty_code"),
        Index("practitioner_role_sources_idx", "sources", postgresql_using="gin"),
    )

    practitioner_id: UUID = Field(foreign_key="practitioner.id", ondelete="CASCADE", index=True)
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    location_id: UUID | None = Field(default=None, foreign_key="location.id", index=True)
    specialty_system: str
    specialty_code: str
    specialty_display: str | None = None
    sources: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid))
