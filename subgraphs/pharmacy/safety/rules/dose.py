"""Doses: at once, in a day, and in a day with what else is taken of the same ingredient."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from subgraphs.pharmacy.safety.cases import Case
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.findings import Finding, finding
from subgraphs.pharmacy.safety.knowledge import DoseLimit
from subgraphs.pharmacy.safety.sentences import (
    AGE_UNKNOWN,
    DOSE_DAILY,
    DOSE_SINGLE,
    DOSE_TOTAL,
    DOSE_UNKNOWN,
    WEIGHT_UNKNOWN,
    Sentence,
)


class _Dosed(msgspec.Struct, frozen=True):
    """An ingredient of the proposed drug, and what limits it."""

    case: Case
    ingredient: str
    limit: DoseLimit

    def found(self, severity: SafetySeverity, sentence: Sentence, *inputs: object, **said: str) -> Finding:
        """A finding of it."""
        met = [ref for ref, _ in self.others] if sentence is DOSE_TOTAL else []
        return finding(
            severity,
            sentence,
            {"drug": self.case.proposed.drug.product, "ingredient": self.ingredient, **said},
            row=f"{self.ingredient}:{self.limit.ages}",
            source=self.limit.source,
            inputs=[*self.case.proposed.inputs, ["limits", *inputs]],
            met=met,
        )

    @property
    def single(self) -> Decimal | None:
        """What is taken at once, in mg."""
        return self.case.proposed.ingredients[self.ingredient].single

    @property
    def daily(self) -> Decimal | None:
        """What is taken in a day, in mg."""
        return self.case.proposed.ingredients[self.ingredient].daily

    @property
    def others(self) -> list[tuple[str, Decimal]]:
        """What else is taken of it in a day, where that is known."""
        found = [(each, each.ingredients.get(self.ingredient)) for each in self.case.besides]
        return [(each.drug.ref, its.daily) for each, its in found if its is not None and its.daily is not None]

    def least(self, fixed: Decimal | None, per_kg: Decimal | None) -> Decimal | None:
        """The lower of two limits, as far as they are there."""
        weight = self.case.subject.weight
        by_weight = None if per_kg is None or weight is None else per_kg * weight
        limits = [limit for limit in (fixed, by_weight) if limit is not None]
        return min(limits, default=None)


def doses(case: Case) -> Iterator[Finding]:
    """What is more than its limit, and what cannot be told."""
    for ingredient in sorted(case.proposed.ingredients):
        limits = case.knowledge.doses.get(ingredient, [])
        born = case.subject.birth_date
        if limits and born is None:
            yield age_unknown(case, ingredient)
        elif born is not None:
            for limit in limits:
                if limit.ages.holds(born, case.subject.on):
                    yield from _check(_Dosed(case, ingredient, limit))


def age_unknown(case: Case, ingredient: str) -> Finding:
    """That an ingredient cannot be checked with an age that is not known; the same from each rule."""
    return finding(
        SafetySeverity.WARNS,
        AGE_UNKNOWN,
        {"drug": case.proposed.drug.product, "ingredient": ingredient},
        row=f"age:{ingredient}",
        source=case.knowledge.version.partition("+")[0],
        inputs=case.proposed.inputs,
    )


def _check(dosed: _Dosed) -> Iterator[Finding]:
    limit = dosed.limit
    if (limit.single_per_kg or limit.daily_per_kg) and dosed.case.subject.weight is None:
        yield dosed.found(SafetySeverity.WARNS, WEIGHT_UNKNOWN)
    at_once = dosed.least(limit.single, limit.single_per_kg)
    in_a_day = dosed.least(limit.daily, limit.daily_per_kg)
    if (at_once is not None and dosed.single is None) or (in_a_day is not None and dosed.daily is None):
        yield dosed.found(SafetySeverity.WARNS, DOSE_UNKNOWN)
    yield from _over(dosed, DOSE_SINGLE, dosed.single, at_once)
    alone = list(_over(dosed, DOSE_DAILY, dosed.daily, in_a_day))
    yield from alone
    if not alone and dosed.daily is not None and dosed.others:
        total = dosed.daily + sum(amount for _, amount in dosed.others)
        refs = {ref for ref, _ in dosed.others}
        names = ", ".join(sorted({each.drug.product for each in dosed.case.besides if each.drug.ref in refs}))
        yield from _over(dosed, DOSE_TOTAL, total, in_a_day, other=names)


def _over(
    dosed: _Dosed, sentence: Sentence, amount: Decimal | None, limit: Decimal | None, **said: str
) -> Iterator[Finding]:
    if amount is not None and limit is not None and amount > limit:
        numbers = {"dose": _text(amount), "limit": _text(limit)}
        yield dosed.found(SafetySeverity.INTERRUPTS, sentence, *numbers.values(), **numbers, **said)


def _text(number: Decimal) -> str:
    """To a hundredth, without zeros that say nothing."""
    return f"{round(number, 2).normalize():f}"
