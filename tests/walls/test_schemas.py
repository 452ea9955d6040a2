"""What every subgraph's schema keeps to: descriptions, who may ask, nullability of what can be denied, event contracts."""

from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)
from pydantic import BaseModel
from strawberry.federation.schema_directives import Authenticated, RequiresScopes

from shared.audit.statements import audited_tables
from shared.disclosures import PatientDataRead
from shared.events.event import Event
from shared.service import Service
from stack.services import SUBGRAPHS
from subgraphs.identity.roles import SCOPES
from subgraphs.records.accounting import FIELD_GROUPS

DOMAINS: list[Service] = [import_module(each.module).service for each in SUBGRAPHS]
FEDERATION = {"_FieldSet", "_Service", "_Any", "_Entity", "_entities", "_service"}

# Fields that anybody may ask, token or not.
PUBLIC = {
    "Mutation.choosePassword",
    "Mutation.register",
    "Mutation.logIn",
    "Mutation.verifySecondFactor",
    "Mutation.refresh",
    "Mutation.requestPasswordReset",
}


def test_no_field_gives_just_any_node() -> None:
    """A type that the caller may not see would take what all types have in common from everyone."""
    given = {
        f"{kind.name}.{name}"
        for domain in DOMAINS
        for kind in domain.schema._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in kind.fields.items()
        if getattr(get_named_type(field.type), "name", "") == "Node"
    }
    assert given == set()


def described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """All that has a description: types, fields, arguments, enum values, with what they say."""
    for name, kind in schema.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind) or name in FEDERATION or "__" in name:
            continue
        if name not in {"Query", "Mutation", "Subscription"}:
            yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", definition.description) for value, definition in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                if field_name in FEDERATION:
                    continue
                yield f"{name}.{field_name}", field.description
                for argument, definition in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument}:)", definition.description


@pytest.mark.parametrize("service", DOMAINS, ids=lambda service: service.name)
def test_everything_is_described(service: Service) -> None:
    missing = [place for place, description in described(service.schema._schema) if not description]
    assert not missing


def root_fields(service: Service) -> Iterator[tuple[str, GraphQLField]]:
    """The fields of Query, Mutation and Subscription."""
    schema = service.schema._schema
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        for name, field in (root.fields if root else {}).items():
            if name not in FEDERATION:
                yield f"{root.name}.{name}", field  # type: ignore[union-attr]  # a root with fields


def rules(field: GraphQLField) -> list[Any]:
    """Its access directives."""
    directives = field.extensions["strawberry-definition"].directives
    return [item for item in directives if isinstance(item, Authenticated | RequiresScopes)]


@pytest.mark.parametrize("service", DOMAINS, ids=lambda service: service.name)
def test_a_root_field_says_who_may_ask_unless_it_is_public(service: Service) -> None:
    unguarded = {place for place, field in root_fields(service) if not rules(field)}
    assert unguarded <= PUBLIC


@pytest.mark.parametrize("service", DOMAINS, ids=lambda service: service.name)
def test_what_can_be_denied_is_nullable(service: Service) -> None:
    wrong = [
        place
        for place, field in root_fields(service)
        if rules(field) and isinstance(field.type, GraphQLNonNull) and not place.startswith("Subscription.")
    ]
    assert not wrong


def test_every_scope_that_is_asked_for_is_given_to_some_role() -> None:
    given = set().union(*SCOPES.values())
    asked = {
        str(scope)
        for service in DOMAINS
        for _, field in root_fields(service)
        for rule in rules(field)
        if isinstance(rule, RequiresScopes)
        for alternative in rule.scopes
        for scope in alternative
    }
    assert asked <= given


PUBLISHED: dict[str, type[Event]] = {event.type: event for service in DOMAINS for event in service.events}


# What few may read has a topic of its own: diagnoses and what is prescribed, which reporting alone consumes, and who has read
# what of patients.
OWN_TOPICS = {
    "problems": ({"records"}, {"reporting"}),
    "prescribing": ({"pharmacy"}, {"reporting"}),
    "disclosures": ({*FIELD_GROUPS, "records"}, {"records"}),
}


def test_a_service_publishes_only_its_own_events_and_what_few_may_read_goes_to_them() -> None:
    publishers: dict[str, set[str]] = defaultdict(set)
    for service in DOMAINS:
        for event in service.events:
            publishers[event.domain()].add(service.name)
    assert publishers == {name: {name} for name in publishers} | {name: by for name, (by, _) in OWN_TOPICS.items()}
    for domain, (_, readers) in OWN_TOPICS.items():
        found = {service.name for service in DOMAINS for each in service.consumers if domain in each.domains}
        assert found == readers


def test_who_reads_data_of_patients_is_accounted_for_in_every_domain() -> None:
    of_patients = {
        service.name
        for service in DOMAINS
        for table, model in audited_tables().items()
        if table in service.metadata.sorted_tables and model.audit_patient
    }
    assert of_patients == {service.name for service in DOMAINS if PatientDataRead in service.events}


@pytest.mark.parametrize(
    ("consumer", "expected"),
    [
        pytest.param(consumer.name, kind, id=f"{service.name}-{kind.type}")
        for service in DOMAINS
        for consumer in service.consumers
        for kind in consumer.handlers
    ],
)
def test_a_consumer_expects_what_is_published(consumer: str, expected: type[Event]) -> None:
    assert expected.type in PUBLISHED, f"{consumer} waits for an event that nobody publishes"
    _check_fields(expected.type, expected, PUBLISHED[expected.type])


def _check_fields(where: str, expected: type[BaseModel], publishing: type[BaseModel]) -> None:
    published = publishing.model_fields
    for name, field in expected.model_fields.items():
        if name not in published:
            assert not field.is_required(), f"{where} has no {name}"
            continue
        told, taken = _kinds(published[name].annotation), _kinds(field.annotation) | {str}
        parts = [(inner, outer) for inner in _records(taken) for outer in _records(told)]
        for inner, outer in parts:
            _check_fields(f"{where}.{name}", inner, outer)
        assert told - ({outer for _, outer in parts}) <= taken, f"{where}.{name}"


def _records(kinds: set[Any]) -> list[type[BaseModel]]:
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _kinds(annotation: Any) -> set[Any]:
    """What a value may be; codes of an enumeration are strings on the wire."""
    kinds = set(get_args(annotation)) or {annotation}
    return {str if isinstance(kind, type) and issubclass(kind, str) else kind for kind in kinds}
