"""Whatever a client sends in any argument: no fault, and each error has its code."""

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from shared.graph.entities import Entity
from shared.ids import new_id
from stack import schema
from stack.services import ROOT, SUBGRAPHS, subgraph
from subgraphs.identity.roles import SCOPES
from subgraphs.notifications.models import Kind, Notification
from tests.authorization.laboratory import laboratory_rows
from tests.authorization.rows import Party, appointments_rows
from tests.graph.hostile import Case, Of, cases, literal, plausible
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import keep_all, stored
from tests.pharmacy.prescribing import prescribed
from tests.pharmacy.storing import stocked
from tests.records.asking import Clinician, visited
from tests.records.conftest import Ward

SUBJECT, PRACTITIONER, LABORATORY = new_id(), new_id(), new_id()
ALL_SCOPES = set().union(*SCOPES.values())
FAULTS = {"INTERNAL_SERVER_ERROR", "SUBREQUEST_HTTP_ERROR", "SUBREQUEST_TIMEOUT", "MAX_TOKENS_LIMIT"}
AT_ONCE = 40  # aliases in an operation
NEEDS = {
    "laboratory": {"Location", "Patient", "Practitioner", "StaffMember"},  # whom its reports name
    "records": {"Patient"},  # of which it exports a record
}
PRESCRIBED = {"Prescription"}
EXAMINED = (
    "Analysis",
    "Analyzer",
    "CriticalNotice",
    "InboundMessage",
    "LabOrder",
    "LabReport",
    "LabResult",
    "LabTest",
    "Specimen",
)  # of the laboratory, each by itself
WITHIN = {
    "Analysis": "labOrders { nodes { analyses { nodes { %s } } } }",
    "LabReport": "criticalNotices { nodes { patient { labReports { nodes { %s } } } } }",
    "LabResult": "criticalNotices { nodes { result { %s } } }",
    "Specimen": "labOrders { nodes { specimens { nodes { %s } } } }",
}
MADE_BY = {"Account": "inviteAccount", "Patient": "registerPatient"}  # others by `save` with their name


@pytest.fixture(params=[each.name for each in SUBGRAPHS])
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def api() -> GraphQLSchema:
    return schema.build((ROOT / schema.API).read_text())


@pytest.fixture
def services(service: str, api: GraphQLSchema) -> tuple[str, ...]:
    """A service, and those whose entities it gives fields, with arguments or such as need others' ones."""
    asked = {kind for kind, _, _ in fields(service, api)} | NEEDS.get(service, set())
    return (service, *(each.name for each in SUBGRAPHS if each.name != service and asked & entities(each.name)))


@pytest.fixture
def caller(clinic: Clinic) -> Caller:
    return clinic.caller("ADMIN", scopes=ALL_SCOPES, subject=SUBJECT, practitioner=PRACTITIONER, locations=[LABORATORY])


def fields(service: str, api: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField]]:
    """The fields with arguments that are a service's, as the graph has them, with their types' names."""
    own = import_module(subgraph(service).module).service.schema._schema
    for kind in own.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("_") and kind.name != "Subscription":
            public = api.get_type(kind.name)
            given = public.fields if isinstance(public, GraphQLObjectType) else {}
            yield from ((kind.name, name, given[name]) for name in kind.fields if name in given and given[name].args)


def entities(service: str) -> set[str]:
    """The types whose rows a service has."""
    known = import_module(subgraph(service).module).service.schema.schema_converter.type_map
    origins = {name: getattr(each.definition, "origin", None) for name, each in known.items()}
    return {name for name, origin in origins.items() if isinstance(origin, type) and issubclass(origin, Entity)}


def operations(
    kind: str, name: str, field: GraphQLField, hostile: Sequence[Case], around: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The cases by literals and by variables, each under an alias; `around` is where the field is, `%s` where it goes."""
    selection = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
    for begin in range(0, len(hostile), AT_ONCE):
        some = hostile[begin : begin + AT_ONCE]
        variables = {f"v{place}_{each}": case.arguments[each] for place, case in enumerate(some) for each in field.args}
        declared = ", ".join(
            f"$v{place}_{each}: {field.args[each].type}" for place in range(len(some)) for each in field.args
        )
        by_variable, by_literal = [], []
        for place, case in enumerate(some):
            names = ", ".join(f"{each}: $v{place}_{each}" for each in field.args)
            values = ", ".join(f"{each}: {literal(case.arguments[each], of.type)}" for each, of in field.args.items())
            by_variable.append(f"a{place}: {name}({names}) {selection}")
            by_literal.append(f"a{place}: {name}({values}) {selection}")
        yield f"{kind}({declared}) {around % ' '.join(by_variable)}", variables
        yield f"{kind} {around % ' '.join(by_literal)}", {}


async def faults(caller: Caller, query: str, variables: dict[str, Any]) -> list[str]:
    """The errors of an answer that tell the client nothing that it could mend."""
    answer = await caller.execute(query, **variables)
    return [
        json.dumps(error)[:400]
        for error in answer.get("errors", ())
        if error.get("extensions", {}).get("code", "INTERNAL_SERVER_ERROR") in FAULTS
    ]


async def parent(kind: str, clinic: Clinic, caller: Caller, api: GraphQLSchema) -> str:
    """A selection at whose `%s` fields of a type are selected, of one object at least."""
    if kind in ("Query", "Mutation"):
        return "{ %s }"
    if kind == "SafetyKnowledge":
        return "{ safetyKnowledge { %s } }"
    if kind in ("Encounter", "MedicalRecord", "Note", "RecordSummary"):
        return await part_of_record(kind, clinic, caller)
    if kind in EXAMINED:
        if not (await caller.data("{ labOrders { totalCount } }"))["labOrders"]["totalCount"]:
            party = Party("own", 1, account=SUBJECT, practitioner=PRACTITIONER, location=LABORATORY)
            await keep_all(clinic.service("laboratory").runtime.database, laboratory_rows(party, None))
        return f"{{ {WITHIN.get(kind, f'{kind[0].lower()}{kind[1:]}s {{ nodes {{ %s }} }}')} }}"
    if kind == "Notification":
        async with stored(clinic.service("notifications").runtime.database) as session:
            session.add(Notification(recipient=SUBJECT, kind=next(iter(Kind))))
    elif kind == "Appointment":
        party = Party("own", 1, account=SUBJECT, practitioner=PRACTITIONER, location=LABORATORY)
        await keep_all(clinic.service("appointments").runtime.database, appointments_rows(party, None))
    elif kind == "StockItem":
        await stocked(clinic)
        return "{ stock { nodes { %s } } }"
    elif kind in PRESCRIBED:
        await prescribed(clinic, new_id(), PRACTITIONER, SUBJECT)
    elif api.mutation_type:
        name = MADE_BY.get(kind, f"save{kind}")
        assert name in api.mutation_type.fields, f"MADE_BY says which mutation makes a {kind}"
        field = api.mutation_type.fields[name]
        ((query, variables), _) = operations("mutation", name, field, [Case(plausible(field), Of.TYPE)], "{ %s }")
        await caller.data(query, **variables)
    plural = f"{kind.lower()}s"
    listed = await caller.data(f"{{ {plural} {{ nodes {{ __typename }} }} }}")
    assert listed[plural]["nodes"], kind
    return f"{{ {plural} {{ nodes {{ %s }} }} }}"


async def part_of_record(kind: str, clinic: Clinic, caller: Caller) -> str:
    """The same of a patient's record, which the caller may open."""
    ward = Ward(clinic)
    patient, _ = await ward.patient()
    await ward.let(patient, account_id=SUBJECT)
    by_caller = await visited(Clinician(caller, PRACTITIONER, SUBJECT), patient)
    around = {
        "Encounter": f'{{ encounter(id: "{by_caller["Encounter"]}") {{ %s }} }}',
        "MedicalRecord": f'{{ note(id: "{by_caller["Note"]}") {{ patient {{ record {{ %s }} }} }} }}',
        "Note": f'{{ note(id: "{by_caller["Note"]}") {{ %s }} }}',
        "RecordSummary": f'{{ note(id: "{by_caller["Note"]}") {{ patient {{ record {{ summary {{ %s }} }} }} }} }}',
    }
    return around[kind]


@pytest.mark.timeout(300)  # a domain with many mutations has many arguments
async def test_no_argument_makes_a_fault(service: str, clinic: Clinic, caller: Caller, api: GraphQLSchema) -> None:
    found, known = [], set[str]()
    for kind, name, field in fields(service, api):
        around = await parent(kind, clinic, caller, api)
        operation = "mutation" if kind == "Mutation" else "query"
        every = list(cases(field, known))
        for of in Of:
            for query, variables in operations(
                operation, name, field, [case for case in every if case.of is of], around
            ):
                found += [(kind, name, fault) for fault in await faults(caller, query, variables)]
    assert not found
