"""The directory, as clients of the graph use it."""

from typing import Any

import pytest

from shared.ids import new_id
from shared.values import time_zones
from subgraphs.directory.jobs import tell
from subgraphs.directory.models import Location, Practitioner
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored

ADDRESS = {"line": ["Marktplatz 1"], "city": "Bremen", "postalCode": "28195", "country": "DE"}

SAVE_ORGANIZATION = """
mutation Save($input: SaveOrganizationInput!) {
  saveOrganization(input: $input) {
    __typename
    ... on SaveOrganizationSuccess { organization { id name version active address { city } } }
    ... on UserError { message code }
    ... on InvalidInput { fields { path code } }
    ... on VersionConflict { currentVersion }
  }
}
"""
SAVE_LOCATION = """
mutation Save($input: SaveLocationInput!) {
  saveLocation(input: $input) {
    __typename
    ... on SaveLocationSuccess { location { id name timeZone organization { name } } }
    ... on InvalidInput { fields { path code } }
  }
}
"""
SAVE_PRACTITIONER = """
mutation Save($input: SavePractitionerInput!) {
  savePractitioner(input: $input) {
    __typename
    ... on SavePractitionerSuccess {
      practitioner { id version name { text } roles { specialty { code } organization { name } location { name } } }
    }
    ... on InvalidInput { fields { path code } }
    ... on NotFound { code }
  }
}
"""


async def save(admin: Caller, mutation: str, **fields: Any) -> dict[str, Any]:
    """The answer of a `save…` mutation."""
    (answer,) = (await admin.data(mutation, input=fields)).values()
    result: dict[str, Any] = answer
    return result


async def organization(admin: Caller, name: str) -> str:
    """The id of a new organization."""
    answer = await save(admin, SAVE_ORGANIZATION, name=name, address=ADDRESS)
    return str(answer["organization"]["id"])


async def test_an_organization_is_entered_changed_and_found(clinic: Clinic) -> None:
    admin, nurse = clinic.caller("ADMIN"), clinic.caller("NURSE")
    entered = await save(admin, SAVE_ORGANIZATION, name="Nordklinik", address=ADDRESS)
    key = entered["organization"]["id"]
    assert entered["organization"] | {"id": ""} == {
        "id": "",
        "name": "Nordklinik",
        "version": 1,
        "active": True,
        "address": {"city": "Bremen"},
    }

    stale = await save(admin, SAVE_ORGANIZATION, id=key, version=7, name="Other", address=ADDRESS)
    assert stale == {
        "__typename": "VersionConflict",
        "message": "It was changed meanwhile: read it again.",
        "code": "VERSION_CONFLICT",
        "currentVersion": 1,
    }
    empty = await save(admin, SAVE_ORGANIZATION, name=" ", address=ADDRESS)
    assert empty["fields"] == [{"path": ["name"], "code": "TEXT_LENGTH"}]
    unknown = await save(admin, SAVE_ORGANIZATION, id=str(new_id()), version=1, name="X", address=ADDRESS)
    assert unknown["__typename"] == "NotFound"

    closed = await save(admin, SAVE_ORGANIZATION, id=key, version=1, name="Nordklinik", address=ADDRESS, active=False)
    assert closed["organization"]["version"] == 2
    query = "query($id: ID!) { organization(id: $id) { name } organizations { totalCount } }"
    assert await admin.data(query, id=key) == {
        "organization": {"name": "Nordklinik"},
        "organizations": {"totalCount": 1},
    }
    assert await nurse.data(query, id=key) == {"organization": None, "organizations": {"totalCount": 0}}

    events = await clinic.published("directory")
    assert [event.type for event in events] == ["caregraph.directory.organization-changed.v1"] * 2
    assert [event.data["active"] for event in events] == [True, False]


async def test_practitioners_with_roles_are_searched(clinic: Clinic) -> None:
    admin, patient = clinic.caller("ADMIN"), clinic.caller("PATIENT", patient=new_id())
    clinic_id = await organization(admin, "Hafenpraxis")
    location = await save(
        admin, SAVE_LOCATION, organizationId=clinic_id, name="Erdgeschoss", address=ADDRESS, timeZone="Europe/Berlin"
    )
    role = {
        "specialty": {"system": "http://nucc.org/provider-taxonomy", "code": "207Q00000X"},
        "organizationId": clinic_id,
        "locationId": location["location"]["id"],
    }
    saved = await save(
        admin, SAVE_PRACTITIONER, family="Lindqvist", given=["Maja"], prefix="Dr.", languages=["sv", "de"], roles=[role]
    )
    assert saved["practitioner"]["name"] == {"text": "Dr. Maja Lindqvist"}
    assert saved["practitioner"]["roles"] == [
        {
            "specialty": {"code": "207Q00000X"},
            "organization": {"name": "Hafenpraxis"},
            "location": {"name": "Erdgeschoss"},
        }
    ]
    await save(admin, SAVE_PRACTITIONER, family="Okafor", given=["Chidi"], languages=["en"])

    search = """
    query($search: String, $specialty: String, $language: String, $location: ID) {
      practitioners(search: $search, specialty: $specialty, language: $language, locationId: $location) {
        nodes { name { family } }
      }
    }
    """
    for arguments, expected in (
        ({}, ["Lindqvist", "Okafor"]),
        ({"search": "LINDQ"}, ["Lindqvist"]),
        ({"search": "lindkvist"}, ["Lindqvist"]),
        ({"search": "%"}, []),
        ({"specialty": "207Q00000X"}, ["Lindqvist"]),
        ({"specialty": "207Q00000X", "location": str(new_id())}, []),
        ({"language": "en"}, ["Okafor"]),
    ):
        found = await patient.data(search, **arguments)
        assert [node["name"]["family"] for node in found["practitioners"]["nodes"]] == expected, arguments

    wrong = await save(admin, SAVE_PRACTITIONER, family="X", given=[], roles=[role | {"organizationId": str(new_id())}])
    assert wrong["fields"][0]["path"] == ["roles", "0", "organizationId"]
    for given in ("Maja", "Chidi"):
        wrong = await save(admin, SAVE_PRACTITIONER, family="X", given=[given], npi="1234567893")
    assert wrong["fields"] == [{"path": ["npi"], "code": "NPI_TAKEN"}]
    wrong = await save(admin, SAVE_LOCATION, name="x" * 201, address=ADDRESS, timeZone="Europe/Atlantis")
    assert wrong["fields"] == [
        {"path": ["name"], "code": "TEXT_LENGTH"},
        {"path": ["timeZone"], "code": "TIME_ZONE"},
    ]
    no_id = await patient.execute(search, location="no id")
    assert no_id["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_lists_are_paged(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    for letter in "dbeac":
        await organization(admin, letter)
    query = """
    query($first: Int!, $after: String) {
      organizations(first: $first, after: $after) {
        edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage endCursor }
      }
    }
    """
    names, after = [], None
    for _ in range(3):
        page = (await admin.data(query, first=2, after=after))["organizations"]
        names += [edge["node"]["name"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert names == ["a", "b", "c", "d", "e"]
    assert page["pageInfo"]["hasNextPage"] is False
    for arguments in ({"first": 0}, {"first": 101}, {"first": 1, "after": "nonsense"}):
        answer = await admin.execute(query, **arguments)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", arguments


@pytest.mark.parametrize("roles", [(), ("PATIENT",), ("DOCTOR",), ("ANALYST",)])
async def test_only_an_administrator_changes_the_directory(clinic: Clinic, roles: tuple[str, ...]) -> None:
    caller = clinic.caller(*roles) if roles else clinic.anonymous
    answer = await caller.execute(SAVE_ORGANIZATION, input={"name": "X", "address": ADDRESS})
    assert answer["data"] == {"saveOrganization": None}
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert answer["errors"][0]["path"] == ["saveOrganization"]
    straight = await clinic.entities("directory", clinic.anonymous, "Organization", [new_id()], "name")
    assert straight["data"] == {"_entities": [None]}


async def test_a_hundred_entities_are_one_statement(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    keys = [await organization(admin, f"Praxis {number}") for number in range(5)]
    asked = keys * 20
    with clinic.statements("directory") as statements:
        answer = await clinic.entities("directory", admin, "Organization", asked, "id name")
    assert [entity["id"] for entity in answer["data"]["_entities"]] == asked
    assert len(statements) == 1


async def test_a_hundred_entities_and_their_roles_are_two_statements(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    saved = [await save(admin, SAVE_PRACTITIONER, family="Berg", given=[given], roles=[]) for given in ("Ola", "Li")]
    asked = [each["practitioner"]["id"] for each in saved] * 50
    with clinic.statements("directory") as statements:
        answer = await clinic.entities("directory", admin, "Practitioner", asked, "id roles { specialty { code } }")
    assert [entity["id"] for entity in answer["data"]["_entities"]] == asked
    assert len(statements) == 2


async def test_a_trace_goes_from_the_client_to_the_event(clinic: Clinic) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    admin = clinic.caller("ADMIN").with_headers(traceparent=f"00-{trace}-b7ad6b7169203331-01")
    await organization(admin, "Hafenpraxis")
    (event,) = await clinic.published("directory")
    assert event.traceparent is not None
    assert event.traceparent.split("-")[1] == trace


async def test_what_is_practised_is_listed_and_told(clinic: Clinic) -> None:
    admin, patient = clinic.caller("ADMIN"), clinic.caller("PATIENT", patient=new_id())
    position = {"latitude": 53.0793, "longitude": 8.8017}
    place = await save(
        admin, SAVE_LOCATION, name="Haus 1", address=ADDRESS, timeZone="Europe/Berlin", position=position
    )
    family, heart = ({"system": "urn:nucc", "code": code} for code in ("207Q00000X", "207RC0000X"))
    here = {"specialty": family | {"display": "Family Medicine"}, "locationId": place["location"]["id"]}
    roles = [here, {"specialty": heart | {"display": "Cardiology"}}]
    saved = await save(admin, SAVE_PRACTITIONER, family="Arndt", given=["Ida"], languages=["de"], roles=roles)
    gone = {"specialty": {"system": "urn:nucc", "code": "X", "display": "Alchemy"}}
    await save(admin, SAVE_PRACTITIONER, family="Faust", given=["Jo"], active=False, roles=[gone])
    query = "{ specialties { code display } }"
    assert (await patient.data(query))["specialties"] == [
        {"code": "207RC0000X", "display": "Cardiology"},
        {"code": "207Q00000X", "display": "Family Medicine"},
    ]
    located, *_, told, _, _ = await clinic.published("directory")
    assert (located.data["latitude"], located.data["longitude"]) == (53.0793, 8.8017)
    practitioner = saved["practitioner"]
    practises = {(role["specialtyCode"], role["locationId"] is None) for role in told.data["roles"]}
    assert (told.data["languages"], practises) == (["de"], {("207Q00000X", False), ("207RC0000X", True)})
    kept = {"id": practitioner["id"], "family": "Arndt", "given": ["Ida"], "languages": ["de"]}
    await save(admin, SAVE_PRACTITIONER, **kept, version=practitioner["version"], roles=[here])
    assert len((await clinic.published("directory"))[-1].data["roles"]) == 1
    assert (await patient.data(query))["specialties"] == [{"code": "207Q00000X", "display": "Family Medicine"}]


async def test_what_an_older_version_has_not_told_is_told_once(clinic: Clinic) -> None:
    location, practitioner = Location(address={}, untold=True), Practitioner(family="A", given=[], untold=True)
    runtime = clinic.service("directory").runtime
    async with stored(runtime.database) as session:
        session.add_all([location, practitioner])
    await tell(runtime)
    await tell(runtime)
    told = [(event.type.split(".")[2], event.data) for event in await clinic.published("directory")]
    assert [kind for kind, _ in told] == ["location-changed", "practice-changed"]
    assert (told[0][1]["locationId"], told[1][1]["practitionerId"]) == (str(location.id), str(practitioner.id))
    async with stored(runtime.database) as session:
        assert (await session.get_one(Practitioner, practitioner.id)).version == 1


async def test_a_locations_time_zone_has_its_canonical_name(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    for zone in ("localtime", "posixrules", "Factory", "US/Eastern", "posix/UTC", "europe/berlin", ""):
        refused = await save(admin, SAVE_LOCATION, name="A", address=ADDRESS, timeZone=zone)
        assert refused["fields"] == [{"path": ["timeZone"], "code": "TIME_ZONE"}], zone
    for zone in ("UTC", "Europe/Oslo", "America/New_York", "Etc/GMT+12"):
        saved = await save(admin, SAVE_LOCATION, name="A", address=ADDRESS, timeZone=zone)
        assert saved["location"]["timeZone"] == zone
    assert time_zones()["US/Eastern"] == "America/New_York", "as an import reads it"
