"""Says why a path through the subgraphs ends: the operation that it stands for, and what each subgraph lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from router.composition.errors import quoted
from router.composition.satisfiability.transitions import SubgraphValue, Transitions
from router.federation.model import Field


class PathElement(Protocol):
    @property
    def field(self) -> Field | None: ...
    @property
    def type(self) -> str: ...


def operation(steps: Sequence[PathElement]) -> str:
    """`{ users { name } }`, as far as the steps go; arguments are left out."""
    names = [step.field.name if step.field else f"... on {step.type}" for step in steps]
    return "{ " + " { ".join(names) + " }" * len(names)


def explain(
    transitions: Transitions, type_name: str, values: Iterable[SubgraphValue], field_name: str | None, target: str
) -> list[str]:
    """One sentence for each subgraph that has the value, and each that it cannot be had in."""
    wanted = f'"{type_name}.{field_name}"' if field_name else f'the type "{target}"'
    found: dict[str, None] = {}
    for value in values:
        for here in (value, *transitions.reachable(value)):
            found.update(dict.fromkeys(_here(transitions, here, field_name, wanted)))
        found.update(dict.fromkeys(_elsewhere(transitions, value, type_name, field_name)))
    return list(found)


def _here(transitions: Transitions, value: SubgraphValue, field_name: str | None, wanted: str) -> Iterator[str]:
    view = transitions.views[value.subgraph]
    field = view.fields(value.type).get(field_name) if field_name else None
    if not field:
        yield f'"{view.name}" does not resolve {wanted}'
    elif field.external:
        yield f'in "{view.name}", {wanted} is @external or overridden'
    elif field.contexts:
        yield f'in "{view.name}", {wanted} needs a context that is not set here'
    elif field.requires:
        yield f'in "{view.name}", what {wanted} asks by @requires cannot be had, or its type has no @key to go on by'
    else:
        yield f'in "{view.name}", {wanted} has moved by @override'


def _elsewhere(transitions: Transitions, value: SubgraphValue, type_name: str, field_name: str | None) -> Iterator[str]:
    """The subgraphs that would resolve the field but cannot be entered."""
    here = transitions.views[value.subgraph]
    reached = {value.subgraph, *(other.subgraph for other in transitions.reachable(value))}
    for view in transitions.views:
        if view.index in reached or not field_name or field_name not in view.fields(type_name):
            continue
        keys = view.keys.get(value.type, ())
        if keys:
            fields = quoted(key.fields for key in keys)
            yield f'from "{here.name}", the fields of no @key of "{value.type}" in "{view.name}" ({fields}) can be had'
        else:
            yield f'"{view.name}" cannot be entered: it has no resolvable @key of "{value.type}"'
