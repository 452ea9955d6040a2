"""What the check knows: tables in `data`, and the pairs that a clinic has added to them."""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from subgraphs.pharmacy.safety.ages import AgeRange, age
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.inputs import Coding, Drug, Substance
from subgraphs.pharmacy.safety.names import allergen_of, normal, parts_of, without_salts
from subgraphs.pharmacy.safety.pairs import HIGH, InteractingPair, Side

KNOWLEDGE_VERSION = "2026-11"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

T = TypeVar("T")

_DATA = Path(__file__).parent / "data"


class DoseLimit(msgspec.Struct, frozen=True, kw_only=True):
    """The most of an ingredient that somebody of an age takes: in mg, or in mg per kg; None for no limit."""

    ages: AgeRange
    single: Decimal | None
    daily: Decimal | None
    single_per_kg: Decimal | None
    daily_per_kg: Decimal | None
    source: str


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """That something is avoided, or not altogether, in a state: below a filtration rate, in pregnancy, at an age."""

    row: str
    avoid: bool
    source: str
    egfr_below: int | None = None
    strict: bool = False
    ages: AgeRange | None = None


class CrossReaction(msgspec.Struct, frozen=True, kw_only=True):
    """Who is allergic to one of a class may react to one of another."""

    allergen: str
    drug: str
    severity: SafetySeverity
    source: str


class OwnIngredient(msgspec.Struct, frozen=True, kw_only=True):
    """An ingredient that a clinic has added, with the classes that it is of."""

    name: str
    rxcui: str | None
    classes: tuple[str, ...]


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, by the ingredients' names; what is there for a class is there for each of its ingredients."""

    version: str
    ingredients: Mapping[str, str | None]
    aliases: Mapping[str, str]
    by_rxcui: Mapping[str, str]
    products: Mapping[str, tuple[str, ...]]
    classes: Mapping[str, frozenset[str]]
    allergens: Mapping[tuple[str, str], tuple[str, ...]]
    cross_reactions: Sequence[CrossReaction]
    duplicates: Mapping[str, str]
    local_forms: Mapping[tuple[str, str], str]
    pairs: Sequence[InteractingPair]
    pairs_of: Mapping[str, Sequence[InteractingPair]]
    doses: Mapping[str, Sequence[DoseLimit]]
    renal: Mapping[str, Sequence[Advice]]
    pregnancy: Mapping[str, Sequence[Advice]]
    ages: Mapping[str, Sequence[Advice]]

    def ingredient(self, name: str | None, rxcui: str | None = None) -> str | None:
        """The name here of an ingredient, which has an RXCUI that is known here, a name or both; None if it is not known."""
        if found := self.by_rxcui.get(rxcui or ""):
            return found
        for each in without_salts(normal(name or "")):
            found = self.aliases.get(each, each)
            if found in self.ingredients:
                return found
        return None

    def ingredients_of(self, drug: Drug) -> list[Substance]:
        """A drug's ingredients: those given, else what its RXCUI and RxNorm's name of it tell; none if these do not."""
        if drug.ingredients:
            return list(drug.ingredients)
        names = self._products_ingredients(drug.rxcui, drug.product)
        return [Substance(name=name) for name in names]

    def _products_ingredients(self, rxcui: str | None, name: str) -> Sequence[str]:
        if known := self.products.get(rxcui or "") or self.products.get(normal(name)):
            return known
        if found := self.by_rxcui.get(rxcui or ""):
            return [found]
        parts = [self.ingredient(part) for part in parts_of(name)]
        return [part for part in parts if part] if all(parts) else []

    def acts_locally(self, ingredient: str, drug: Drug) -> bool:
        """Whether a drug brings too little of an ingredient into the blood to interact there."""
        return (ingredient, drug.route or "") in self.local_forms

    def classes_of(self, ingredients: Collection[str]) -> set[str]:
        """The classes that one of some ingredients is of."""
        return {name for name, members in self.classes.items() if members.intersection(ingredients)}

    def members(self, names: Collection[str]) -> set[str]:
        """The ingredients of classes, and ingredients themselves."""
        return {member for name in names for member in self.classes.get(name, (name,))}

    def meaning(self, coding: Coding) -> Sequence[str]:
        """The classes and ingredients that the code of an allergy stands for; none if that is not known."""
        if found := self.allergens.get((coding.system, coding.code)):
            return found
        if coding.system == RXNORM and coding.code in self.by_rxcui:
            return [self.by_rxcui[coding.code]]
        display = coding.display or ""
        words = [self._called(each) for each in allergen_of(display)]
        if words and all(words):
            return [name for each in words for name in each]
        return self._products_ingredients(coding.code if coding.system == RXNORM else None, display)

    def _called(self, name: str) -> Sequence[str]:
        if found := self.allergens.get(("", name)):
            return found
        ingredient = self.ingredient(name)
        return [ingredient] if ingredient else []

    def side(self, text: str) -> Side | None:
        """A side of an interaction: a class by its name, or an ingredient by its name or RXCUI; None if it is neither."""
        name = normal(text)
        if name in self.classes:
            return Side(name, self.classes[name])
        found = self.by_rxcui.get(name) or self.ingredient(name)
        return Side(found, frozenset({found})) if found else None

    def lowers_high(self, pair: InteractingPair) -> bool:
        """Whether a clinic's pair would not interrupt where one of the high-priority list does."""
        return pair.severity is not SafetySeverity.INTERRUPTS and any(
            each.origin == HIGH and pair.is_within(each) for each in self.pairs
        )

    def extended(self, version: int, pairs: Sequence[InteractingPair]) -> "Knowledge":
        """With what a clinic has added, which holds instead where it is within a pair that is here."""
        shipped = [each.with_instead(pairs) for each in self.pairs]
        version_here, all_pairs = f"{self.version}+clinic.{version}", [*shipped, *pairs]
        return msgspec.structs.replace(self, version=version_here, pairs=all_pairs, pairs_of=_by_member(all_pairs))


@cache
def shipped() -> Knowledge:
    """The tables; read once."""
    return with_own(())


def with_own(own: Sequence[OwnIngredient]) -> Knowledge:
    """The tables, and a clinic's own ingredients, of which all holds that holds of their classes."""
    ingredients = {each.name: each.rxcui for each in own}
    ingredients |= {row["ingredient"]: row["rxcui"] or None for row in rows("ingredients")}
    classes = defaultdict[str, set[str]](set)
    for row in rows("classes"):
        classes[row["class"]].add(row["ingredient"])
    for name, ingredient in [(name, each.name) for each in own for name in _wider(classes, each.classes)]:
        classes[name].add(ingredient)
    sides = {name: frozenset(members) for name, members in classes.items()}
    allergens = {
        (row["system"], row["code"] or row["name"]): tuple(row["means"].split("|")) for row in rows("allergens")
    }
    products = {
        key: tuple(row["ingredients"].split("|"))
        for row in rows("products")
        for key in (row["rxcui"], normal(row["product"]))
    }
    pairs = [_pair(row, sides) for row in rows("interactions")]
    return Knowledge(
        version=KNOWLEDGE_VERSION,
        ingredients=ingredients,
        aliases={row["alias"]: row["ingredient"] for row in rows("aliases")},
        by_rxcui={rxcui: name for name, rxcui in ingredients.items() if rxcui},
        products=products,
        classes=sides,
        allergens=allergens,
        cross_reactions=[
            CrossReaction(
                allergen=row["allergen"],
                drug=row["drug"],
                severity=SafetySeverity(row["severity"]),
                source=row["source"],
            )
            for row in rows("cross_allergies")
        ],
        duplicates={row["class"]: row["source"] for row in rows("duplicates")},
        local_forms={(row["ingredient"], row["route"]): row["source"] for row in rows("local_forms")},
        pairs=pairs,
        pairs_of=_by_member(pairs),
        doses=_by_ingredient({}, ((row["ingredient"], _dose(row)) for row in rows("doses"))),
        renal=_by_ingredient(sides, ((row["drug"], _renal(row)) for row in rows("renal"))),
        pregnancy=_by_ingredient(sides, ((row["drug"], _pregnancy(row)) for row in rows("pregnancy"))),
        ages=_by_ingredient(sides, ((row["drug"], _age(row)) for row in rows("ages"))),
    )


def _wider(classes: Mapping[str, Collection[str]], names: Collection[str]) -> set[str]:
    """Some classes, and those that have all of the ingredients of one of them: who names the narrow one may forget these."""
    members = [set(classes[name]) for name in names if name in classes]
    return {name for name, others in classes.items() if any(each <= set(others) for each in members)}


def rows(table: str) -> Iterator[dict[str, str]]:
    """The rows of a table, without what is said above them."""
    with (_DATA / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def _by_ingredient(classes: Mapping[str, frozenset[str]], found: Iterator[tuple[str, T]]) -> dict[str, list[T]]:
    grouped = defaultdict[str, list[T]](list)
    for name, row in found:
        for ingredient in sorted(classes.get(name, (name,))):
            grouped[ingredient].append(row)
    return dict(grouped)


def _by_member(pairs: Sequence[InteractingPair]) -> dict[str, list[InteractingPair]]:
    grouped = defaultdict[str, list[InteractingPair]](list)
    for pair in pairs:
        for ingredient in sorted(pair.first.members | pair.second.members):
            grouped[ingredient].append(pair)
    return dict(grouped)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _pair(row: Mapping[str, str], classes: Mapping[str, frozenset[str]]) -> InteractingPair:
    first, second = (Side(row[name], classes.get(row[name], frozenset({row[name]}))) for name in ("first", "second"))
    return InteractingPair(
        origin=row["list"],
        number=int(row["number"]),
        first=first,
        second=second,
        severity=SafetySeverity(row["severity"]),
        effect=row["effect"],
        mechanism=row["mechanism"],
        washout=int(row["washout_days"] or 0),
        source=row["source"],
    )


def _dose(row: Mapping[str, str]) -> DoseLimit:
    return DoseLimit(
        ages=AgeRange(age(row["from_age"]), age(row["until_age"])),
        single=_number(row["single_mg"]),
        daily=_number(row["daily_mg"]),
        single_per_kg=_number(row["single_mg_per_kg"]),
        daily_per_kg=_number(row["daily_mg_per_kg"]),
        source=row["source"],
    )


def _renal(row: Mapping[str, str]) -> Advice:
    below = int(row["egfr_below"])
    return Advice(row=f"{row['drug']}:{below}", avoid=row["action"] == "AVOID", source=row["source"], egfr_below=below)


def _pregnancy(row: Mapping[str, str]) -> Advice:
    return Advice(row=row["drug"], avoid=row["action"] == "AVOID", source=row["source"], strict=row["strict"] == "yes")


def _age(row: Mapping[str, str]) -> Advice:
    ages = AgeRange(age(row["from_age"]), age(row["until_age"]))
    return Advice(row=f"{row['drug']}:{ages}", avoid=row["action"] == "AVOID", source=row["source"], ages=ages)
