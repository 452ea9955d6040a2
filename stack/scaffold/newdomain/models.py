"""Tables of newdomain."""

from sqlmodel import Field

from shared.database.model import Record, Versioned, new_registry


class Model(Record, Versioned, registry=new_registry()):
    """The base of this domain's tables."""


class NewEntity(Model, table=True):
    """One new entity."""

    __tablename__ = "new_entity"

    name: str = Field(index=True)
    active: bool = True
