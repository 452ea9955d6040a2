"""Tables of what the safety check knows besides its own tables."""

from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, String, UniqueConstraint
from sqlmodel import Field

from shared.codes import one_of
from subgraphs.pharmacy.models.base import Part
from subgraphs.pharmacy.safety.codes import SafetySeverity


class InteractionList(Part, table=True):
    """What a clinic has added, as imported at one time: pairs of drugs, ingredients. The newest holds; none is changed."""

    __tablename__ = "interaction_list"
    __table_args__ = (UniqueConstraint("version"), CheckConstraint("version > 0", name="version"))

    version: int
    account_id: UUID


class ClinicIngredient(Part, table=True):
    """An ingredient of a list that the check's tables do not know, and its classes in them. `line` is where it stood."""

    __tablename__ = "clinic_ingredient"
    __table_args__ = (
        UniqueConstraint("list_id", "line"),
        UniqueConstraint("list_id", "name"),
        CheckConstraint("rxcui ~ '^[1-9][0-9]{0,9}$'", name="rxcui"),
    )

    list_id: UUID = Field(foreign_key="interaction_list.id")
    line: int
    name: str
    rxcui: str | None = None
    classes: list[str] = Field(sa_type=ARRAY(String))


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
