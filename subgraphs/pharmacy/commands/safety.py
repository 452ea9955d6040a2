"""What is asked of the safety check's knowledge."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.commands import Repeatable
from shared.values import text, wrong
from subgraphs.pharmacy.errors import TABLE_NEEDED

LONGEST_LIST = 200_000
"""Characters of a list of interactions."""


Table = Annotated[str, text(LONGEST_LIST, lines=True)]


class ImportInteractions(Repeatable):
    """Pairs of drugs that interact as the clinic has it, and ingredients, in place of those that were imported before."""

    csv: Table | None = Field(
        None,
        description=(
            "A table (RFC 4180) with the columns first, second, severity, effect and reason, named in its first line; the last "
            "two may be absent. A pair is of two classes or ingredients, as `safetyKnowledge` names them. Where it is within a "
            "pair that ships, its severity holds instead; one of high priority is lowered for a `reason` only. "
            "Absent: the pairs stay as they are."
        ),
    )
    ingredients: Table | None = Field(
        None,
        description=(
            "A table with the columns name, rxcui and classes, named in its first line, of ingredients that none that ships "
            "knows; the last two may be absent. Classes are separated by `|`, and what holds of them holds of the "
            "ingredient. Absent: the ingredients stay as they are."
        ),
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.csv is None and self.ingredients is None:
            raise wrong(TABLE_NEEDED)
        return self
