"""`@skip` and `@include` as a value: the alternatives, each a set of variables with the value they must have."""

from collections.abc import Mapping
from typing import Any

from graphql import BooleanValueNode, SelectionNode, VariableNode

Condition = frozenset[frozenset[tuple[str, bool]]]
"""In disjunctive normal form: one of the sets must hold, and of it every (variable, value)."""

ALWAYS: Condition = frozenset((frozenset(),))
NEVER: Condition = frozenset()


def either(one: Condition, other: Condition) -> Condition:
    """Whether one or the other holds."""
    if one == other:
        return one
    if ALWAYS in (one, other):
        return ALWAYS
    terms = one | other
    for term in one | other:  # x or not x, with the same rest
        for name, value in term:
            if (term - {(name, value)}) | {(name, not value)} in terms:
                terms |= {term - {(name, value)}}
    return frozenset(term for term in terms if not any(shorter < term for shorter in terms))


def both(one: Condition, other: Condition) -> Condition:
    """Whether one and the other hold."""
    if one in (ALWAYS, other):
        return other
    if other == ALWAYS:
        return one
    terms = {left | right for left in one for right in other}
    terms = {term for term in terms if not any((name, not value) in term for name, value in term)}
    return frozenset(term for term in terms if not any(shorter < term for shorter in terms))


def holds(condition: Condition, variables: Mapping[str, Any]) -> bool:
    """Whether it holds for these coerced variables."""
    return any(all(variables.get(name) is value for name, value in term) for term in condition)


def condition_of(node: SelectionNode) -> Condition:
    """The condition that a selection's own directives state."""
    condition = ALWAYS
    for directive in node.directives or ():
        if directive.name.value not in ("skip", "include"):
            continue
        wanted = directive.name.value == "include"
        (argument,) = directive.arguments or ()
        value = argument.value
        if isinstance(value, VariableNode):
            condition = both(condition, frozenset((frozenset(((value.name.value, wanted),)),)))
        elif isinstance(value, BooleanValueNode) and value.value is not wanted:
            return NEVER
    return condition


def show(condition: Condition) -> str:
    """As text: `$a and not $b or $c`."""
    terms = (" and ".join(("" if value else "not ") + f"${name}" for name, value in sorted(term)) for term in condition)
    return " or ".join(sorted(terms)) or "never"
