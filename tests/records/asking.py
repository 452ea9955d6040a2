"""What the tests of entries ask: mutations by their names, and people who treat a patient."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.ids import global_id, new_id
from shared.patient_access import Basis
from tests.harness.caller import Caller
from tests.records.conftest import Ward


@dataclass(frozen=True)
class Clinician:
    """Somebody who works here, by the graph."""

    caller: Caller
    practitioner: UUID
    account: UUID

    async def does(self, name: str, asked: str = "__typename", /, **fields: Any) -> dict[str, Any]:
        """The payload of a mutation, such as `startEncounter`."""
        return await does(self.caller, name, asked, **fields)

    async def did(self, name: str, asked: str = "__typename", /, **fields: Any) -> dict[str, Any]:
        """What a mutation gave that has to succeed."""
        payload = await self.does(name, asked, **fields)
        assert payload["__typename"] == f"{name[0].upper()}{name[1:]}Success", payload
        return dict(next((value for key, value in payload.items() if key != "__typename"), {}))


async def does(caller: Caller, name: str, asked: str = "__typename", /, **fields: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    kind = f"{name[0].upper()}{name[1:]}"
    conflict = "... on VersionConflict { currentVersion }" if "version" in fields else ""
    query = f"""mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename
        ... on {kind}Success {{ {asked} }} {conflict}
        ... on UserError {{ code }} ... on InvalidInput {{ fields {{ path code parameters {{ value }} }} }} }} }}"""
    return dict((await caller.data(query, input=fields))[name])


async def clinician(
    ward: Ward, patient: UUID | None = None, role: str = "DOCTOR", basis: Basis = Basis.APPOINTMENT
) -> Clinician:
    """Somebody who works here, and may open a patient's record on a basis."""
    practitioner, account = await ward.practitioner(), new_id()
    if patient is not None:
        await ward.let(patient, basis, practitioner_id=practitioner)
    caller = ward.clinic.caller(role, practitioner=practitioner, subject=account)
    return Clinician(caller, practitioner, account)


def of(kind: str, key: UUID) -> str:
    """The id of an object."""
    return global_id(kind, key)


async def happened(ward: Ward) -> list[str]:
    """What records has published, but for who may open what, and what is for statistics."""
    types = [event.type.split(".")[1:3] for event in await ward.clinic.published("records")]
    return [name for domain, name in types if domain == "records" and name != "access-changed"]


async def visited(who: Clinician, patient: UUID) -> dict[str, str]:
    """The ids of an encounter, and of a signed note about it with an addendum."""
    given = {"patientId": of("Patient", patient), "kind": "AMBULATORY", "reason": "Cough"}
    encounter = await who.did("startEncounter", "encounter { id }", **given)
    given = {"patientId": of("Patient", patient), "encounterId": encounter["id"], "type": "PROGRESS"}
    note = await who.did("writeNote", "note { id }", **given, title="Visit", content="Chest clear.")
    await who.did("signNote", id=note["id"], version=1)
    await who.did("addAddendum", noteId=note["id"], content="Laboratory was normal.")
    return {"Encounter": encounter["id"], "Note": note["id"]}
