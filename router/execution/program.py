"""A plan as a program: compiled from source, run once a request."""

import builtins
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import msgspec

from router.execution.codegen import CodeGenerator
from router.execution.layout import ResponseLayout, Unsupported
from router.planning.normalize import Selection
from router.planning.plan import Fetch, QueryPlan
from router.supergraph.records import Supergraph

_MAX_PROGRAMS = 16
_BYTES_A_FIELD, _BYTES_A_POSITION = 2_000, 3_000  # of a plan and of each program, as was measured
Send = Callable[[Fetch, dict[str, Any]], Awaitable[bytes]]


class Bailout(Exception):
    """A subgraph's response is not what a program takes: the interpreter must run the plan, as when a JIT bails out."""


@dataclass(frozen=True, slots=True)
class Program:
    """`run` asks by `send`, with a fetch and its own variables, and gives the response in JSON.

    It raises Bailout, or what msgspec and `send` raise, where an answer is not as it should be.
    """

    source: str
    run: Callable[[Send], Awaitable[bytes]]


def compile_plan(
    supergraph: Supergraph, plan: QueryPlan, selection: Selection, variables: Mapping[str, Any]
) -> Program:
    """The program of a plan for what its conditions depend on. Raises Unsupported."""
    writer = CodeGenerator(ResponseLayout(supergraph, plan, selection, variables), plan, _NAMES)
    source = writer.write()
    names = {**_NAMES, **writer.constants}
    exec(builtins.compile(source, "<plan>", "exec"), names)  # noqa: S102 - written here, of names that GraphQL allows
    return Program(source, names["run"])


def _text(answer: bytes) -> bytes:
    """What is passed on unread must be UTF-8 all the same. Raises UnicodeDecodeError."""
    if not answer.isascii():
        answer.decode()
    return answer


Later = Callable[[Callable[[], None]], object]
"""What runs a function some time, here or in another thread."""


class Programs:
    """The programs of a plan: one for each choice of what its conditions depend on.

    A program takes longer to make than to run a plan without it, so one is made when the same is asked a second time.
    """

    def __init__(self, supergraph: Supergraph, plan: QueryPlan, selection: Selection, later: Later) -> None:
        self._compile = partial(compile_plan, supergraph, plan, selection)
        self._later = later
        self._names = sorted(set(_condition_variables(selection)))
        fields, programs = _count(selection), min(2 ** len(self._names), _MAX_PROGRAMS)
        self.size = fields * (_BYTES_A_FIELD + _BYTES_A_POSITION * programs)
        """Bytes that they and the plan take at most, about."""
        self._asked: set[tuple[Any, ...]] = set()
        self._programs: dict[tuple[Any, ...], Program | None] = {}

    def get(self, variables: Mapping[str, Any]) -> Program | None:
        """The program for these variables; None where the plan is interpreted, for now or for good."""
        choice = self._choice(variables)
        if choice in self._programs:
            return self._programs[choice]
        if choice in self._asked:
            self._programs[choice] = None
            self._later(partial(self.compile, variables))
        elif len(self._asked) < _MAX_PROGRAMS:
            self._asked.add(choice)
        return None

    def compile(self, variables: Mapping[str, Any]) -> None:
        """Make the program for these variables, if there can be one."""
        with contextlib.suppress(Unsupported):
            self._programs[self._choice(variables)] = self._compile(variables)

    def _choice(self, variables: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(map(variables.get, self._names))


def _count(selection: Selection) -> int:
    """The fields of a selection and of those below."""
    return sum(1 if one.selection is None else 1 + _count(one.selection) for one in selection.fields)


def _condition_variables(selection: Selection) -> Iterator[str]:
    for field in selection.fields:
        yield from (name for term in field.condition for name, _ in term)
        if field.selection is not None:
            yield from _condition_variables(field.selection)


def _entities(seen: dict[Any, None], found: list[Any]) -> dict[Any, Any]:
    """The entities by what stands for them."""
    if len(found) != len(seen):
        raise Bailout
    return dict(zip(seen, found, strict=True))


_NAMES: dict[str, Any] = {
    "Any": Any,
    "Decoder": msgspec.json.Decoder,
    "Literal": Literal,
    "Raw": msgspec.Raw,
    "Scalar": str | int | float | bool,
    "Struct": msgspec.Struct,
    "UNSET": msgspec.UNSET,
    "Bailout": Bailout,
    "chain": itertools.chain.from_iterable,
    "entities": _entities,
    "Value": str | int | float | bool | list | dict,
    "encode": msgspec.json.Encoder().encode,
    "text": _text,
}

__all__ = ["Bailout", "Program", "Programs", "Send", "Unsupported", "compile_plan"]
