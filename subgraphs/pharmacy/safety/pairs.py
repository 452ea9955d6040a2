"""Pairs of drugs that interact: those of the tables, and those of a clinic."""

from collections.abc import Sequence

import msgspec

from subgraphs.pharmacy.safety.codes import SafetySeverity

HIGH, LOW, LABEL, CLINIC = "HIGH", "LOW", "LABEL", "CLINIC"
"""Where pairs are from: lists of high and of low priority, what labels say besides, and the clinic."""


class Side(msgspec.Struct, frozen=True):
    """A class or an ingredient, and all ingredients that are of it."""

    name: str
    members: frozenset[str]


class InteractingPair(msgspec.Struct, frozen=True, kw_only=True):
    """Two sides that interact: any ingredient of the one with any other of the other.

    `washout` is for how many days after its end the one acts upon the other. `instead` are a clinic's pairs within this one,
    which say how grave it is for theirs.
    """

    origin: str
    number: int
    first: Side
    second: Side
    severity: SafetySeverity
    effect: str
    mechanism: str | None = None
    washout: int = 0
    source: str
    instead: "tuple[InteractingPair, ...]" = ()

    @property
    def id(self) -> str:
        """What names it in findings; of a clinic's, whatever line it stands in."""
        number = "" if self.origin == CLINIC else f"-{self.number}"
        return f"{self.origin}{number}:{self.first.name}+{self.second.name}"

    def order(self, one: str, other: str) -> tuple[str, str] | None:
        """Two ingredients as the first and the second of it, whichever comes first here; None if they are not of it."""
        if one != other:
            for first, second in sorted([(one, other), (other, one)]):
                if first in self.first.members and second in self.second.members:
                    return first, second
        return None

    def severity_of(self, one: str, other: str, *, locally: bool = False) -> SafetySeverity:
        """How grave it is for two ingredients: as the clinic's narrowest pair of them has it, else as it is here.

        Where one of the two acts `locally`, what is here informs.
        """
        own = [each for each in self.instead if each.order(one, other)]
        narrowest = min(own, key=lambda each: len(each.first.members) * len(each.second.members), default=self)
        return SafetySeverity.INFORMS if locally and narrowest.origin != CLINIC else narrowest.severity

    def is_within(self, pair: "InteractingPair") -> bool:
        """Whether all that is of it is of another pair, either way round."""
        ways = ((self.first, self.second), (self.second, self.first))
        return any(one.members <= pair.first.members and other.members <= pair.second.members for one, other in ways)

    def with_instead(self, pairs: "Sequence[InteractingPair]") -> "InteractingPair":
        """With those of a clinic's pairs that are within it."""
        return msgspec.structs.replace(self, instead=tuple(each for each in pairs if each.is_within(self)))
