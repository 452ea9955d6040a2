"""Tables of what the safety check knows besides its own tables."""

from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from shared.codes import one_of
from subgraphs.pharmacy.models.base import Part
from subgraphs.pharmacy.safety.codes import SafetySeverity


class InteractionList(Part, table=True):
    """Pairs of drugs that interact as the clinic has it, as imported at one time. The newest version holds; none is changed."""

    __tablename__ = "interaction_list"
    __table_args__ = (UniqueConstraint("version"), CheckConstraint("version > 0", name="version"))

    version: int
    account_id: UUID


class Interaction(Part, table=True):
    """A pair of a list: two classes or ingredients, by their names in the check's tables. `line` is where it stood."""

    __tablename__ = "interaction"
    __table_args__ = (UniqueConstraint("list_id", "line"), one_of("severity", SafetySeverity))

    list_id: UUID = Field(foreign_key="interaction_list.id")
    line: int
    first: str
    second: str
    severity: str
    effect: str
    reason: str | None = None
