"""Inputs made from a schema: plausible ones, and such in which one value is what no client should send."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum, auto
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import orjson
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from shared.database.paging import Order
from shared.ids import new_id
from stack.services import SUBGRAPHS

MAXIMUM_INT = 2**31 - 1
LONG = "long " * 20_000
SURROGATE = "\ud800"

_TEXTS = ["a\0b", "", " \t\n", "\x07\x1b[2J\u202e\ufeff", LONG]
_UUID = "018f0000-0000-7000-8000-000000000000"


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).decode()


def _cursor(values: Any) -> str:
    return _base64(orjson.dumps(values))


def _orders() -> Iterator[Order]:
    """Those of all lists."""
    for each in SUBGRAPHS:
        repository = import_module(f"{each.module.removesuffix('.app')}.repository")
        modules = [module.name for module in iter_modules(getattr(repository, "__path__", ()))]
        for rooms in (repository, *(import_module(f"{repository.__name__}.{name}") for name in modules)):
            for value in vars(rooms).values():
                found = value.values() if isinstance(value, dict) else [value]
                yield from (order for order in found if isinstance(order, Order))


_VALUES: list[list[Any]] = [
    [],
    [_UUID],
    [2**63],
    ["2026-01-01T00:00:00", _UUID],
    ["2026-01-01T00:00:00+00:00", _UUID],
    ["0001-01-01T00:00:00+14:00", _UUID],
    ["9999-12-31T23:59:59-14:00", _UUID],
    ["2026-01-01", _UUID],
    ["a\0b", _UUID],
    [None, None],
    [True, [_UUID]],
    ["a", "b", _UUID],
    ["a\0b", "b", _UUID],
    [2**63, "b", _UUID],
    [2**63, _UUID],
    [-1, _UUID],
]
CURSORS = [
    *_TEXTS[:3],
    "garbage",
    "é",
    str(10**30),
    _base64(b"\xff\x00"),
    _base64(b"[" * 5000),
    *map(_cursor, [None, {"a": 1}, [], [_UUID]]),
    *(_cursor([mark, *values]) for mark in {order.mark for order in _orders()} for values in _VALUES),
]

# What a scalar's reader takes, so that it reaches a use case; and what it has to refuse.
FITTING: dict[str, list[Any]] = {
    "String": _TEXTS,
    "ID": [*_TEXTS, "Wrong:" + _UUID, _UUID[:-1], 2**31 - 1, -1],
    "Float": [1e308, -1e308, -0.0, 5e-324],
    "Int": [MAXIMUM_INT, -MAXIMUM_INT - 1, 0, -1],
    "Boolean": [],
    "Date": ["1800-01-01", "2299-12-31"],
    "DateTime": ["1800-01-02T00:00:00Z", "2299-12-30T23:59:59.999999Z", "2026-05-04T07:30:00.123456+14:00"],
    "Time": ["00:00", "23:59:59.999999"],
}
_NO_TIME = ["", "a\0b", "0001-01-01", "9999-12-31", "0000-00-00", "-1", LONG, 0, -1, 1.5, True, [], {}]
WRONG: dict[str, list[Any]] = {
    "String": [0, 1.5, True, {"a": 1}],
    "ID": [1.5, True, {"a": 1}],
    "Float": [10**400, "1", True],
    "Int": [2**31, -(2**63), 1.5, "1", True],
    "Boolean": [0, "true"],
    "Date": [*_NO_TIME, "2026-05-04T07:30:00Z"],
    "DateTime": [*_NO_TIME, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-05-04T07:30:00"],
    "Time": [*_NO_TIME, "24:00:01", "09:30+02:00"],
}

_PLAUSIBLE: dict[str, Any] = {
    "after": None,
    "before": None,
    "country": "DE",
    "csv": "first,second,severity\nwarfarin,niacin,WARNS\n",
    "ingredients": "name\nplainol\n",
    "email": "jane.dawson@example.com",
    "first": None,
    "from": "2030-01-07T00:00:00Z",
    "fromDay": "2030-01-07",
    "abatement": "2020-05",
    "birthDate": "1984-02-29",
    "date": "2020-05",
    "fileName": "letter.xml",
    "observed": "2020-05",
    "occurredAt": "2026-01-08T10:00:00Z",
    "occurred": "2020-05",
    "onset": "2020-05",
    "performed": "2020-05",
    "id": None,
    "idempotencyKey": None,
    "language": "de",
    "last": None,
    "licenceJurisdiction": "US-MA",
    "languages": "de",
    "line": "Main Street 1",
    "npi": "1234567893",
    "locationId": None,
    "organizationId": None,
    "pack": None,
    "partialBirthDate": None,
    "patientId": None,
    "practitionerId": None,
    "phone": "+493012345678",
    "postalCode": "10115",
    "role": "NURSE",
    "rxcui": "1191",
    "scopes": "patient:read",
    "roles": "NURSE",
    "system": "http://example.com/codes",
    "timeZone": "Europe/Berlin",
    "to": "2030-01-14T00:00:00Z",
    "value": "jane.dawson@example.com",
    "version": None,
    "witnessId": None,
}
_OF_TYPE = {
    "String": "Plausible",
    "Float": 1.5,
    "Int": 1,
    "Boolean": True,
    "Date": "2030-01-08",
    "DateTime": "2030-01-08T10:00:00Z",
    "Time": "09:30",
}


class Of(Enum):
    """What a hostile value is of; one that is none of its type keeps all others of the operation from being looked at."""

    TYPE = auto()
    NO_TYPE = auto()
    NO_TEXT = auto()


@dataclass(frozen=True)
class Case:
    """The arguments of a field, one of whose values is hostile."""

    arguments: dict[str, Any]
    of: Of


def plausible(field: GraphQLField) -> dict[str, Any]:
    """Arguments that are all of their types, and most of them such as a client sends."""
    return {name: _plausible(name, argument) for name, argument in field.args.items()}


def cases(field: GraphQLField, known: set[str]) -> Iterator[Case]:
    """Arguments with one hostile value each, for each argument and each field of an input that is not `known` yet."""
    good = plausible(field)
    for name, argument in field.args.items():
        for path, value, of in _hostile(name, argument.type, good[name], known):
            yield Case(_with(good, (name, *path), value), of)


def _plausible(name: str, given: GraphQLArgument | GraphQLInputField) -> Any:
    nullable, named = get_nullable_type(given.type), get_named_type(given.type)
    value: Any
    if isinstance(named, GraphQLInputObjectType):
        value = {name: _plausible(name, field) for name, field in named.fields.items()}
    elif isinstance(named, GraphQLEnumType):
        value = next(iter(named.values))
    elif name in _PLAUSIBLE and not (_PLAUSIBLE[name] is None and is_non_null_type(given.type)):
        value = _PLAUSIBLE[name]
    else:
        value = str(new_id()) if named.name == "ID" else _OF_TYPE[named.name]
    return [value] if is_list_type(nullable) else value


def _hostile(
    name: str, kind: GraphQLInputType, good: Any, known: set[str]
) -> Iterator[tuple[tuple[str | int, ...], Any, Of]]:
    nullable, named = get_nullable_type(kind), get_named_type(kind)
    inner: Iterable[tuple[str | int, GraphQLInputType]] = ()
    fitting: list[Any] = []
    wrong: list[Any] = []
    if is_list_type(nullable):
        fitting, wrong, inner = [[], good * 120], [[[[]]]], [(0, nullable.of_type)]
    elif isinstance(named, GraphQLInputObjectType):
        wrong = ["text", {**good, "a\0b": 1}]
        inner = [(each, field.type) for each, field in named.fields.items() if named.name not in known]
        known.add(named.name)
    elif isinstance(named, GraphQLEnumType):
        wrong = ["a\0b", "NONE_OF_THEM", 1]
    else:
        fitting, wrong = CURSORS if name in ("after", "before") else FITTING[named.name], WRONG[named.name]
        yield (), f"a{SURROGATE}", Of.NO_TEXT
    yield (), None, Of.NO_TYPE if is_non_null_type(kind) else Of.TYPE
    yield from (((), value, Of.TYPE) for value in fitting)
    yield from (((), value, Of.NO_TYPE) for value in wrong)
    for part, of_part in inner:
        name_of_part = name if part == 0 else str(part)
        yield from (
            ((part, *path), value, of) for path, value, of in _hostile(name_of_part, of_part, good[part], known)
        )


def _with(arguments: Any, path: tuple[str | int, ...], value: Any) -> Any:
    made = deepcopy(arguments)
    place = made
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return made


def literal(value: Any, kind: GraphQLInputType) -> str:
    """A value as GraphQL writes it."""
    named, nullable = get_named_type(kind), get_nullable_type(kind)
    if isinstance(value, list):
        of = nullable.of_type if is_list_type(nullable) else kind
        return f"[{', '.join(literal(item, of) for item in value)}]"
    if isinstance(value, dict):
        fields = named.fields if isinstance(named, GraphQLInputObjectType) else {}
        entries = (
            f"{name}: {literal(item, fields[name].type if name in fields else kind)}"
            for name, item in value.items()
            if name.isidentifier()
        )
        return f"{{{', '.join(entries)}}}"
    if isinstance(named, GraphQLEnumType) and isinstance(value, str) and value.isidentifier():
        return value
    return json.dumps(value)
