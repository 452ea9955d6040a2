"""Runs a plan's requests: wave after wave, those of a wave beside each other."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from router.execution.data import (
    Object,
    ResponsePath,
    copied,
    located,
    merge,
    objects_at,
    remove_invalid_type_names,
    undo_renames,
)
from router.execution.errors import SubgraphFailure, error_path, failure_errors, renamed, subgraph_error, visible
from router.execution.representations import Batch, context_value
from router.execution.requests import Requests
from router.planning.conditions import holds
from router.planning.normalize import Selection
from router.planning.plan import ContextValue, Entities, Fetch, Parallel, Path, PathStep, PlanNode, Sequence, Source
from router.translations import gettext_noop

Target = tuple[Source, list[Object], list[int | None]]
"""The objects of a source, and which representation stands for each, if any."""


@dataclass(slots=True)
class Execution:
    """One run of a plan. `data` is what the subgraphs gave, `errors` what the client is told.

    `required` are the root keys of a mutation that must not be null: after one that is, no other begins (GraphQL,
    section 6.2.2, as graphql-js does it), because nothing of them could be told.
    """

    selection: Selection
    requests: Requests
    redacted: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    data: Object = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    stopped: bool = False

    async def run(self, node: PlanNode | None) -> None:
        """Run a part of the plan."""
        if isinstance(node, Fetch):
            await self._fetch(node)
        elif isinstance(node, Sequence):
            for one in node.nodes:
                if not self.stopped:
                    await self.run(one)
        elif isinstance(node, Parallel):
            await self._together(node.nodes)

    async def _together(self, nodes: Iterable[PlanNode]) -> None:
        async with asyncio.TaskGroup() as group:
            for node in nodes:
                group.create_task(self.run(node))

    async def _fetch(self, fetch: Fetch) -> None:
        if not holds(fetch.condition, self.requests.variables):
            return
        if fetch.entities:
            await self._fetch_entities(fetch)
        else:
            await self._fetch_root(fetch)

    async def _ask(self, fetch: Fetch, variables: Object) -> Object:
        asked = self.requests.send(fetch, variables)
        await asyncio.sleep(0)  # those beside it are made of the same data, even if this one is answered already
        try:
            answer = msgspec.json.decode(await asked)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SubgraphFailure(
                fetch.subgraph, gettext_noop("the subgraph {service} did not answer with JSON")
            ) from error
        if not isinstance(answer, dict) or not ("data" in answer or "errors" in answer):
            sentence = gettext_noop("the subgraph {service} did not answer with a GraphQL response")
            raise SubgraphFailure(fetch.subgraph, sentence)
        remove_invalid_type_names(answer.get("data"))
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
            self.stopped = any(step.key in self.required for step in fetch.missing)
            return
        self.take_root(fetch, answer)
        if self.required:
            self.stopped = answer.get("data") is None or any(self.data.get(key, key) is None for key in self.required)

    def take_root(self, fetch: Fetch, answer: Object) -> None:
        """Merge the answer of a root fetch, or the event of a subscription."""
        self._root_errors(fetch, answer.get("errors"))
        data = answer.get("data")
        if not isinstance(data, dict):
            return
        undo_renames(data, fetch.renames)
        for number, target in enumerate(objects_at(self.data, fetch.path)):
            merge(target, data if number == 0 else copied(data))

    def _root_errors(self, fetch: Fetch, errors: Any) -> None:
        for error in errors if isinstance(errors, list) else ():
            path = error_path(error)
            if not path:
                self._add_to_all(error, fetch.subgraph, self._missing(fetch.path, fetch.missing))
                continue
            for at, _ in located(self.data, fetch.path):
                self._add(error, fetch.subgraph, (*at, *renamed(path, fetch.renames)))

    # Entity fetches

    async def _fetch_entities(self, fetch: Fetch) -> None:
        if not fetch.contexts:
            await self._fetch_batch(fetch, {}, None)
            return
        async with asyncio.TaskGroup() as group:
            for values, among in self._context_groups(fetch):
                group.create_task(self._fetch_batch(fetch, values, among))

    def _context_groups(self, fetch: Fetch) -> Iterator[tuple[Object, set[int]]]:
        """The objects of a fetch (by identity) that have the same values from around them, with these values."""
        path = fetch.entities[0].sources[0].path
        groups: dict[bytes, tuple[Object, set[int]]] = {}
        self._group(self.data, path, 0, fetch.contexts, {}, groups)
        yield from groups.values()

    def _group(
        self,
        root: Object,
        path: Path,
        depth: int,
        contexts: tuple[ContextValue, ...],
        values: Object,
        groups: dict[bytes, tuple[Object, set[int]]],
    ) -> None:
        """Go down a path and take the values of the contexts where their own paths end."""
        here = {one.variable: context_value(root, one.fields) for one in contexts if len(one.path) == depth}
        values = {**values, **here}
        if depth == len(path):
            groups.setdefault(msgspec.json.encode(values), (values, set()))[1].add(id(root))
            return
        for item in objects_at(root, path[depth : depth + 1]):
            self._group(item, path, depth + 1, contexts, values, groups)

    async def _fetch_batch(self, fetch: Fetch, variables: Object, among: set[int] | None) -> None:
        batches = [(one, *self._batch(one, among)) for one in fetch.entities]
        if not any(batch.representations for _, batch, _ in batches):
            return
        representations = {one.variable: batch.representations for one, batch, _ in batches}
        try:
            answer = await self._ask(fetch, {**variables, **representations})
        except SubgraphFailure as failure:
            for _, _, targets in batches:
                self.errors += failure_errors(failure, self._missing_entities(targets))
            return
        data = answer.get("data")
        if data is None and fetch.apart:  # one of them failed all
            await self._together(fetch.apart)
            return
        for one, batch, targets in batches:
            found = data.get(one.alias) if isinstance(data, dict) else None
            if isinstance(found, list):
                undo_renames(found, one.renames)
                _drop_lacking(found, batch)
                _distribute(found, targets)
        self._entity_errors(fetch, answer.get("errors"), {one.alias: (one, targets) for one, _, targets in batches})

    def _batch(self, entities: Entities, among: set[int] | None) -> tuple[Batch, list[Target]]:
        batch = Batch(self.requests.variables)
        targets: list[Target] = []
        for source in entities.sources:
            if holds(source.condition, self.requests.variables):
                objects = objects_at(self.data, source.path)
                if among is not None:
                    objects = [item for item in objects if id(item) in among]
                targets.append((source, objects, batch.add(source, objects)))
        return batch, targets

    def _entity_errors(self, fetch: Fetch, errors: Any, by_alias: Mapping[str, tuple[Entities, list[Target]]]) -> None:
        for error in errors if isinstance(errors, list) else ():
            path = error_path(error)
            known = by_alias.get(str(path[0])) if path else None
            if known and len(path) > 1 and isinstance(path[1], int):
                rest = renamed(path[2:], known[0].renames)
                for at, _, index in self._located(known[1]):
                    if index == path[1]:
                        self._add(error, fetch.subgraph, (*at, *rest))
                continue
            concerned = [known] if known else by_alias.values()
            missing = (at for _, targets in concerned for at in self._missing_entities(targets))
            self._add_to_all(error, fetch.subgraph, missing)

    # Errors

    def _add_to_all(self, error: Any, subgraph: str, paths: Iterable[ResponsePath]) -> None:
        """Tell an error of a whole request at each field that the request was for."""
        for path in dict.fromkeys(paths) or [()]:
            self._add(error, subgraph, path)

    def _add(self, error: Any, subgraph: str, path: ResponsePath) -> None:
        shown = visible(self.selection, path)
        self.errors.append(subgraph_error(error, subgraph, shown, redact=subgraph in self.redacted))

    def _missing(self, path: Path, steps: tuple[PathStep, ...]) -> Iterator[ResponsePath]:
        for at, item in located(self.data, path):
            yield from _keys(at, item, steps)

    def _missing_entities(self, targets: list[Target]) -> Iterator[ResponsePath]:
        for source, objects, indexes in targets:
            for at, item, _ in self._located([(source, objects, indexes)]):
                yield from _keys(at, item, source.missing)

    def _located(self, targets: list[Target]) -> Iterator[tuple[ResponsePath, Object, int]]:
        """Where the objects are that have a representation, and its index."""
        for source, objects, indexes in targets:
            by_identity = {id(item): index for item, index in zip(objects, indexes, strict=True)}
            for at, item in located(self.data, source.path):
                if (index := by_identity.get(id(item))) is not None:
                    yield at, item, index


def _distribute(found: list[Any], targets: list[Target]) -> None:
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


def _keys(at: ResponsePath, item: Object, steps: tuple[PathStep, ...]) -> list[ResponsePath]:
    """The client's fields that an object lacks; the object, if it lacks only what was to be sent on."""
    lacking = [
        (*at, step.key)
        for step in steps
        if (step.types is None or item.get("__typename") in step.types) and item.get(step.key) is None
    ]
    return lacking or [at]
