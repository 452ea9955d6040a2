"""What is asked of the safety check's knowledge."""

from typing import Annotated

from pydantic import Field

from shared.commands import Repeatable
from shared.values import text

LONGEST_LIST = 200_000
"""Characters of a list of interactions."""


class ImportInteractions(Repeatable):
    """Pairs of drugs that interact as the clinic has it, in place of those that were imported before."""

    csv: Annotated[str, text(LONGEST_LIST, lines=True)] = Field(
        description=(
            "A table (RFC 4180) with the columns first, second, severity, effect and reason, named in its first line; the last "
            "two may be absent. A pair is of two classes or ingredients, as `safetyKnowledge` names them. Where it is within a "
            "pair that ships, its severity holds instead; one of high priority is lowered for a `reason` only."
        )
    )
