"""Asks all of the graph, as each role, for what is in each relation, and notes what came."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from gql.transport.exceptions import TransportQueryError
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

from shared.audit.recorder import AuditRecorder
from shared.database.engine import Database
from shared.unit_of_work import UnitOfWork, unit_of_work
from tests.authorization import table
from tests.authorization.asking import (
    Answer,
    argument_type,
    arguments,
    asked_of,
    ids,
    is_entity,
    named_in,
    node_type,
    parts,
    paths,
    present,
    selection,
    written,
)
from tests.authorization.world import ARGUMENTS, DOWNLOADS, FILTERS, FOREIGN, NOBODY, OWN, RELATIONS, TARGETS, World
from tests.graph.test_bounds import entities
from tests.harness.clinic import Clinic

_PATIENCE_SECONDS = 10


class Matrix:
    """The cells, as they are asked."""

    def __init__(self, world: World, api: GraphQLSchema) -> None:
        self.world, self.api = world, api
        self.cells: dict[str, dict[str, str]] = defaultdict(dict)
        self.otherwise: list[str] = []  # what a subgraph shows without the router and not with it, or the reverse

    def put(self, row: str, role: str, seen: set[str] | None, there: Mapping[str, Any]) -> None:
        """What a caller has seen of a row in which relations, None where the router denies it."""
        self.cells[row][role] = table.DENIED if seen is None else table.cell(seen, there, RELATIONS)

    def type(self, name: str) -> GraphQLObjectType:
        """A type of the graph."""
        kind = self.api.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        return kind

    def related(self, role: str) -> dict[str, dict[str, list[str]]]:
        """By relation to a caller, the ids of objects by type."""
        found: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for kind in self.world.types:
            for relation, those in self.world.objects(role, kind).items():
                found[relation][kind] = those
        return found

    def fields(self, kind: str, names: list[str]) -> str:
        """Fields of a type with all that is theirs, as GraphQL writes it; the same for all, so that they are planned once."""
        foreign = self.related(NOBODY)[FOREIGN]
        given = [(name, self.type(kind).fields[name]) for name in names]
        return " ".join(
            f"{name}{written(field, arguments(field, foreign, ARGUMENTS.get(f'{kind}.{name}', {})))} {selection(field.type)}"
            for name, field in given
        )

    def relations(self, role: str, kind: str) -> list[tuple[str, str]]:
        """A type's objects with their relations to a caller."""
        objects = self.world.objects(role, kind)
        assert objects, f"`rows` has no {kind}"
        return [(relation, id) for relation, found in objects.items() for id in found]

    def seen(
        self, kind: str, names: list[str], given: list[tuple[str, str]], nodes: Sequence[Any]
    ) -> dict[str, set[str]]:
        """By row, in which relations there is a value, of objects as they came."""
        found: dict[str, set[str]] = defaultdict(set)
        for (relation, _), node in zip(given, nodes, strict=True):
            for name in names:
                for part in present(self.type(kind).fields[name].type, node and node.get(name)):
                    found[f"{kind}.{name}{part}"].add(relation)
        return found


async def ask_objects(matrix: Matrix, role: str, kind: str, names: list[str]) -> None:
    """A type's fields, by `nodes`."""
    given = matrix.relations(role, kind)
    query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {matrix.fields(kind, names)} }} }} }}"
    answer = Answer.of(await matrix.world.caller(role).execute(query, ids=[id for _, id in given]))
    seen = matrix.seen(kind, names, given, answer.data.get("nodes") or [None for _ in given])
    for name in names:
        for part, path in paths(name, matrix.type(kind).fields[name].type):
            row = f"{kind}.{name}{part}"
            denied = answer.is_denied("nodes", *path)
            matrix.put(row, role, None if denied else seen[row], {relation: None for relation, _ in given})


async def ask_entities(clinic: Clinic, matrix: Matrix, role: str, service: str, kind: str, names: list[str]) -> None:
    """The same straight from the subgraph, without the router's rules: it must show as much, and no more.

    Of another subgraph's entity it gives the id alone, which is that one's to guard.
    """
    given, own = matrix.relations(role, kind), entities(service)
    keys = [id.split(":")[1] for _, id in given]
    answer = await clinic.entities(service, matrix.world.caller(role), kind, keys, matrix.fields(kind, names))
    shown = (answer.get("data") or {}).get("_entities") or [None for _ in given]
    seen = matrix.seen(kind, names, given, shown)
    there = {relation for relation, _ in given}
    for name in names:
        field = matrix.type(kind).fields[name]
        if is_entity(field.type) and str(node_type(field.type)) not in own:
            continue
        for row in (f"{kind}.{name}{part}" for part in parts(field.type)):
            by_router = matrix.cells[row][role]
            if table.cell(seen[row], there, RELATIONS) != by_router.replace(table.DENIED, table.NO):
                matrix.otherwise.append(f"{row} for {role}: {seen[row]}, and by the router {by_router}")


async def ask_query(matrix: Matrix, role: str, name: str) -> None:
    """A field of Query: as it is, by each argument that names another object, and by what it is searched by."""
    row, field = f"Query.{name}", matrix.type("Query").fields[name]
    kind, base = str(node_type(field.type)), ARGUMENTS.get(row, {})
    parties = matrix.related(role)

    async def by_party(label: str, given: Mapping[str, dict[str, Any]]) -> None:
        asked = {relation: arguments(field, parties[relation], base | other) for relation, other in given.items()}
        answer = await _ask(matrix, role, field, name, asked)
        if not is_entity(node_type(field.type)):
            seen = {relation: present(field.type, answer.data.get(relation)) for relation in given}
        else:
            objects = matrix.world.objects(role, kind)
            found = {relation: ids(answer.data.get(relation)) & set(objects.get(relation, ())) for relation in given}
            seen = {relation: {""} if those else set() for relation, those in found.items()}
        for part, (_, *path) in paths(name, field.type):
            denied = all(answer.is_denied(relation, *path) for relation in given)
            there = {relation for relation in seen if part in seen[relation]}
            matrix.put(f"{row}{label}{part}", role, None if denied else there, given)

    named = {each: kind_of[0] for each in field.args if (kind_of := argument_type(each))}
    if "id" in field.args:
        await by_party("", {each: {"id": of[kind][0]} for each, of in parties.items() if kind in of})
    elif any(is_required_argument(field.args[each]) for each in named):
        await by_party("", {each: {} for each in parties})
    else:
        await ask_whole(matrix, role, name, base)
        for argument, of_kind in named.items():
            await by_party(
                f"({argument})", {each: {argument: of[of_kind][0]} for each, of in parties.items() if of_kind in of}
            )
        for label, filtered in FILTERS.get(row, {}).items():
            there = matrix.world.objects(role, kind)
            related = [each for each in matrix.world.related(role) if each.relation in there]
            await by_party(f"({label})", {each.relation: filtered(each) for each in related})


async def ask_whole(matrix: Matrix, role: str, name: str, base: Mapping[str, Any]) -> None:
    """A field of Query that names nobody: whose objects come, or whether a value does; in any order the same ones."""
    row, field = f"Query.{name}", matrix.type("Query").fields[name]
    orders = [{}] if "orderBy" not in field.args else [{}, *_orders(field)]
    asked = {f"order{place}": arguments(field, {}, {**base, **order}) for place, order in enumerate(orders)}
    answer = await _ask(matrix, role, field, name, asked)
    value = answer.data.get("order0")
    if is_entity(node_type(field.type)):
        found = ids(value)
        assert all(ids(answer.data.get(each)) == found for each in asked), f"{row} by another order, for {role}"
        objects = matrix.world.objects(role, str(node_type(field.type)))
        seen = {relation for relation, those in objects.items() if found & set(those)}
        matrix.put(row, role, None if answer.is_denied("order0") else seen, objects)
        return
    for part, path in paths("order0", field.type):
        there = {part} & present(field.type, value)
        matrix.put(f"{row}{part}", role, None if answer.is_denied(*path) else there, {})


def _orders(field: GraphQLField) -> Iterator[dict[str, Any]]:
    kind = get_named_type(field.args["orderBy"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    values = get_named_type(kind.fields["field"].type)
    assert isinstance(values, GraphQLEnumType)
    for value in values.values:
        yield {"orderBy": {"field": value, "direction": "DESC"}}


async def _ask(
    matrix: Matrix, role: str, field: GraphQLField, name: str, asked: Mapping[str, Mapping[str, Any]]
) -> Answer:
    """A field of Query, once for each alias."""
    fields = [f"{alias}: {name}{written(field, given)} {selection(field.type)}" for alias, given in asked.items()]
    return Answer.of(await matrix.world.caller(role).execute(f"{{ {' '.join(fields)} }}"))


async def ask_mutation(matrix: Matrix, role: str, name: str) -> None:
    """A mutation of what is in each relation: whether the caller gets as far as its use case."""
    field = matrix.type("Mutation").fields[name]
    payload, other = get_named_type(field.type), ARGUMENTS.get(f"Mutation.{name}", {})
    assert isinstance(payload, GraphQLUnionType)
    target = TARGETS.get(name) or next(
        (str(node_type(each.type)) for kind in payload.types for each in kind.fields.values() if is_entity(each.type)),
        None,
    )
    related = matrix.related(role)
    kinds = named_in(field, target) & matrix.world.types
    there = {relation: of for relation, of in related.items() if kinds <= of.keys()} if kinds else {}
    by_alias = {relation: asked_of(field, of, target) | other for relation, of in there.items()} or {
        "whole": asked_of(field, {}, target) | other
    }
    problems = "".join(
        f" ... on {kind.name} {{ {selected} }}"
        for kind, selected in [(kind, _PROBLEMS.get(kind.name)) for kind in payload.types]
        if selected
    )
    declared = ", ".join(f"${alias}: {field.args['input'].type}" for alias in by_alias) if field.args else ""
    fields = [
        f"{alias}: {name}{f'(input: ${alias})' if field.args else ''} {{ __typename{problems} }}" for alias in by_alias
    ]
    query = f"mutation{f'({declared})' if declared else ''} {{ {' '.join(fields)} }}"
    answer = Answer.of(await matrix.world.caller(role).execute(query, **(by_alias if declared else {})))
    reached = {alias for alias in by_alias if _is_reached(name, role, answer.data.get(alias))}
    matrix.put(f"Mutation.{name}", role, None if answer.is_denied(next(iter(by_alias))) else reached, there)


_PROBLEMS = {"InvalidInput": "fields { path code }", "NotFound": "code"}


def _is_reached(name: str, role: str, outcome: Any) -> bool:
    if outcome is None or outcome["__typename"] == "NotFound":
        return False
    if outcome["__typename"] == "InvalidInput":
        codes = {each["code"] for each in outcome["fields"]}
        assert codes == {"NOT_FOUND"}, f"{name} by {role} is refused before its use case: {outcome['fields']}"
        return False
    return True


@asynccontextmanager
async def undone(database: Database, recorder: AuditRecorder) -> AsyncIterator[UnitOfWork]:
    """A unit of work that leaves all as it was, so that each caller meets the same objects."""
    with suppress(_Undone):
        async with unit_of_work(database, recorder) as work:
            yield work
            await work.session.flush()
            work.session.expunge_all()
            raise _Undone


class _Undone(Exception):
    pass


async def ask_subscription(matrix: Matrix, role: str, name: str) -> None:
    """A subscription: whose objects it tells of, of those there are, until it has told of the caller's own.

    One that tells nothing of what has been so far, and so has no ARGUMENTS, is opened for what is in each relation.
    """
    row, field = f"Subscription.{name}", matrix.type("Subscription").fields[name]
    if row in ARGUMENTS:
        objects = matrix.world.objects(role, str(node_type(field.type)))
        found = await _told(matrix, role, field, name, ARGUMENTS[row], set(objects.get(OWN, ())) or None)
        seen = None if found is None else {each for each in objects if found & set(objects[each])}
        matrix.put(row, role, seen, objects)
        return
    related = matrix.related(role)
    by_relation = (_told(matrix, role, field, name, arguments(field, of, {}), None) for of in related.values())
    opened = dict(zip(related, await asyncio.gather(*by_relation), strict=True))
    denied = all(each is None for each in opened.values())
    matrix.put(row, role, None if denied else {each for each in opened if opened[each] is not None}, related)


async def _told(
    matrix: Matrix, role: str, field: GraphQLField, name: str, given: Mapping[str, Any], own: set[str] | None
) -> set[str] | None:
    """The ids of what a subscription tells until it has told of the caller's own, or for a while; None if it is refused."""
    query = f"subscription {{ {name}{written(field, given)} {selection(field.type)} }}"
    found = set[str]()
    try:
        async with matrix.world.caller(role).subscribe(query) as events, asyncio.timeout(_PATIENCE_SECONDS):
            while own is None or not found.issuperset(own):
                found |= ids(await anext(events))
    except TimeoutError:
        assert own is None, f"{name} tells {role} nothing of their own"
    except (TransportQueryError, StopAsyncIteration):
        return None
    return found


async def ask_downloads(clinic: Clinic, matrix: Matrix, role: str, domain: str) -> None:
    """What is given at other addresses."""
    for row, (kind, download) in DOWNLOADS.get(domain, {}).items():
        objects = matrix.world.objects(role, kind)
        asked = [id for those in objects.values() for id in those]
        text = await download(clinic, matrix.world.caller(role), asked)
        seen = {relation for relation, those in objects.items() if any(id.split(":")[1] in text for id in those)}
        matrix.put(row, role, seen, objects)
