"""Validation of operations (GraphQL, section 5), without the rules that have nothing to look at."""

from collections.abc import Collection

from graphql import DocumentNode, GraphQLError, GraphQLSchema, specified_rules, validate
from graphql.validation import (
    ASTValidationRule,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    KnownDirectivesRule,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    StreamDirectiveOnListField,
    UniqueDirectivesPerLocationRule,
    UniqueVariableNamesRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
)

SIGNS: dict[str, Collection[type[ASTValidationRule]]] = {
    "$": (
        NoUndefinedVariablesRule,
        NoUnusedVariablesRule,
        UniqueVariableNamesRule,
        VariablesAreInputTypesRule,
        VariablesInAllowedPositionRule,
    ),
    "@": (
        DeferStreamDirectiveLabel,
        DeferStreamDirectiveOnRootField,
        DeferStreamDirectiveOnValidOperationsRule,
        KnownDirectivesRule,
        StreamDirectiveOnListField,
        UniqueDirectivesPerLocationRule,
    ),
}
"""Rules by the sign without which a text cannot break them. They take half of the time."""


def violations(schema: GraphQLSchema, document: DocumentNode, text: str, *, suggestions: bool) -> list[GraphQLError]:
    """What is wrong with a document, which is what the text says."""
    idle = {rule for sign, rules in SIGNS.items() if sign not in text for rule in rules}
    rules = [rule for rule in specified_rules if rule not in idle]
    return validate(schema, document, rules, hide_suggestions=not suggestions)
