"""Whom and which places pharmacy knows, by others' events."""

from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid
from sqlmodel import Field

from subgraphs.pharmacy.models.base import Part


class Patient(Part, table=True):
    """What must be known here of a patient: that they are registered. Who signs for them locks the row."""

    __tablename__ = "patient"


class Location(Part, table=True):
    """What must be known here of a location, such as a pharmacy."""

    __tablename__ = "location"

    time_zone: str = "UTC"
    active: bool = True


class Account(Part, table=True):
    """What must be known here of an account: what it may do, and where it works."""

    __tablename__ = "account"

    enabled: bool
    scopes: list[str] = Field(sa_type=ARRAY(String))
    location_ids: list[UUID] = Field(default_factory=list, sa_type=ARRAY(Uuid))
