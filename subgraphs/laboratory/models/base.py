"""What all tables of laboratory have."""

from shared.database.model import Record, Versioned, new_registry


class Model(Record, Versioned, registry=new_registry()):
    """The base of this domain's tables."""
