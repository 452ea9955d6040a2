"""What the rules look at: who takes what, with each ingredient under its name in the knowledge."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from subgraphs.pharmacy.safety.inputs import Drug, Subject, Substance
from subgraphs.pharmacy.safety.knowledge import Knowledge


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A drug: its ingredients by their names, and those that are not known."""

    drug: Drug
    ingredients: dict[str, Substance]
    unknown: tuple[str, ...]

    @property
    def inputs(self) -> list[list[Any]]:
        """What of it a finding depends on: what is in it, and how much of that is taken."""
        known = [[name, each.single, each.daily] for name, each in self.ingredients.items()]
        return [*known, *(["?", name] for name in self.unknown or ([] if known else [self.drug.product]))]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What is checked: `proposed`, and what else is taken in its time or shortly before or after it."""

    subject: Subject
    proposed: Taken
    current: Sequence[Taken]
    knowledge: Knowledge

    @property
    def meanwhile(self) -> Iterator[Taken]:
        """What is taken at the same time."""
        return (each for each in self.current if each.drug.period.meets(self.proposed.drug.period))

    @property
    def besides(self) -> Iterator[Taken]:
        """What is taken at the same time, and neither goes on with the proposed drug nor the other way round."""
        ours = self.proposed.drug
        return (
            each
            for each in self.meanwhile
            if each.drug.ref not in ours.continues and ours.ref not in each.drug.continues
        )


def taken(drug: Drug, knowledge: Knowledge) -> Taken:
    """A drug as the rules see it. An ingredient that is in it twice counts once, with what is taken of both."""
    known: dict[str, Substance] = {}
    unknown = []
    for each in knowledge.ingredients_of(drug):
        name = knowledge.ingredient(each.name, each.rxcui)
        if name is None:
            unknown.append(each.name)
        else:
            known[name] = _sum(known[name], each) if name in known else each
    return Taken(drug=drug, ingredients=known, unknown=tuple(sorted(unknown)))


def _sum(one: Substance, other: Substance) -> Substance:
    amounts = {
        name: None if None in (ours, theirs) else ours + theirs
        for name in ("single", "daily")
        for ours, theirs in [(getattr(one, name), getattr(other, name))]
    }
    return msgspec.structs.replace(one, **amounts)
