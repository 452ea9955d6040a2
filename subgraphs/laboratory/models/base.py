"""What all tables of laboratory have."""

from typing import Any

from sqlalchemy import Numeric
from sqlmodel import Field

from shared.database.model import Record, Versioned, new_registry


class Model(Record, Versioned, registry=new_registry()):
    """The base of this domain's tables."""


def number(**options: Any) -> Any:
    """A column of an exact number, to eight places."""
    return Field(**{"default": None, "nullable": True} | options, sa_type=Numeric(18, 8))
