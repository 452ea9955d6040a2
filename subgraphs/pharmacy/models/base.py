"""What all tables of pharmacy have."""

from shared.database.model import Record, Versioned, new_registry


class Part(Record, registry=new_registry()):
    """The base of this domain's tables; its own rows belong to others, or are never changed."""


class Model(Part, Versioned):
    """The base of the tables whose rows clients change."""
