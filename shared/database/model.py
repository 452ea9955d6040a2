"""What all tables share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Connection, DateTime, MetaData, event, inspect
from sqlalchemy.orm import Mapper, registry
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Field, SQLModel

from shared.ids import new_id

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


def utc_now() -> datetime:
    """Now, with its time zone."""
    return datetime.now(UTC)


def timestamp(**options: Any) -> Any:
    """A column of a point in time, `timestamptz`."""
    return Field(sa_type=DateTime(timezone=True), **options)


class Audited:
    """A table whose rows are about a person: each read and write of a row is entered into the audit trail.

    `audit_patient` names the column that says which patient a row is about, where there is one.
    """

    audit_patient: ClassVar[str | None] = None


def new_registry() -> registry:
    """A domain's own registry, so that two domains in one process share no metadata."""
    return registry(metadata=MetaData(naming_convention=NAMING))


class Record(SQLModel):
    """A row with a key of its own. A domain begins with `class Model(Record, registry=new_registry()): ...`."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = timestamp(default_factory=utc_now)
    updated_at: datetime = timestamp(default_factory=utc_now, sa_column_kwargs={"onupdate": utc_now})


class Versioned(SQLModel):
    """A row that clients change at the version that they have read; each flush that changes it makes the next one.

    `unversioned` names columns that clients do not see change.
    """

    unversioned: ClassVar[frozenset[str]] = frozenset()

    version: int = 1

    def touch(self) -> None:
        """Make a new version because of rows that belong to this one."""
        flag_modified(self, "version")


@event.listens_for(Versioned, "before_update", propagate=True)
def _next_version(_: Mapper[Any], __: Connection, row: Versioned) -> None:
    # SQLAlchemy's own `version_id_col` counts changes of all columns, and updates row by row.
    if any(item.history.has_changes() for item in inspect(row).attrs if item.key not in row.unversioned):
        row.version += 1


def assign(row: SQLModel, values: Mapping[str, Any]) -> frozenset[str]:
    """Give a row values by its columns' names; which of them were others before."""
    changed = frozenset(name for name, value in values.items() if getattr(row, name, None) != value)
    for name in changed:
        setattr(row, name, values[name])
    return changed
