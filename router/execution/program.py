"""A plan as a program: compiled from source, run once a request."""

import builtins
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import msgspec

from router.execution.layout import Layout, Unsupported
from router.execution.source import Writer
from router.planning.normalize import Selection
from router.planning.plan import Fetch, QueryPlan
from router.supergraph.records import Supergraph

_MAX_PROGRAMS = 16
Send = Callable[[Fetch, dict[str, Any]], Awaitable[bytes]]


class Unfit(Exception):
    """An answer of a subgraph is not what a program takes: the interpreter must run the plan."""


@dataclass(frozen=True, slots=True)
class Program:
    """`run` asks by `send`, with a fetch and its own variables, and gives the response in JSON.

    It raises Unfit, or what msgspec and `send` raise, where an answer is not as it should be.
    """

    source: str
    run: Callable[[Send], Awaitable[bytes]]


def compile_plan(
    supergraph: Supergraph, plan: QueryPlan, selection: Selection, variables: Mapping[str, Any]
) -> Program:
    """The program of a plan for what its conditions depend on. Raises Unsupported."""
    writer = Writer(Layout(supergraph, plan, selection, variables), plan, _NAMES)
    source = writer.write()
    names = {**_NAMES, **writer.constants}
    exec(builtins.compile(source, "<plan>", "exec"), names)  # noqa: S102 - written here, of names that GraphQL allows
    return Program(source, names["run"])


def _text(answer: bytes) -> bytes:
    """What is passed on unread must be UTF-8 all the same. Raises UnicodeDecodeError."""
    if not answer.isascii():
        answer.decode()
    return answer


class Programs:
    """The programs of a plan: one for each choice of what its conditions depend on, made when first needed."""

    def __init__(self, supergraph: Supergraph, plan: QueryPlan, selection: Selection) -> None:
        self._compile = partial(compile_plan, supergraph, plan, selection)
        self._names = sorted(set(_condition_variables(selection)))
        self._programs: dict[tuple[Any, ...], Program | None] = {}
        if not self._names:
            self.get({})

    def get(self, variables: Mapping[str, Any]) -> Program | None:
        """The program for these variables, None where the plan is interpreted."""
        choice = tuple(variables.get(name) for name in self._names)
        if choice not in self._programs:
            if len(self._programs) == _MAX_PROGRAMS:
                return None
            try:
                self._programs[choice] = self._compile(variables)
            except Unsupported:
                self._programs[choice] = None
        return self._programs[choice]


def _condition_variables(selection: Selection) -> Iterator[str]:
    for field in selection.fields:
        yield from (name for term in field.condition for name, _ in term)
        if field.selection is not None:
            yield from _condition_variables(field.selection)


def _entities(seen: dict[Any, None], found: list[Any]) -> dict[Any, Any]:
    """The entities by what stands for them."""
    if len(found) != len(seen):
        raise Unfit
    return dict(zip(seen, found, strict=True))


_NAMES: dict[str, Any] = {
    "Any": Any,
    "Decoder": msgspec.json.Decoder,
    "Literal": Literal,
    "Raw": msgspec.Raw,
    "Scalar": str | int | float | bool,
    "Struct": msgspec.Struct,
    "UNSET": msgspec.UNSET,
    "Unfit": Unfit,
    "chain": itertools.chain.from_iterable,
    "entities": _entities,
    "Value": str | int | float | bool | list | dict,
    "encode": msgspec.json.Encoder().encode,
    "text": _text,
}

__all__ = ["Program", "Programs", "Send", "Unfit", "Unsupported", "compile_plan"]
