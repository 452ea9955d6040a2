"""What a source takes back: entered in error, deleted, out of use."""

from typing import Any

from shared.known import Source
from tests.harness.clinic import Clinic
from tests.importer.conftest import (
    EXPORT,
    ORGANIZATION,
    PATIENT,
    PLACE,
    PRACTITIONER,
    ROLE,
    Import,
    encounter,
    resource,
)

HOSPITAL = Source("hospital")
EMPTY: dict[str, list[Any]] = {name: [] for name in EXPORT}
VISIT = "{ appointments { nodes { status version cancellation { by reason } } } }"


def deletion(*urls: str) -> dict[str, Any]:
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


async def visit(clinic: Clinic) -> dict[str, Any]:
    [node] = (await clinic.caller("NURSE").data(VISIT))["appointments"]["nodes"]
    return dict(node)


async def test_a_visit_that_was_entered_in_error_is_cancelled(clinic: Clinic, imports: Import) -> None:
    own = EXPORT | {"Encounter.000.ndjson": [encounter("visit")], "Encounter.001.ndjson": []}
    await imports(own, HOSPITAL)
    wrong = {"resourceType": "Encounter", "id": "visit", "status": "entered-in-error"}
    never = wrong | {"id": "never"}
    again = EMPTY | {"Encounter.000.ndjson": [wrong, never]}
    for outcome in ("updated", "unchanged"):
        done = await imports(again, HOSPITAL)
        assert (done.failures, done.counts("Encounter")) == ([], {outcome: 1, "left out": 1})
        assert await visit(clinic) == {
            "status": "CANCELLED",
            "version": 2,
            "cancellation": {"by": "SYSTEM", "reason": "ENTERED_IN_ERROR"},
        }
    assert [event.data["status"] for event in await clinic.published("appointments")] == ["COMPLETED", "CANCELLED"]
    assert (await imports(own, HOSPITAL)).counts("Encounter") == {"updated": 1}
    assert (await visit(clinic))["status"] == "COMPLETED"


async def test_nobody_takes_back_what_may_be_anothers(clinic: Clinic, imports: Import) -> None:
    await imports(EXPORT | {"Encounter.000.ndjson": [encounter("visit")], "Encounter.001.ndjson": []}, HOSPITAL)
    deleted = EMPTY | {"deleted.ndjson": [deletion("Encounter/visit", "Patient/patient")]}
    for source in (Source("other"), Source()):
        done = await imports(deleted, source)
        assert (done.counts("Encounter"), done.counts("Patient")) == ({"left out": 1}, {"left out": 1})
    assert (await visit(clinic))["status"] == "COMPLETED"


async def roles(clinic: Clinic) -> int:
    nodes = await clinic.caller("ADMIN").data("{ practitioners { nodes { roles { specialty { code } } } } }")
    return sum(len(node["roles"]) for node in nodes["practitioners"]["nodes"])


async def test_a_role_is_there_while_it_is_in_use(clinic: Clinic, imports: Import) -> None:
    for value, outcome, number in (
        (True, "created", 1),
        (False, "updated", 0),
        (False, "unchanged", 0),
        (True, "created", 1),
    ):
        files = EXPORT | {"PractitionerRole.ndjson": [ROLE | {"active": value}]}
        done = await imports(files, HOSPITAL)
        assert (done.failures, done.counts("PractitionerRole")) == ([], {outcome: 1})
        assert await roles(clinic) == number


async def test_what_is_deleted_is_out_of_use(clinic: Clinic, imports: Import) -> None:
    files: dict[str, list[Any]] = EXPORT | {"Encounter.000.ndjson": [encounter("visit")], "Encounter.001.ndjson": []}
    await imports(files, HOSPITAL)
    urls = ["Organization/org", "Location/place", "Practitioner/doctor", "https://ehr.example/r4/Patient/patient"]
    done = await imports(EMPTY | {"x.json": [deletion(*urls, "Encounter/visit", "PractitionerRole/role")]}, HOSPITAL)
    assert (done.failures, done.counts("PractitionerRole")) == ([], {"updated": 1})
    assert await roles(clinic) == 0
    query = "{ patients { nodes { active } } organizations { nodes { active } } practitioners { nodes { active } } }"

    async def active() -> list[bool]:
        data = await clinic.caller("ADMIN").data(query)
        return [node["active"] for kind in data.values() for node in kind["nodes"]]

    assert await active() == [False] * 3
    assert (await visit(clinic))["status"] == "CANCELLED"
    back: dict[str, list[Any]] = {"Organization.ndjson": [ORGANIZATION], "Location.1793491200000.ndjson": [PLACE]}
    again = await imports(
        EMPTY | back | {"Practitioner.ndjson": [PRACTITIONER], "Patient.ndjson": [PATIENT], "x.json": []}, HOSPITAL
    )
    assert {again.counts(kind)["updated"] for kind in ("Organization", "Practitioner", "Patient", "Location")} == {1}
    assert await active() == [True] * 3


async def test_a_patient_out_of_use_is_so_here(clinic: Clinic, imports: Import) -> None:
    async def active() -> bool:
        [node] = (await clinic.caller("NURSE").data("{ patients { nodes { active } } }"))["patients"]["nodes"]
        return bool(node["active"])

    for value, outcome in ((False, "created"), (False, "unchanged"), (True, "updated")):
        done = await imports({"Patient.ndjson": [PATIENT | {"active": value}]}, HOSPITAL)
        assert (done.counts("Patient"), await active()) == ({outcome: 1}, value)


async def test_of_several_versions_the_newest_counts(clinic: Clinic, imports: Import) -> None:
    versions = [
        PATIENT | {"active": active, "meta": {"lastUpdated": updated}}
        for active, updated in (
            (True, "2026-01-01T00:00:00Z"),
            (False, "2026-02-01T01:00:00+02:00"),
            (True, "2026-01-31T22:59:00Z"),
        )
    ]
    done = await imports({"Patient.ndjson": versions}, HOSPITAL)
    assert (done.counts("Patient"), done.failures) == ({"created": 1, "left out": 2}, [])
    assert done.told("Patient")["meta.lastUpdated: left out, since a newer version is there"] == 2
    nodes = (await clinic.caller("NURSE").data("{ patients { nodes { active } } }"))["patients"]["nodes"]
    assert nodes == [{"active": False}]


async def test_an_older_version_in_a_later_export_changes_nothing(clinic: Clinic, imports: Import) -> None:
    def version(resource: dict[str, Any], month: int, **content: Any) -> dict[str, Any]:
        return resource | content | {"meta": {"lastUpdated": f"2026-{month:02}-01T00:00:00Z"}}

    async def done(patient: Any, encounter: Any, source: Source = HOSPITAL) -> tuple[Any, Any]:
        files = EXPORT | {"Patient.ndjson": [patient], "Encounter.000.ndjson": [encounter], "Encounter.001.ndjson": []}
        found = await imports(files, source)
        assert found.failures == []
        return found.counts("Patient"), found.counts("Encounter")

    own, wrong = encounter("visit"), {"resourceType": "Encounter", "id": "visit", "status": "entered-in-error"}
    left = {"left out": 1}
    assert await done(version(PATIENT, 2, active=False), version(own, 2)) == ({"created": 1}, {"created": 1})
    assert await done(version(PATIENT, 1), version(wrong, 1)) == (left, left)
    assert (await visit(clinic))["status"] == "COMPLETED"
    assert await done(version(PATIENT, 2, active=False), version(wrong, 3)) == ({"unchanged": 1}, {"updated": 1})
    assert await done(version(PATIENT, 4), version(own, 2)) == ({"updated": 1}, left)
    assert (await visit(clinic))["status"] == "CANCELLED"
    assert await done(version(PATIENT, 3, active=False), version(own, 4)) == (left, {"updated": 1})
    nodes = (await clinic.caller("NURSE").data("{ patients { nodes { active } } }"))["patients"]["nodes"]
    assert nodes == [{"active": True}], "the older version of the third export has changed nothing"


async def test_a_role_without_a_specialty_is_no_error(imports: Import) -> None:
    role = {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/doctor"}}
    done = await imports({"Practitioner.ndjson": [PRACTITIONER], "PractitionerRole.ndjson": [role]}, HOSPITAL)
    assert (done.failures, done.counts("PractitionerRole")) == ([], {"left out": 1})


def linked(key: str, **content: Any) -> dict[str, Any]:
    name = [{"family": "Albers", "given": ["Ada"]}]
    return resource("Patient", key, **{"name": name, "birthDate": "1980-05-04", **content})


def link(key: str, kind: str = "replaced-by") -> dict[str, Any]:
    return {"link": [{"other": {"reference": f"Patient/{key}"}, "type": kind}]}


async def doubts(clinic: Clinic) -> set[tuple[str, str]]:
    """Who may be whom, by their births."""
    query = "{ patientsWithDuplicates { nodes { ...born possibleDuplicates { ...born } } } }"
    born = " fragment born on Patient { birthDate partialBirthDate }"
    nodes = (await clinic.caller("RECEPTIONIST").data(query + born))["patientsWithDuplicates"]["nodes"]

    def birth(node: dict[str, Any]) -> str:
        return str(node["birthDate"] or node["partialBirthDate"])

    return {(birth(node), birth(other)) for node in nodes for other in node["possibleDuplicates"]}


async def test_who_is_replaced_is_merged(clinic: Clinic, imports: Import) -> None:
    patients = [
        linked("old", active=False, **link("new")),
        linked("new", birthDate="1980-05"),
        linked("other", **link("older", "replaces")),
        linked("older"),
        linked("unlike", birthDate="1999-01-01", **link("new")),
        linked("lost", **link("nowhere")),
        linked("see", birthDate="1970", **link("new", "seealso")),
    ]
    visits = [encounter("visit", subject={"reference": "Patient/old"}, participant=[], location=[])]
    files: dict[str, list[Any]] = {"Patient.ndjson": patients, "Encounter.ndjson": visits}
    done = await imports(files, HOSPITAL)
    assert (done.failures, done.counts("Patient")) == ([], {"created": 7})
    assert done.told("Patient") == {
        "link: merged into who replaces them": 2,
        "link: in doubt, since name or birth speak against it: for people to decide": 1,
        "link: left out, since it leads to no Patient that is known here": 1,
        "link: in doubt, since neither replaces the other: for people to decide": 1,
    }
    query = "{ appointments { nodes { patient { birthDate } } } patients { nodes { birthDate } } }"
    data = await clinic.caller("NURSE").data(query)
    assert data["appointments"]["nodes"] == [{"patient": {"birthDate": "1980-05-04"}}], "what the survivor lacked"
    assert len(data["patients"]["nodes"]) == 5
    assert [event.type.split(".")[2] for event in await clinic.published("patients")].count("patient-merged") == 2
    new, unlike, see = "1980-05-04", "1999-01-01", "1970"
    assert await doubts(clinic) == {(new, unlike), (unlike, new), (new, see), (see, new), (new, new)}
    again = await imports(files, HOSPITAL)
    assert (again.counts("Patient"), again.counts("Encounter")) == ({"unchanged": 7}, {"unchanged": 1})
    assert "link: merged into who replaces them" not in again.told("Patient")


async def test_nobody_is_merged_into_who_may_be_anothers(clinic: Clinic, imports: Import) -> None:
    await imports({"Patient.ndjson": [linked("new")]})
    done = await imports({"Patient.ndjson": [linked("old", **link("new"))]})
    assert set(done.told("Patient")) == {
        "link: in doubt, since the source has no name, and it may lead to another's: for people to decide"
    }
    both = await imports({"Patient.ndjson": [linked("old", **link("new")), linked("new")]})
    assert set(both.told("Patient")) == {"link: merged into who replaces them"}
