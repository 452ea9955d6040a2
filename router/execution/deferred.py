"""Runs an operation that defers: the primary answer first, then each deferral's own, as soon as it is there.

The payloads are those of incremental delivery as Apollo's clients read it (`deferSpec=20220824`).
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import replace
from typing import Any

from router.execution.data import ResponsePath
from router.execution.errors import null_errors, visible
from router.execution.executor import Execution
from router.execution.shape import Pending, Shaper
from router.planning.deferral import Deferral
from router.planning.normalize import Selection
from router.planning.plan import PlanNode, QueryPlan

Error = dict[str, Any]
Payload = dict[str, Any]
Running = dict["asyncio.Task[list[Error]]", list[Pending]]


class IncrementalDelivery:
    """One run of an operation that defers. `execution` has no more than the data and errors that are known before."""

    def __init__(
        self,
        plan: QueryPlan,
        shaper: Shaper,
        execution: Execution,
        denied: Sequence[Error],
    ) -> None:
        self._plan = plan
        self._shaper = shaper
        self._execution = execution
        self._variables = execution.requests.variables
        self._nodes: dict[Deferral, PlanNode | None] = dict(plan.deferred)
        self._errors = _Errors(denied)

    async def payloads(self) -> AsyncGenerator[Payload, None]:
        """The primary answer, then what is deferred, the fragments of a list's items together."""
        await self._execution.run(self._plan.node)
        selection = self._shaper.selection
        shaped = self._shaper.shape_group(selection, self._execution.data, (), self._variables)
        running = self._start(shaped.pending)
        self._errors.add(self._execution.errors)
        told = self._errors.of_primary(selection) if running else self._errors.rest()
        told += null_errors(told, shaped.violations, shaped.data)
        try:
            yield {"data": shaped.data, **({"errors": told} if told else {}), "hasNext": bool(running)}
            while running:
                yield await self._next(running)
        finally:
            await _cancel(running)

    def _start(self, pending: Iterable[Pending]) -> Running:
        """Begin to fetch what is deferred: the same fragment of several objects together."""
        together: dict[Deferral, list[Pending]] = defaultdict(list)
        for one in pending:
            together[one.deferred.deferral].append(one)
        return {
            asyncio.create_task(self._run(self._nodes.get(deferral))): entries for deferral, entries in together.items()
        }

    async def _run(self, node: PlanNode | None) -> list[Error]:
        execution = replace(self._execution, errors=[])  # it adds to the same data
        await execution.run(node)
        return execution.errors

    async def _next(self, running: Running) -> Payload:
        """Wait for one deferral or more, and begin those within them."""
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        incremental: list[Payload] = []
        for task in [one for one in running if one in done]:
            entries = running.pop(task)
            self._errors.add(task.result())
            later: list[Pending] = []
            incremental += [self._entry(one, later) for one in entries]
            running |= self._start(later)
        if not running and (rest := self._errors.rest()):
            incremental[-1]["errors"] = [*incremental[-1].get("errors", ()), *rest]
        return {"hasNext": bool(running), "incremental": incremental}

    def _entry(self, pending: Pending, later: list[Pending]) -> Payload:
        """What is delivered of one object; what is deferred of that goes to `later`."""
        deferral, selection = pending.deferred.deferral, pending.deferred.selection
        shaped = self._shaper.shape_group(selection, pending.item, pending.path, self._variables)
        later += shaped.pending
        entry: Payload = {"data": shaped.data, "path": list(pending.path)}
        if deferral.label is not None:
            entry["label"] = deferral.label
        told = self._errors.shown_at(pending.path, selection)
        told += null_errors(told, shaped.violations, shaped.data)
        if told:
            entry["errors"] = told
        return entry


class _Errors:
    """Errors until they are told: with the first payload that shows their field, else with the last.

    `denied` have paths with `@` for the items of lists, and are told of each item.
    """

    def __init__(self, denied: Sequence[Error]) -> None:
        self._denied = {id(error): error for error in denied}
        self._untold = dict(self._denied)
        self._by_object: dict[int, dict[ResponsePath, list[Error]]] = {}

    def add(self, errors: Iterable[Error]) -> None:
        self._untold |= {id(error): error for error in errors}
        self._by_object.clear()

    def of_primary(self, selection: Selection) -> list[Error]:
        """Those of fields of the primary answer, and those without a place."""
        told = [error for error in self._untold.values() if _shows(selection, error.get("path") or ())]
        return [self._untold.pop(id(error)) for error in told]

    def shown_at(self, path: ResponsePath, selection: Selection) -> list[Error]:
        """Those of fields of the object at a path."""
        size = len(path)
        if size not in self._by_object:
            found = self._by_object[size] = defaultdict(list)
            for error in self._untold.values():
                found[tuple(error.get("path") or ())[:size]].append(error)
        told = [
            self._untold.pop(id(error))
            for error in self._by_object[size].get(path, ())
            if id(error) in self._untold and id(error) not in self._denied and _shows(selection, error["path"][size:])
        ]
        for identity, error in self._denied.items():
            rest = error["path"][size:]
            if _is_at(error["path"], path) and rest and _shows(selection, rest):
                told.append({**error, "path": [*path, *rest]})
                self._untold.pop(identity, None)
        return told

    def rest(self) -> list[Error]:
        """Those that nothing has shown."""
        rest, self._untold = list(self._untold.values()), {}
        return rest


def _is_at(pattern: Sequence[str], path: ResponsePath) -> bool:
    """Whether a path in the answer goes where a path with `@` for the items of lists goes."""
    return all(one in (other, "@") for one, other in zip(pattern, path, strict=False))


def _shows(selection: Selection, path: Sequence[str | int]) -> bool:
    """Whether the field at a path is in a selection."""
    keys = [part for part in path if isinstance(part, str) and part != "@"]
    return len(visible(selection, keys)) == len(keys)


async def _cancel(running: Running) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
