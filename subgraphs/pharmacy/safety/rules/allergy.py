"""Allergies to what is in a drug, and to what people react to alike."""

from collections.abc import Iterator, Sequence

from subgraphs.pharmacy.safety.cases import Case
from subgraphs.pharmacy.safety.codes import SafetySeverity, is_graver
from subgraphs.pharmacy.safety.findings import Finding, finding
from subgraphs.pharmacy.safety.inputs import ENVIRONMENT, FOOD, KnownAllergy
from subgraphs.pharmacy.safety.knowledge import CrossReaction
from subgraphs.pharmacy.safety.sentences import ALLERGEN_UNKNOWN, ALLERGY, ALLERGY_CROSS


def allergies(case: Case) -> Iterator[Finding]:
    """One for each allergy and ingredient, the gravest; and for each allergy that may be to any drug."""
    for allergy in case.subject.allergies:
        meaning = case.knowledge.meaning(allergy.coding)
        if meaning:
            yield from _to(case, allergy, meaning)
        elif allergy.category not in (FOOD, ENVIRONMENT):
            yield finding(
                SafetySeverity.INTERRUPTS,
                ALLERGEN_UNKNOWN,
                {"drug": case.proposed.drug.product, "allergy": _name(allergy)},
                row="allergen",
                source=case.knowledge.version.partition("+")[0],
                inputs=[*case.proposed.inputs, _inputs(allergy)],
                met=[allergy.ref],
            )


def _to(case: Case, allergy: KnownAllergy, meaning: Sequence[str]) -> Iterator[Finding]:
    allergens = case.knowledge.members(meaning)
    for ingredient in sorted(case.proposed.ingredients):
        direct = ingredient in allergens
        reaction = None if direct else _reaction(case, allergens, ingredient)
        if direct or reaction:
            yield finding(
                reaction.severity if reaction else SafetySeverity.INTERRUPTS,
                ALLERGY_CROSS if reaction else ALLERGY,
                {"drug": case.proposed.drug.product, "allergy": _name(allergy), "ingredient": ingredient},
                row=f"{reaction.allergen}>{reaction.drug}" if reaction else f"to:{ingredient}",
                source=reaction.source if reaction else "the patient's allergy",
                inputs=[*case.proposed.inputs, _inputs(allergy)],
                met=[allergy.ref],
            )


def _reaction(case: Case, allergens: set[str], ingredient: str) -> CrossReaction | None:
    """The gravest of those that people with an allergy may have to an ingredient."""
    of, to = case.knowledge.classes_of(allergens), case.knowledge.classes_of([ingredient])
    gravest = None
    for each in case.knowledge.cross_reactions:
        if each.allergen in of and each.drug in to and (gravest is None or is_graver(each.severity, gravest.severity)):
            gravest = each
    return gravest


def _name(allergy: KnownAllergy) -> str:
    return allergy.coding.display or allergy.coding.code


def _inputs(allergy: KnownAllergy) -> list[str | None]:
    return ["allergy", allergy.coding.system, allergy.coding.code, allergy.coding.display]
