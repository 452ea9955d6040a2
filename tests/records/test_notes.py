"""Notes are drafts of their authors alone, then signed for good; what was signed is proven at each reading."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.encryption.rotation import rotate
from shared.ids import new_id, parse_id
from shared.patient_access import Basis
from subgraphs.records.codes import Section
from subgraphs.records.models import Model
from tests.harness.access import withheld
from tests.harness.repeating import check_repeating
from tests.records.asking import Clinician, clinician, happened, of, visited
from tests.records.conftest import Ward
from tests.records.test_clinical import DIABETES, PENICILLIN
from tests.records.test_encounters import start

SIGNATURE = "signature { hash intact signer { id } }"
ASKED = f"note {{ id version status type title content {SIGNATURE} author {{ id }} cosigner {{ id }} }}"
NOTE = f"query($id: ID!) {{ note(id: $id) {{ status content {SIGNATURE} versions {{ nodes {{ number content }} }} }} }}"
ADDENDA = "query($id: ID!) { note(id: $id) { addenda { nodes { content signature { intact } } } } }"
SAID = "Chest clear. Né à l'hôpital."


async def write(who: Clinician, patient: UUID, **fields: Any) -> dict[str, Any]:
    """A new draft."""
    given = {"patientId": of("Patient", patient), "type": "PROGRESS", "title": "Visit", "content": SAID}
    return await who.did("writeNote", ASKED, **given | fields)


async def signed(who: Clinician, patient: UUID, **fields: Any) -> dict[str, Any]:
    """A new note that is signed."""
    draft = await write(who, patient, **fields)
    return await who.did("signNote", ASKED, id=draft["id"], version=draft["version"])


async def execute(ward: Ward, statement: str, rotating: bool = False, **values: Any) -> None:
    """Written out, beside the service."""
    async with ward.database.engine.begin() as connection:
        if rotating:
            await connection.execute(text("SELECT set_config('caregraph.rotation', 'on', true)"))
        await connection.execute(text(statement), values)


async def test_a_draft_is_its_authors_and_a_signed_note_everybodys_who_may_open_the_record(ward: Ward) -> None:
    patient, jane = await ward.patient()
    author, colleague, stranger = [await clinician(ward, who) for who in (patient, patient, None)]
    draft = await write(author, patient)
    assert (draft["status"], draft["content"], draft["signature"]) == ("DRAFT", SAID, None)
    others = [jane, colleague.caller, stranger.caller]
    assert [(await caller.data(NOTE, id=draft["id"]))["note"] for caller in others] == [None] * 3
    revised = await author.did("reviseNote", ASKED, id=draft["id"], version=1, title="Visit", content="Chest clear.")
    done = await author.did("signNote", ASKED, id=draft["id"], version=revised["version"])
    assert (done["status"], done["content"], done["signature"]["intact"]) == ("SIGNED", "Chest clear.", True)
    assert done["signature"]["signer"]["id"] == of("Practitioner", author.practitioner)
    seen = [(await caller.data(NOTE, id=draft["id"]))["note"] for caller in others]
    assert seen[2] is None
    assert seen[0] == seen[1]
    assert [each["number"] for each in seen[0]["versions"]["nodes"]] == [2, 1]
    assert seen[0]["versions"]["nodes"][1]["content"] == SAID
    changed = await author.does("reviseNote", ASKED, id=draft["id"], version=done["version"], title="x", content="y")
    assert (changed["__typename"], changed["code"]) == ("InvalidState", "NOTE_STATUS")
    assert await happened(ward) == ["note-written", "note-signed"]
    assert SAID not in repr([event.data for event in await ward.clinic.published("records")])


async def test_who_saves_a_draft_second_is_told_of_the_others_version(ward: Ward) -> None:
    patient, _ = await ward.patient()
    author = await clinician(ward, patient)
    draft = await write(author, patient)
    saved = [
        await author.does("reviseNote", ASKED, id=draft["id"], version=1, title="Visit", content=content)
        for content in ("One.", "Two.")
    ]
    assert (saved[0]["__typename"], saved[1]["currentVersion"]) == ("ReviseNoteSuccess", 2)
    read = (await author.caller.data(NOTE, id=draft["id"]))["note"]
    assert read["content"] == "One."
    assert (await author.did("reviseNote", ASKED, id=draft["id"], version=2, title="Visit", content="Both."))["content"]


async def test_one_of_twenty_signs(ward: Ward) -> None:
    patient, _ = await ward.patient()
    author = await clinician(ward, patient)
    draft = await write(author, patient)
    payloads = await asyncio.gather(*(author.does("signNote", id=draft["id"], version=1) for _ in range(20)))
    assert sorted(each["__typename"] for each in payloads) == ["SignNoteSuccess"] + ["VersionConflict"] * 19
    assert await happened(ward) == ["note-written", "note-signed"]


async def test_somebody_else_cosigns_once(ward: Ward) -> None:
    patient, _ = await ward.patient()
    author, senior, stranger = [await clinician(ward, who) for who in (patient, patient, None)]
    note = await signed(author, patient)
    given = {"id": note["id"], "version": note["version"]}
    assert (await author.does("cosignNote", **given))["code"] == "OWN_NOTE"
    assert (await stranger.does("cosignNote", **given))["__typename"] == "NotFound"
    done = await senior.did("cosignNote", ASKED, **given)
    assert (done["status"], done["signature"]["intact"]) == ("COSIGNED", True)
    assert done["cosigner"]["id"] == of("Practitioner", senior.practitioner)
    third = await clinician(ward, patient)
    again = await third.does("cosignNote", id=note["id"], version=done["version"])
    assert (again["__typename"], again["code"]) == ("InvalidState", "NOTE_STATUS")


async def test_a_locked_encounter_takes_addenda_and_nothing_else(ward: Ward) -> None:
    patient, jane = await ward.patient()
    author = await clinician(ward, patient)
    encounter = await start(author, patient)
    note, draft = [await write(author, patient, encounterId=encounter["id"]) for _ in range(2)]
    await author.did("signNote", ASKED, id=note["id"], version=1)
    await author.did("finishEncounter", id=encounter["id"], version=1)
    given = {"patientId": of("Patient", patient), "encounterId": encounter["id"]}
    given |= {"type": "NURSING", "title": "Late", "content": "Late."}
    assert (await author.does("writeNote", **given))["code"] == "ENCOUNTER_LOCKED"
    late = {"id": draft["id"], "version": 1, "title": "Late", "content": "Late."}
    assert (await author.does("reviseNote", **late))["code"] == "ENCOUNTER_LOCKED"
    await author.did("signNote", id=draft["id"], version=1)  # to sign is another act than to lock
    await author.did("addAddendum", ASKED, noteId=note["id"], content="Laboratory was normal.")
    added = (await jane.data(ADDENDA, id=note["id"]))["note"]["addenda"]["nodes"]
    assert added == [{"content": "Laboratory was normal.", "signature": {"intact": True}}]
    with pytest.raises(DBAPIError, match="locked"):
        await execute(
            ward,
            "INSERT INTO note (id, version, created_at, updated_at, recorded_at, patient_id, encounter_id, status, private,"
            " written, facts) SELECT gen_random_uuid(), 1, now(), now(), now(), patient_id, id, 'DRAFT', false, 1, facts"
            " FROM encounter",
        )


async def test_the_database_keeps_what_was_signed_but_for_rotated_keys(ward: Ward) -> None:
    patient, _ = await ward.patient()
    author = await clinician(ward, patient)
    note = await signed(author, patient)
    await author.did("addAddendum", noteId=note["id"], content="More.")
    for statement in (
        "UPDATE note SET recorder_id = gen_random_uuid()",
        "UPDATE note SET facts = facts || 'x'",
        "UPDATE note SET status = 'DRAFT'",
        "DELETE FROM note",
        "UPDATE note_version SET content = content || 'x'",
        "UPDATE note_version SET number = 7",
        "DELETE FROM note_version",
        "UPDATE addendum SET content = content || 'x'",
        "DELETE FROM addendum",
        "TRUNCATE note CASCADE",
        "TRUNCATE note_version",
        "TRUNCATE addendum",
        "INSERT INTO note_version SELECT gen_random_uuid(), created_at, updated_at, note_id, 2, patient_id, account_id,"
        " written_at, content FROM note_version",
    ):
        with pytest.raises(DBAPIError):
            await execute(ward, statement)
    for statement in ("UPDATE note_version SET account_id = gen_random_uuid()", "DELETE FROM note_version"):
        with pytest.raises(DBAPIError):
            await execute(ward, statement, rotating=True)
    assert (await author.caller.data(NOTE, id=note["id"]))["note"]["signature"]["intact"]
    for table, column in (("note", "facts"), ("note_version", "content"), ("addendum", "content")):
        await execute(ward, f"UPDATE {table} SET {column} = {column}", rotating=True)  # noqa: S608
        await execute(ward, f"UPDATE {table} SET patient_id = :other", other=new_id())  # noqa: S608


@pytest.mark.own_clinic
async def test_rotated_keys_leave_what_was_signed_as_it_is(ward: Ward) -> None:
    patient, jane = await ward.patient()
    author = await clinician(ward, patient)
    note = await signed(author, patient)
    await author.did("addAddendum", noteId=note["id"], content="More.")
    assert await rotate(ward.database, Model.metadata, lambda _, __: None) == 3
    read, added = (await jane.data(NOTE, id=note["id"]))["note"], await jane.data(ADDENDA, id=note["id"])
    assert (read["content"], read["signature"]["hash"], read["signature"]["intact"]) == (
        SAID,
        note["signature"]["hash"],
        True,
    )
    assert added["note"]["addenda"]["nodes"] == [{"content": "More.", "signature": {"intact": True}}]


async def test_a_signature_that_does_not_fit_is_told(ward: Ward) -> None:
    patient, jane = await ward.patient()
    author = await clinician(ward, patient)
    note = await signed(author, patient)
    await execute(ward, "ALTER TABLE note DISABLE TRIGGER note_keep_update")
    await execute(ward, "UPDATE note SET signed_at = signed_at - interval '1 day'")
    assert not (await jane.data(NOTE, id=note["id"]))["note"]["signature"]["intact"]


@pytest.mark.parametrize("basis", [Basis.APPOINTMENT, Basis.EMERGENCY, Basis.GRANT])
async def test_notes_of_psychotherapy_are_their_authors_and_the_patients(ward: Ward, basis: Basis) -> None:
    patient, jane = await ward.patient()
    author, other = await clinician(ward, patient), await clinician(ward, patient, basis=basis)
    note = await signed(author, patient, type="PSYCHOTHERAPY")
    asked = [(await caller.data(NOTE, id=note["id"]))["note"] for caller in (author.caller, jane, other.caller)]
    assert [each is not None for each in asked] == [True, True, False]
    given = {"noteId": note["id"], "content": "x"}
    assert (await other.does("addAddendum", **given))["__typename"] == "NotFound"


async def test_withheld_notes_are_opened_by_their_author_and_an_emergency(ward: Ward) -> None:
    patient, _ = await ward.patient()
    author, other, rescuer = [
        await clinician(ward, patient, basis=basis) for basis in (Basis.APPOINTMENT, Basis.APPOINTMENT, Basis.EMERGENCY)
    ]
    hidden = await signed(author, patient)
    await ward.know(withheld(patient, Section.NOTES))
    seen = [(await each.caller.data(NOTE, id=hidden["id"]))["note"] for each in (author, other, rescuer)]
    assert [each is not None for each in seen] == [True, False, True]
    await visited(other, patient)  # which is their own


async def test_a_grant_is_for_writing_in_its_sections_alone(ward: Ward) -> None:
    patient, _ = await ward.patient()
    guest = await clinician(ward)
    await ward.let(patient, Basis.GRANT, practitioner_id=guest.practitioner, sections=[Section.CONDITIONS])
    whose = {"patientId": of("Patient", patient)}
    await guest.did("recordCondition", **whose, code=DIABETES)
    for name, fields in (
        ("recordAllergy", {"code": PENICILLIN}),
        ("startEncounter", {"kind": "AMBULATORY"}),
        ("writeNote", {"type": "PROGRESS", "title": "Visit", "content": SAID}),
    ):
        assert (await guest.does(name, **whose, **fields))["code"] == "SECTION_CLOSED", name


@pytest.mark.parametrize("content", ["", " \n", "a\u202eb", "a\u2066b", "\x07", "x" * 20_001])
async def test_a_note_holds_text_and_nothing_that_hides_it(ward: Ward, content: str) -> None:
    patient, _ = await ward.patient()
    author = await clinician(ward, patient)
    given = {"patientId": of("Patient", patient), "type": "PROGRESS", "title": "Visit", "content": content}
    payload = await author.does("writeNote", **given)
    assert [each["path"] for each in payload["fields"]] == [["content"]]


async def test_writing_and_adding_again_under_a_key_does_nothing_again(ward: Ward) -> None:
    patient, _ = await ward.patient()
    author = await clinician(ward, patient)

    async def rows() -> int:
        async with ward.database.engine.connect() as connection:
            counted = text("SELECT (SELECT count(*) FROM note_version) + (SELECT count(*) FROM addendum)")
            return int((await connection.execute(counted)).scalar_one())

    given = {"patientId": of("Patient", patient), "type": "PROGRESS", "title": "Visit", "content": SAID}
    first = await check_repeating(author.caller, "writeNote", "note { id }", given, {"content": "Other."}, rows)
    await author.did("signNote", id=first["note"]["id"], version=1)
    more = {"noteId": first["note"]["id"], "content": "More."}
    await check_repeating(author.caller, "addAddendum", "note { id }", more, {"content": "Other."}, rows)


@pytest.mark.own_clinic
async def test_a_hundred_notes_with_what_they_say_take_two_statements(ward: Ward) -> None:
    patient, jane = await ward.patient()
    author = await clinician(ward, patient)
    note = await signed(author, patient)
    key = parse_id(note["id"], "Note")
    copy = "SELECT gen_random_uuid(), n.version, n.created_at, n.updated_at, n.patient_id, n.recorded_at, 'DRAFT', false, 1"
    await execute(
        ward,
        "INSERT INTO note (id, version, created_at, updated_at, patient_id, recorded_at, status, private, written, facts,"
        f" account_id) {copy}, facts, account_id FROM note n, generate_series(1, 99) WHERE n.id = :key",
        key=key,
    )
    async with ward.database.engine.connect() as connection:
        keys = (await connection.execute(text("SELECT id FROM note"))).scalars().all()
    ids = [of("Note", each) for each in keys]
    assert len(ids) == 100
    with ward.clinic.statements("records") as statements:
        answer = await ward.clinic.entities("records", author.caller, "Note", ids, "id content")
    assert [each["content"] for each in answer["data"]["_entities"]].count(SAID) == 1
    assert len(statements) == 2
    assert (await ward.clinic.entities("records", jane, "Note", ids, "id"))["data"]["_entities"].count(None) == 99
