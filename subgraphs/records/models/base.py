"""What the tables of the medical record share."""

from shared.database.model import Record, new_registry


class Model(Record, registry=new_registry()):
    """The base of this domain's tables."""
