"""Operations with `@defer`, made of those without; and the parts of an answer put together again."""

import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from router.engine import Engine, Prepared, RequestContext
from router.execution.data import copied

Payload = dict[str, Any]


class Deferring(Visitor):
    """Puts some selections of an operation into deferred fragments, and defers some of its fragments."""

    def __init__(self, rng: random.Random, share: float = 0.3) -> None:
        super().__init__()
        self._rng = rng
        self._share = share
        self.variables: dict[str, bool] = {}

    def leave_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> InlineFragmentNode:
        if self._rng.random() > self._share:
            return node
        return replace(node, directives=(*(node.directives or ()), self._directive()))

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        if self._rng.random() > self._share:
            return node
        chosen = [one for one in node.selections if self._rng.random() < 0.5]
        both = [one for one in chosen if self._rng.random() < 0.2]  # deferred and not
        kept: list[SelectionNode] = [one for one in node.selections if one not in chosen or one in both]
        if chosen:
            inner = SelectionSetNode(selections=tuple(chosen))
            kept.append(InlineFragmentNode(directives=(self._directive(),), selection_set=inner))
        return replace(node, selections=tuple(kept))

    def _directive(self) -> DirectiveNode:
        arguments: list[ArgumentNode] = []
        chance = self._rng.random()
        if chance < 0.2:
            name = self._rng.choice(("later", "now"))
            self.variables[name] = name == "later"
            arguments.append(_argument("if", VariableNode(name=NameNode(value=name))))
        elif chance < 0.3:
            arguments.append(_argument("if", BooleanValueNode(value=chance < 0.25)))
        return DirectiveNode(name=NameNode(value="defer"), arguments=tuple(arguments))


class Labelling(Visitor):
    """Gives each `@defer` a label of its own."""

    count = 0

    def leave_directive(self, node: DirectiveNode, *_: Any) -> DirectiveNode:
        if node.name.value != "defer":
            return node
        self.count += 1
        label = _argument("label", StringValueNode(value=f"d{self.count}"))
        return replace(node, arguments=(*(node.arguments or ()), label))


def _argument(name: str, value: ValueNode) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=value)


def deferring(query: str, variables: dict[str, Any], rng: random.Random) -> tuple[str, dict[str, Any]]:
    """The same operation with some of it deferred."""
    visitor = Deferring(rng)
    text = print_ast(visit(visit(parse(query), visitor), Labelling()))
    if visitor.variables:
        definitions = ", ".join(f"${name}: Boolean = true" for name in visitor.variables)
        text = (
            text.replace("query Q(", f"query Q({definitions}, ", 1)
            if "query Q(" in text
            else text.replace("query Q", f"query Q({definitions})", 1)
        )
    return text, {**variables, **visitor.variables}


class _AtOnce(Visitor):
    """Takes out what is deferred, and puts a field `_` into each selection set, so that none is empty."""

    def __init__(self, variables: dict[str, Any]) -> None:
        super().__init__()
        self._variables = variables

    def leave_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> Any:
        deferring = [one for one in node.directives or () if one.name.value == "defer"]
        if any(self._defers(one) for one in deferring):
            return self.REMOVE
        return replace(node, directives=tuple(one for one in node.directives or () if one not in deferring))

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        nothing = FieldNode(alias=NameNode(value="_"), name=NameNode(value="__typename"))
        return replace(node, selections=(*node.selections, nothing))

    def leave_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> OperationDefinitionNode:
        body = print_ast(node.selection_set)
        used = (one for one in node.variable_definitions or () if f"${one.variable.name.value}" in body)
        return replace(node, variable_definitions=tuple(used))

    def _defers(self, node: DirectiveNode) -> bool:
        wanted = {one.name.value: one.value for one in node.arguments or ()}.get("if")
        if isinstance(wanted, VariableNode):
            return bool(self._variables[wanted.name.value])
        return not isinstance(wanted, BooleanValueNode) or wanted.value


def at_once(query: str, variables: dict[str, Any]) -> str:
    """The operation without what it defers, and with a field `_` in each selection set."""
    return print_ast(visit(parse(query), _AtOnce(variables)))


def without_(data: Any) -> Any:
    """An answer without the fields `_`."""
    if isinstance(data, list):
        return [without_(one) for one in data]
    return {key: without_(one) for key, one in data.items() if key != "_"} if isinstance(data, dict) else data


async def payloads(engine: Engine, prepared: Prepared, variables: dict[str, Any]) -> AsyncIterator[Payload]:
    """The parts of the answer, decoded."""
    async for result in engine.execute_incrementally(prepared, variables, RequestContext()):
        payload = json.loads(result.body)
        assert result.failed == any("errors" in one for one in payload.get("incremental", (payload,)))
        yield payload


def entries(parts: list[Payload]) -> Iterator[Payload]:
    """What is delivered of each deferred fragment."""
    for part in parts[1:]:
        yield from part["incremental"]


def merged(parts: list[Payload]) -> Payload:
    """The data that a client has in the end."""
    data = copied(parts[0]["data"])
    for entry in entries(parts):
        target = data
        for key in entry["path"]:
            target = target[key]
        if entry["data"] is not None:
            _merge(target, entry["data"])
    return data  # type: ignore[no-any-return]


def _merge(target: Any, source: Any) -> None:
    for key, value in source.items():
        known = target.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            _merge_lists(known, value)
        else:
            target[key] = value


def _merge_lists(target: list[Any], source: list[Any]) -> None:
    for index, value in enumerate(source):
        if isinstance(target[index], dict) and isinstance(value, dict):
            _merge(target[index], value)
        elif isinstance(target[index], list) and isinstance(value, list):
            _merge_lists(target[index], value)
        else:
            target[index] = value
