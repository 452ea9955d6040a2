"""Validation of operations (GraphQL, section 5), without the rules that have nothing to look at.

What a text must have for a rule to matter may stand in a string or a comment too; then the rule runs for nothing.
"""

from collections.abc import Collection

from graphql import DocumentNode, GraphQLError, GraphQLSchema, specified_rules, validate
from graphql.validation import (
    ASTValidationRule,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    KnownArgumentNamesRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    PossibleFragmentSpreadsRule,
    SingleFieldSubscriptionsRule,
    StreamDirectiveOnListField,
    UniqueArgumentNamesRule,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    UniqueInputFieldNamesRule,
    UniqueVariableNamesRule,
    ValuesOfCorrectTypeRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
)

_RULES_BY_SIGN: dict[str, Collection[type[ASTValidationRule]]] = {
    "$": (
        NoUndefinedVariablesRule,
        NoUnusedVariablesRule,
        UniqueVariableNamesRule,
        VariablesAreInputTypesRule,
        VariablesInAllowedPositionRule,
    ),
    "(": (KnownArgumentNamesRule, UniqueArgumentNamesRule, UniqueInputFieldNamesRule, ValuesOfCorrectTypeRule),
    "...": (KnownFragmentNamesRule, NoFragmentCyclesRule, PossibleFragmentSpreadsRule),
    "fragment": (NoUnusedFragmentsRule, UniqueFragmentNamesRule),
    "subscription": (SingleFieldSubscriptionsRule,),
    "@": (
        DeferStreamDirectiveLabel,
        DeferStreamDirectiveOnRootField,
        DeferStreamDirectiveOnValidOperationsRule,
        KnownDirectivesRule,
        StreamDirectiveOnListField,
        UniqueDirectivesPerLocationRule,
    ),
}
"""Rules by the sign or word without which a text cannot break them. They take most of the time."""


def violations(schema: GraphQLSchema, document: DocumentNode, text: str, *, suggestions: bool) -> list[GraphQLError]:
    """What is wrong with a document, which is what the text says."""
    idle = {rule for sign, rules in _RULES_BY_SIGN.items() if sign not in text for rule in rules}
    rules = [rule for rule in specified_rules if rule not in idle]
    return validate(schema, document, rules, hide_suggestions=not suggestions)
