"""Runs a plan's requests: stage after stage, those of a stage beside each other."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from router.execution.data import Object, ResponsePath, copied, located, merge, objects_at, undo
from router.execution.errors import SubgraphFailure, failure_errors, renamed, subgraph_error, visible
from router.execution.representations import Batch
from router.execution.transport import RequestContext, Transport
from router.planning.conditions import holds
from router.planning.normalize import Selection
from router.planning.plan import Entities, Fetch, Parallel, Path, PlanNode, Sequence, Source, Step
from router.supergraph.records import Subgraph


@dataclass(slots=True)
class Execution:
    """One run of a plan. `data` is what the subgraphs gave, `errors` what the client is told."""

    subgraphs: Mapping[str, Subgraph]
    selection: Selection
    transport: Transport
    variables: Mapping[str, Any]
    request: RequestContext
    redacted: frozenset[str] = frozenset()
    data: Object = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)

    async def run(self, node: PlanNode | None) -> None:
        """Run a part of the plan."""
        if isinstance(node, Fetch):
            await self._fetch(node)
        elif isinstance(node, Sequence):
            for one in node.nodes:
                await self.run(one)
        elif isinstance(node, Parallel):
            await self._together(node.nodes)

    async def _together(self, nodes: Iterable[PlanNode]) -> None:
        async with asyncio.TaskGroup() as group:
            for node in nodes:
                group.create_task(self.run(node))

    async def _fetch(self, fetch: Fetch) -> None:
        if not holds(fetch.condition, self.variables):
            return
        if fetch.entities:
            await self._fetch_entities(fetch)
        else:
            await self._fetch_root(fetch)

    async def _ask(self, fetch: Fetch, variables: Object) -> Object:
        payload: Object = {"query": fetch.operation}
        for name in fetch.variables:
            if name in self.variables:
                variables[name] = self.variables[name]
        if variables:
            payload["variables"] = variables
        subgraph = self.subgraphs[fetch.subgraph]
        answer = await self.transport.fetch(
            fetch.subgraph, subgraph.url, msgspec.json.encode(payload), self.request, mutation=fetch.kind == "mutation"
        )
        if not isinstance(answer, dict):
            try:
                answer = msgspec.json.decode(answer)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise SubgraphFailure(fetch.subgraph, "did not answer with JSON") from error
        if not isinstance(answer, dict) or not ("data" in answer or "errors" in answer):
            raise SubgraphFailure(fetch.subgraph, "did not answer with a GraphQL response")
        return answer

    # Root fetches

    async def _fetch_root(self, fetch: Fetch) -> None:
        targets = objects_at(self.data, fetch.path)
        if not targets:
            return
        try:
            answer = await self._ask(fetch, {})
        except SubgraphFailure as failure:
            self.errors += failure_errors(failure, self._missing(fetch.path, fetch.missing))
            return
        self.take_root(fetch, answer)

    def take_root(self, fetch: Fetch, answer: Object) -> None:
        """Merge the answer of a root fetch, or the event of a subscription."""
        self._root_errors(fetch, answer.get("errors"))
        data = answer.get("data")
        if not isinstance(data, dict):
            return
        undo(data, fetch.renames)
        for number, target in enumerate(objects_at(self.data, fetch.path)):
            merge(target, data if number == 0 else copied(data))

    def _root_errors(self, fetch: Fetch, errors: Any) -> None:
        for error in errors if isinstance(errors, list) else ():
            path = error.get("path") if isinstance(error, dict) else None
            if not path:
                self._add(error, fetch.subgraph, _common(list(self._missing(fetch.path, fetch.missing))))
                continue
            for at, _ in located(self.data, fetch.path):
                self._add(error, fetch.subgraph, (*at, *renamed(path, fetch.renames)))

    # Entity fetches

    async def _fetch_entities(self, fetch: Fetch) -> None:
        batches = [self._batch(one) for one in fetch.entities]
        if not any(batch.representations for batch, _ in batches):
            return
        variables = {
            one.variable: batch.representations for one, (batch, _) in zip(fetch.entities, batches, strict=True)
        }
        try:
            answer = await self._ask(fetch, variables)
        except SubgraphFailure as failure:
            for one, (_, targets) in zip(fetch.entities, batches, strict=True):
                self.errors += failure_errors(failure, self._missing_entities(one, targets))
            return
        data = answer.get("data")
        if data is None and fetch.apart:  # one of them failed all
            await self._together(fetch.apart)
            return
        for one, (batch, targets) in zip(fetch.entities, batches, strict=True):
            found = data.get(one.alias) if isinstance(data, dict) else None
            if isinstance(found, list):
                undo(found, one.renames)
                _drop_lacking(found, batch)
                _distribute(found, targets)
        self._entity_errors(fetch, answer.get("errors"), batches)

    def _batch(self, entities: Entities) -> tuple[Batch, list[tuple[Source, list[Object], list[int | None]]]]:
        batch = Batch()
        targets = []
        for source in entities.sources:
            if holds(source.condition, self.variables):
                objects = objects_at(self.data, source.path)
                targets.append((source, objects, batch.add(source, objects)))
        return batch, targets

    def _entity_errors(self, fetch: Fetch, errors: Any, batches: list[Any]) -> None:
        by_alias = {one.alias: (one, targets) for one, (_, targets) in zip(fetch.entities, batches, strict=True)}
        for error in errors if isinstance(errors, list) else ():
            path = error.get("path") if isinstance(error, dict) else None
            if path and path[0] in by_alias and len(path) > 1 and isinstance(path[1], int):
                one, targets = by_alias[path[0]]
                rest = renamed(path[2:], one.renames)
                for source, _, indexes in targets:
                    for (at, _), index in zip(located(self.data, source.path), indexes, strict=True):
                        if index == path[1]:
                            self._add(error, fetch.subgraph, (*at, *rest))
                continue
            concerned = [by_alias[path[0]]] if path and path[0] in by_alias else by_alias.values()
            missing = [at for one, targets in concerned for at in self._missing_entities(one, targets)]
            self._add(error, fetch.subgraph, _common(missing))

    # Errors

    def _add(self, error: Any, subgraph: str, path: ResponsePath | None) -> None:
        shown = None if path is None else visible(self.selection, path)
        self.errors.append(subgraph_error(error, subgraph, shown, redact=subgraph in self.redacted))

    def _missing(self, path: Path, steps: tuple[Step, ...]) -> Iterator[ResponsePath]:
        for at, item in located(self.data, path):
            yield from _keys(at, item, steps)

    def _missing_entities(self, entities: Entities, targets: list[Any]) -> Iterator[ResponsePath]:
        for source, _, indexes in targets:
            for (at, item), index in zip(located(self.data, source.path), indexes, strict=True):
                if index is not None:
                    yield from _keys(at, item, source.missing)


def _distribute(found: list[Any], targets: list[tuple[Source, list[Object], list[int | None]]]) -> None:
    """Merge entities into the objects that stand for them. Sources must not share what later fetches add to."""
    for number, (_, objects, indexes) in enumerate(targets):
        answers = found if number == 0 else copied(found)
        for item, index in zip(objects, indexes, strict=True):
            if index is not None and index < len(answers) and isinstance(answers[index], dict):
                merge(item, answers[index])


def _drop_lacking(found: list[Any], batch: Batch) -> None:
    """Take out what a subgraph computed without the values that it requires."""
    for index, keys in batch.lacking.items():
        if index < len(found) and isinstance(found[index], dict):
            for key in keys:
                found[index].pop(key, None)


def _keys(at: ResponsePath, item: Object, steps: tuple[Step, ...]) -> list[ResponsePath]:
    """The client's fields that an object lacks; the object, if it lacks only what was to be sent on."""
    lacking = [
        (*at, step.key)
        for step in steps
        if (step.types is None or item.get("__typename") in step.types) and item.get(step.key) is None
    ]
    return lacking or [at]


def _common(paths: list[ResponsePath]) -> ResponsePath | None:
    """The part that all paths begin with."""
    if not paths:
        return None
    shortest = min(paths, key=len)
    for index, part in enumerate(shortest):
        if isinstance(part, int) or any(path[index] != part for path in paths):
            return shortest[:index] or None
    return shortest
