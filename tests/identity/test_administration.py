"""Administering accounts and roles, and what others may not see of them."""

from pathlib import Path
from typing import Any
from uuid import UUID

import jwt

from shared.auth.tokens import principal_of
from shared.ids import global_id, new_id
from subgraphs.identity.models import Account
from subgraphs.identity.roles import KINDS, BuiltInRole
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.identity.conftest import (
    account,
    activity,
    code_in,
    known_patient,
    log_in,
    logged_in,
    mails,
    perform,
    refresh,
    refused,
)

ACCOUNT = "... on Success { account { id email status roles version patient { id } practitioner { id } } }"
INVALID = "... on InvalidInput { fields { path } }"


async def save(caller: Caller, **input: Any) -> dict[str, Any]:
    selection = ACCOUNT + INVALID + " ... on VersionConflict { currentVersion }"
    return await perform(caller, "saveAccount", selection, **input)


async def invite(caller: Caller, **input: Any) -> dict[str, Any]:
    return await perform(caller, "inviteAccount", ACCOUNT + INVALID, **input)


async def save_role(caller: Caller, **input: Any) -> dict[str, Any]:
    selection = "... on Success { role { name kind scopes builtIn changed } }" + INVALID
    return await perform(caller, "saveRole", selection, **input)


async def test_a_changed_role_acts_at_once(clinic: Clinic) -> None:
    nora_row = await account(clinic, "nora@example.org", "NURSE")
    await account(clinic, "root@example.org", "ADMIN")
    administrator = new_id()
    admin = clinic.caller("ADMIN", subject=administrator)
    grant = await log_in(clinic, "nora@example.org")
    nora = clinic.bearer(grant["accessToken"])

    key = str(nora_row.id)
    assert (await save(admin, id=key, version=7, roles=["DOCTOR"]))["currentVersion"] == 1
    assert (await save(admin, id=key, version=1, roles=["WIZARD"]))["fields"] == [{"path": ["roles"]}]
    assert (await save(admin, id=key, version=1, roles=[]))["fields"] == [{"path": ["roles"]}]
    assert (await save(admin, id=key, version=1, roles=["PATIENT"]))["fields"] == [{"path": ["roles"]}]
    practitioner = global_id("Practitioner", new_id())
    saved = await save(admin, id=key, version=1, roles=["DOCTOR"], practitionerId=practitioner)
    assert saved["account"]["roles"] == ["DOCTOR"]
    assert saved["account"]["practitioner"] == {"id": practitioner}
    assert saved["account"]["version"] == 2

    assert await refused(clinic, nora)
    grant = await refresh(clinic, grant["refreshToken"])
    doctor = clinic.bearer(grant["accessToken"])
    me = (await doctor.data("{ me { roles activity { nodes { kind actorId } } } }"))["me"]
    assert me["roles"] == ["DOCTOR"]
    assert me["activity"]["nodes"][0] == {"kind": "ACCOUNT_CHANGED", "actorId": global_id("Account", administrator)}

    saved = await save(admin, id=key, version=2, roles=["DOCTOR"], practitionerId=practitioner, enabled=False)
    assert saved["account"]["status"] == "DISABLED"
    assert await refused(clinic, doctor)
    assert (await refresh(clinic, grant["refreshToken"]))["code"] == "SESSION_ENDED"
    assert (await log_in(clinic, "nora@example.org"))["code"] == "INVALID_CREDENTIALS"
    await save(admin, id=key, version=3, roles=["DOCTOR"], practitionerId=practitioner)
    assert (await log_in(clinic, "nora@example.org"))["__typename"] == "LogInSuccess"
    changes = [event.data for event in await clinic.published("identity") if event.type.endswith("account-changed.v1")]
    assert [data["enabled"] for data in changes] == [True, False, True]


async def test_somebody_always_administers(clinic: Clinic) -> None:
    root = await account(clinic, "root@example.org", "ADMIN")
    admin = await logged_in(clinic, "root@example.org")
    assert (await save(admin, id=str(root.id), version=1, roles=["NURSE"]))["code"] == "LAST_ADMINISTRATOR"
    assert (await save(admin, id=str(root.id), version=1, roles=["ADMIN"], enabled=False))[
        "code"
    ] == "LAST_ADMINISTRATOR"
    assert (await admin.data("{ me { roles status version } }"))["me"] == {
        "roles": ["ADMIN"],
        "status": "ACTIVE",
        "version": 1,
    }
    await account(clinic, "second@example.org", "ADMIN")
    assert (await save(admin, id=str(root.id), version=1, roles=["NURSE"]))["account"]["roles"] == ["NURSE"]


async def test_roles_are_defined_and_changed(clinic: Clinic) -> None:
    row = await account(clinic, "nora@example.org", "NURSE")
    await account(clinic, "root@example.org", "ADMIN")
    admin = clinic.caller("ADMIN")
    assert (await save_role(admin, name="ward clerk", scopes=[]))["fields"] == [{"path": ["name"]}]
    assert (await save_role(admin, name="WARD_CLERK", scopes=["moon:land"]))["fields"] == [{"path": ["scopes"]}]
    assert (await save_role(admin, name="ADMIN", scopes=["account:read"]))["code"] == "ADMIN_ROLE"
    made = await save_role(admin, name="WARD_CLERK", kind="STAFF", scopes=["directory:read", "account:read"])
    assert made["role"] == {
        "name": "WARD_CLERK",
        "kind": "STAFF",
        "scopes": ["account:read", "directory:read"],
        "builtIn": False,
        "changed": False,
    }

    await save(admin, id=str(row.id), version=1, roles=["WARD_CLERK"])
    grant = await log_in(clinic, "nora@example.org")
    nora = clinic.bearer(grant["accessToken"])
    assert (await nora.data("{ accounts { totalCount } }"))["accounts"]["totalCount"] == 2
    await save_role(admin, name="WARD_CLERK", scopes=["directory:read"])
    assert await refused(clinic, nora)
    nora = clinic.bearer((await refresh(clinic, grant["refreshToken"]))["accessToken"])
    denied = await nora.execute("{ accounts { totalCount } }")
    assert denied["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"

    remove = "... on Success { name }"
    answer = await perform(admin, "removeRole", remove, name="WARD_CLERK")
    assert answer["code"] == "ROLE_IN_USE", "somebody has it"
    await save(admin, id=str(row.id), version=2, roles=["NURSE"])
    assert (await perform(admin, "removeRole", remove, name="WARD_CLERK"))["name"] == "WARD_CLERK"
    assert (await perform(admin, "removeRole", remove, name="NURSE"))["code"] == "NOT_FOUND"

    changed = await save_role(admin, name="NURSE", scopes=["patient:read"])
    assert (changed["role"]["builtIn"], changed["role"]["changed"]) == (True, True)
    roles = {role["name"]: role for role in (await admin.data("{ roles { name scopes changed } }"))["roles"]}
    assert len(roles) == 10
    assert roles["NURSE"]["scopes"] == ["patient:read"]

    async def told() -> bool:
        events = [event.data for event in await clinic.published("identity") if "access-changed" in event.type]
        return (events[-1]["accountId"], events[-1]["scopes"]) == (str(row.id), ["patient:read"])

    await clinic.until(told)
    entered = [each.detail or {} for each in await clinic.audit("identity") if each.resource in ("Role", "Account")]
    assert {"role": "NURSE", "kind": "staff", "scopes": ["patient:read"]} in entered
    assert {"activity": "ACCOUNT_CHANGED", "roles": ["WARD_CLERK"], "practitioner": None} in entered
    await perform(admin, "removeRole", remove, name="NURSE")
    roles = {role["name"]: role for role in (await admin.data("{ roles { name scopes changed } }"))["roles"]}
    assert "patient:write" in roles["NURSE"]["scopes"]
    assert not any(role["changed"] for role in roles.values())
    trail = await clinic.audit("identity")
    assert [entry.detail["role"] for entry in trail if entry.resource == "Role" and entry.detail][-1] == "NURSE"


async def test_the_roles_decide_what_kind_of_caller_an_account_is(clinic: Clinic) -> None:
    row = await account(clinic, "ira@example.org", "INSURANCE_PROVIDER")
    await account(clinic, "root@example.org", "ADMIN")
    admin, key = clinic.caller("ADMIN"), str(row.id)

    async def kind() -> str | None:
        token = (await log_in(clinic, "ira@example.org"))["accessToken"]
        claims = jwt.decode(token, options={"verify_signature": False})
        return str(claims["kind"]) if "kind" in claims else None

    assert await kind() == "partner"
    assert (await save_role(admin, name="WARD_CLERK", scopes=["directory:read"]))["role"]["kind"] == "NONE"
    await save(admin, id=key, version=1, roles=["WARD_CLERK"])
    assert await kind() is None, "a role says nothing until it is told to"
    assert (await save_role(admin, name="WARD_CLERK", kind="STAFF", scopes=[]))["role"]["kind"] == "STAFF"
    assert (await save_role(admin, name="WARD_CLERK", scopes=["directory:read"]))["role"]["kind"] == "STAFF"
    assert await kind() == "staff"

    for other in ("INSURANCE_PROVIDER", "PATIENT"):
        mixed = await save(admin, id=key, version=2, roles=["WARD_CLERK", other])
        assert mixed["fields"] == [{"path": ["roles"]}]
    assert (await save(admin, id=key, version=2, roles=["WARD_CLERK", "NURSE"]))["account"]["version"] == 3
    await save_role(admin, name="WARD_CLERK", kind="PARTNER", scopes=[])
    assert await kind() is None, "who would be two kinds is none"

    for wrong in ({"name": "WARD_CLERK", "kind": "PATIENT"}, {"name": "NURSE", "kind": "PARTNER"}):
        assert (await save_role(admin, scopes=[], **wrong))["fields"] == [{"path": ["kind"]}]
    assert (await save_role(admin, name="NURSE", scopes=[]))["role"]["kind"] == "STAFF"


def test_every_role_that_comes_with_caregraph_has_a_kind() -> None:
    assert KINDS.keys() == set(BuiltInRole)


async def test_people_are_invited(clinic: Clinic, mailbox: Path) -> None:
    admin, desk = clinic.caller("ADMIN"), clinic.caller("RECEPTIONIST")
    patient = global_id("Patient", await known_patient(clinic, "Pat@example.org"))
    denied = await desk.execute(
        'mutation { inviteAccount(input: {email: "d@example.org", roles: ["DOCTOR"]}) { __typename } }'
    )
    assert denied["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    invited = await invite(desk, email="Pat@example.org", roles=["PATIENT"], patientId=patient)
    assert invited["account"]["patient"] == {"id": patient}
    assert invited["account"]["status"] == "INVITED"
    assert (await invite(desk, email="pat@example.org", roles=["PATIENT"], patientId=patient))[
        "code"
    ] == "ADDRESS_TAKEN"
    assert (await invite(desk, email="other@example.org", roles=["PATIENT"]))["fields"] == [{"path": ["roles"]}]
    mixed = {"email": "x@example.org", "roles": ["PATIENT", "NURSE"], "patientId": patient}
    assert (await invite(admin, **mixed))["fields"] == [{"path": ["roles"]}]
    assert (await log_in(clinic, "pat@example.org"))["code"] == "INVALID_CREDENTIALS"

    for somebody in (desk, admin):
        another = {"email": "x@example.org", "roles": ["PATIENT"]}
        nobody = await invite(somebody, **another, patientId=str(new_id()))
        assert nobody["fields"] == [{"path": ["patientId"]}]
        assert (await invite(somebody, **another, patientId=patient))["fields"] == [{"path": ["email"]}]

    (mail,) = await mails(clinic, mailbox, 1)
    assert "CareGraph invites you to an account of your own" in mail
    values = {"code": code_in(mail), "password": "walnut harbour sixpence"}
    await perform(clinic.anonymous, "choosePassword", "", **values)
    pat = await logged_in(clinic, "pat@example.org", "walnut harbour sixpence")
    data = (await pat.data("{ me { status patient { id } } }"))["me"]
    assert data == {"status": "ACTIVE", "patient": {"id": patient}}
    assert await activity(pat) == ["LOGGED_IN", "REGISTERED", "LOG_IN_FAILED", "INVITED"]

    nurse = {"email": "nurse@example.org", "roles": ["NURSE"]}
    assert (await invite(admin, **nurse))["fields"] == [{"path": ["name"]}], "patients are told who looks"
    named = {"email": "pat@example.org", "roles": ["PATIENT"], "patientId": patient, "name": "Pat"}
    assert (await invite(admin, **named))["fields"] == [{"path": ["name"]}]

    practitioner = str(new_id())
    await invite(admin, email="doc@example.org", roles=["DOCTOR"], practitionerId=practitioner)
    again = await invite(admin, email="doc@example.org", roles=["NURSE"], practitionerId=practitioner)
    assert again["account"]["roles"] == ["NURSE"]
    code = code_in((await mails(clinic, mailbox, 3))[2])
    answer = await perform(clinic.anonymous, "choosePassword", INVALID, code=code, password="tulip orb")
    assert answer["fields"] == [{"path": ["password"]}], "staff choose longer ones"


async def test_accounts_are_seen_by_their_owners_and_administrators(clinic: Clinic) -> None:
    ann_row, ben_row = [await account(clinic, f"{name}@example.org", "PATIENT") for name in ("ann", "ben")]
    await account(clinic, "root@example.org", "ADMIN")
    ann, admin = await logged_in(clinic, "ann@example.org"), await logged_in(clinic, "root@example.org")

    query = """query($id: ID!) { account(id: $id) { email sessions { totalCount } activity { totalCount } } }"""
    seen = (await admin.data(query, id=str(ann_row.id)))["account"]
    assert seen == {"email": "ann@example.org", "sessions": {"totalCount": 1}, "activity": {"totalCount": 1}}
    for field in (f'account(id: "{ben_row.id}") {{ id }}', "accounts { totalCount }", "roles { name }"):
        denied = await ann.execute(f"{{ {field} }}")
        assert denied["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"

    selection = "email activity { nodes { kind } } sessions { nodes { id } }"
    keys = [ann_row.id, ben_row.id]
    answer = await clinic.entities("identity", ann, "Account", keys, selection)
    own, others = answer["data"]["_entities"]
    assert own["email"] == "ann@example.org"
    assert others is None
    nobody = await clinic.entities("identity", clinic.anonymous, "Account", keys, selection)
    assert nobody["data"]["_entities"] == [None, None]
    denials = [entry for entry in await clinic.audit("identity") if entry.outcome == "denied"]
    assert any(ben_row.id in entry.resource_ids and entry.actor == ann_row.id for entry in denials)

    found = (await admin.data('{ accounts(search: "EN@ex") { nodes { email } } }'))["accounts"]["nodes"]
    assert found == [{"email": "ben@example.org"}]
    found = (await admin.data('{ accounts(role: "ADMIN") { nodes { email } } }'))["accounts"]["nodes"]
    assert found == [{"email": "root@example.org"}]
    page = (await admin.data("{ accounts(first: 2) { nodes { email } pageInfo { hasNextPage endCursor } } }"))[
        "accounts"
    ]
    assert page["pageInfo"]["hasNextPage"]
    query = "query($after: String) { accounts(after: $after) { nodes { email } } }"
    rest = (await admin.data(query, after=page["pageInfo"]["endCursor"]))["accounts"]["nodes"]
    assert [node["email"] for node in page["nodes"] + rest] == [
        "ann@example.org",
        "ben@example.org",
        "root@example.org",
    ]

    rows = [Account(email=f"p{number}@example.org", roles=["NURSE"]) for number in range(100)]
    keys = [row.id for row in rows]
    async with stored(clinic.service("identity").runtime.database) as session:
        session.add_all(rows)
    with clinic.statements("identity") as statements:
        answer = await clinic.entities("identity", admin, "Account", keys, "email")
    assert [entity["email"] for entity in answer["data"]["_entities"]] == [f"p{n}@example.org" for n in range(100)]
    assert len([text for text in statements if not text.startswith(("BEGIN", "COMMIT"))]) <= 2


async def test_an_account_that_is_not_there_is_a_denial(clinic: Clinic) -> None:
    admin, key = clinic.caller("ADMIN"), new_id()
    assert (await save(admin, id=str(key), version=1, roles=["NURSE"]))["code"] == "NOT_FOUND"
    denials = [entry for entry in await clinic.audit("identity") if entry.outcome == "denied"]
    assert [(entry.resource, entry.resource_ids) for entry in denials] == [("Account", [key])]


async def test_tokens_say_where_staff_work(clinic: Clinic) -> None:
    row = await account(clinic, "paul@example.org", "PHARMACIST")
    admin, places = clinic.caller("ADMIN"), sorted(new_id() for _ in range(2))
    ids = [global_id("Location", place) for place in places]

    async def works(token: str) -> frozenset[UUID]:
        return principal_of(jwt.decode(token, options={"verify_signature": False})).locations

    key, roles = str(row.id), ["PHARMACIST"]
    await account(clinic, "root@example.org", "ADMIN")
    assert await works((await log_in(clinic, "paul@example.org"))["accessToken"]) == frozenset()
    await save(admin, id=key, version=1, roles=roles, locationIds=[ids[1], ids[0], ids[1]])
    await save(admin, id=key, version=2, roles=roles, name="Paul Reyes")  # absent: as they were
    grant = await log_in(clinic, "paul@example.org")
    assert await works(grant["accessToken"]) == frozenset(places)
    paul = clinic.bearer(grant["accessToken"])
    assert (await paul.data("{ me { locations { id } } }"))["me"]["locations"] == [{"id": each} for each in ids]
    told = [event.data["locationIds"] for event in await clinic.published("identity") if "locationIds" in event.data]
    assert told[-1] == list(map(str, places))

    patient = await known_patient(clinic, "pia@example.org")
    own = {"email": "pia@example.org", "roles": ["PATIENT"], "patientId": global_id("Patient", patient)}
    refusal = await invite(admin, **own, locationIds=ids)
    assert refusal["fields"] == [{"path": ["locationIds"]}]
