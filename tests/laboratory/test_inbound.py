"""What analyzers send is kept once, matched on number and person, parked where it does not fit, and seen to in the graph."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from shared.ids import global_id, new_id
from subgraphs.laboratory.models import NOBODY, InboundMessage, Location
from subgraphs.laboratory.service import inbound as service
from subgraphs.laboratory.service.applying import Applying
from tests.harness.databases import stored
from tests.harness.repeating import check_repeating
from tests.laboratory.conftest import Lab, does, loinc, technician
from tests.laboratory.hl7_messages import Style, header, message, obx, segment
from tests.laboratory.inbound import BORN, MESSAGE, SEX, Sender, outcome, potassium, sender


@pytest.fixture
async def analyzer(lab: Lab) -> Sender:
    return await sender(lab)


async def rows(lab: Lab) -> list[InboundMessage]:
    async with stored(lab.database) as session:
        return list(
            await session.scalars(select(InboundMessage).where(col(InboundMessage.laboratory_id) == lab.location))
        )


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", ("100", "MSH")),
        (b"GET / HTTP/1.1\r\n\r\n", ("100", "MSH")),
        (message(header(), "no segment"), ("100", "")),
        (message(header(_9=["ADT", "A01"])), ("200", "MSH")),
        (message(header(_18="EBCDIC")), ("103", "MSH")),
        (message(header(), segment("PID", _7=BORN), segment("OBR"), obx("1")), ("204", "MSH")),
    ],
)
async def test_what_is_no_message_of_an_analyzer_is_rejected_and_not_kept(
    lab: Lab, analyzer: Sender, content: bytes, error: tuple[str, str]
) -> None:
    assert await analyzer.send(content) == ("AR", [error])
    assert await rows(lab) == []


async def test_a_message_comes_once(lab: Lab, analyzer: Sender) -> None:
    content = analyzer.message(new_id(), potassium(loinc()), order="4711", control_id="7")
    assert await analyzer.send(content) == ("AE", [("204", "OBR")])
    answers = await asyncio.gather(*(analyzer.send(content) for _ in range(10)))
    assert answers == [("AE", [("204", "OBR")])] * 10
    other = analyzer.message(new_id(), potassium(loinc()), order="4712", control_id="7")
    assert await analyzer.send(other) == ("AE", [("205", "MSH")])
    (row,) = await rows(lab)
    assert (row.status, row.cause, row.patient_id) == ("PARKED", "UNKNOWN_ORDER", NOBODY)


async def test_many_at_once_are_kept_each(lab: Lab, analyzer: Sender) -> None:
    contents = [analyzer.message(new_id(), potassium(loinc()), order="4711") for _ in range(30)]
    answers = await asyncio.gather(*(analyzer.send(each) for each in contents * 2))
    assert {verdict for verdict, _ in answers} == {"AE"}
    assert len(await rows(lab)) == 30


async def test_what_came_is_encrypted_and_shown_to_technicians_of_the_laboratory_alone(
    lab: Lab, analyzer: Sender
) -> None:
    style = Style("#*+?!", "\n", "8859/1", "latin-1")
    content = message(
        header(style, **analyzer.head),
        segment("PID", style, _3="1", _5=["Müller", "Jo"], _7=BORN),
        segment("OBR", style, _2="1"),
        obx("5.1", style),
        style=style,
    )
    found = await analyzer.sent(content, "AE")
    assert found["content"] == content.decode("latin-1").rstrip("\n")
    async with stored(lab.database) as session:
        raw = await session.scalar(text("SELECT string_agg(content, '') FROM inbound_message"))
    assert "Müller".encode("latin-1") not in raw
    doctor = await lab.doctor()
    assert "UNAUTHORIZED_FIELD_OR_TYPE" in str(await doctor.caller.execute("{ inboundMessages { nodes { content } } }"))
    stranger = technician(lab.clinic, new_id())
    assert await analyzer.messages(stranger.caller) == []
    assert (await analyzer.repair(found, by=stranger))["__typename"] == "NotFound"
    discarded = await does(
        stranger.caller, "discardInboundMessage", id=found["id"], version=found["version"], reason="x"
    )
    assert discarded["__typename"] == "NotFound"


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"_7": "19400202"}, "PATIENT_DISAGREES"),
        ({"_7": ""}, "PATIENT_DISAGREES"),
        ({"_7": "1940"}, "PATIENT_DISAGREES"),
        ({"_8": "F"}, "PATIENT_DISAGREES"),
        ({"_8": ""}, "PATIENT_DISAGREES"),
        ({"_3": "somebody else"}, "PATIENT_DISAGREES"),
        ({"_3": ""}, "PATIENT_DISAGREES"),
        ({"order": "4711"}, "UNKNOWN_ORDER"),
        ({"order": ""}, "UNSOLICITED"),
    ],
)
async def test_number_and_person_have_to_agree(lab: Lab, analyzer: Sender, fields: dict[str, Any], cause: str) -> None:
    patient, _ = await lab.patient()
    code = loinc()
    order = await lab.received(await lab.doctor(patient), patient, await lab.test(loinc=code))
    given: dict[str, Any] = {"order": order["number"]} | fields
    found = await analyzer.sent(analyzer.message(patient, potassium(code), **given), "AE")
    assert (found["status"], found["cause"], found["patient"]) == ("PARKED", cause, None)
    assert outcome(found) == [("PARKED", cause)]


async def test_an_order_of_another_laboratory_is_not_known(lab: Lab, analyzer: Sender) -> None:
    patient, _ = await lab.patient()
    place = Location(time_zone="Europe/Berlin")
    await lab.know(place)
    code = loinc()
    test = await lab.test(loinc=code)
    doctor = await lab.doctor(patient)
    order = await lab.ordered(doctor, patient, test, laboratoryId=global_id("Location", place.id))
    found = await analyzer.sent(analyzer.message(patient, potassium(code), order=order["number"]), "AE")
    assert found["cause"] == "UNKNOWN_ORDER"


async def test_numbers_of_two_orders_in_one_are_parked(lab: Lab, analyzer: Sender) -> None:
    patient, _ = await lab.patient()
    doctor, test = await lab.doctor(patient), await lab.test()
    one, other = [await lab.received(doctor, patient, test) for _ in range(2)]
    content = message(
        header(**analyzer.head),
        segment("PID", _3=str(patient), _7=BORN, _8=SEX),
        segment("OBR", _2=one["number"], _3=other["specimens"]["nodes"][0]["barcode"]),
        obx("5.1"),
    )
    assert (await analyzer.sent(content, "AE"))["cause"] == "NUMBERS_DISAGREE"


async def test_results_of_several_people_are_parked(lab: Lab, analyzer: Sender) -> None:
    patient, _ = await lab.patient()
    order = await lab.received(await lab.doctor(patient), patient, await lab.test())
    person = segment("PID", _3=str(patient), _7=BORN, _8=SEX)
    order_of = segment("OBR", _2=order["number"])
    content = message(
        header(**analyzer.head), person, order_of, obx("1"), segment("PID", _3="2", _7=BORN), order_of, obx("2")
    )
    found = await analyzer.sent(content, "AE")
    assert outcome(found) == [("PARKED", "SEVERAL_PATIENTS")] * 2


async def test_what_cannot_be_applied_is_parked_by_itself(lab: Lab, analyzer: Sender) -> None:
    patient, _ = await lab.patient()
    code, not_ordered = loinc(), loinc()
    await lab.test(loinc=not_ordered)
    order = await lab.received(await lab.doctor(patient), patient, await lab.test(loinc=code))
    found = await analyzer.sent(
        analyzer.message(
            patient,
            potassium(code, _11=""),
            potassium(code, _11="Q"),
            potassium(code, kind="RP"),
            potassium(not_ordered),
            obx("5", _3=["K", "Kalium", "LOCAL"]),
            obx(["", "AP", "PDF", "Base64", "JVBERi0="], _3=[code, "", "LN"], kind="ED"),
            order=order["number"],
        ),
        "AE",
    )
    assert outcome(found) == [
        ("PARKED", "STATUS_MISSING"),
        ("PARKED", "STATUS_UNKNOWN"),
        ("PARKED", "VALUE"),
        ("PARKED", "NOT_ORDERED"),
        ("PARKED", "UNMAPPED_CODE"),
        ("KEPT", "DOCUMENT"),
    ]
    assert found["patient"] == {"id": global_id("Patient", patient)}


async def test_a_message_is_under_the_key_of_its_patient(lab: Lab, analyzer: Sender) -> None:
    patient, _ = await lab.patient()
    order = await lab.received(await lab.doctor(patient), patient, await lab.test())
    content = analyzer.message(patient, potassium(loinc()), order="4711")
    found = await analyzer.sent(content, "AE")
    repaired = await analyzer.repaired(found, orderId=order["id"])
    assert (repaired["status"], repaired["cause"]) == ("PARKED", "UNMAPPED_CODE")
    assert repaired["content"] == content.decode().replace("\r", "\n").rstrip()
    async with stored(lab.database) as session:
        keys = text("""
            SELECT DISTINCT data_key.patient_id FROM data_key
            JOIN inbound_message ON substring(content, 2, 16) = uuid_send(data_key.id) WHERE laboratory_id = :here
        """)
        assert list(await session.scalars(keys, {"here": lab.location})) == [patient]


async def test_an_order_of_somebody_else_needs_a_word(lab: Lab, analyzer: Sender) -> None:
    patient, _ = await lab.patient()
    order = await lab.received(await lab.doctor(patient), patient, await lab.test())
    found = await analyzer.sent(analyzer.message(new_id(), potassium(loinc()), order=order["number"]), "AE")
    refused = await analyzer.repair(found, orderId=order["id"])
    assert refused == {"__typename": "InvalidState", "code": "PERSON_DISAGREES"}
    repaired = await analyzer.repaired(found, orderId=order["id"], personChecked=True)
    assert repaired["patient"] == {"id": global_id("Patient", patient)}


async def test_a_message_is_discarded_with_a_reason(lab: Lab, analyzer: Sender) -> None:
    found = await analyzer.sent(analyzer.message(new_id(), potassium(loinc()), order="4711"), "AE")
    given = {"id": found["id"], "version": found["version"], "reason": "A test of the analyzer."}
    done = await lab.technician.did("discardInboundMessage", "inboundMessage { status discardReason }", **given)
    assert done == {"status": "DISCARDED", "discardReason": "A test of the analyzer."}
    again = await does(lab.technician.caller, "discardInboundMessage", **given | {"version": found["version"] + 1})
    assert again == {"__typename": "InvalidState", "code": "LAB_STATUS"}
    assert [each["status"] for each in await analyzer.messages(status="DISCARDED")] == ["DISCARDED"]
    assert await analyzer.messages(status="PARKED") == []


async def test_a_fault_keeps_the_message(lab: Lab, analyzer: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_: Any) -> None:
        raise ZeroDivisionError

    content = analyzer.message(new_id(), potassium(loinc()), order="4711")
    monkeypatch.setattr(Applying, "apply", fail)
    found = await analyzer.sent(content, "AE")
    assert (found["status"], found["cause"]) == ("PARKED", "FAULT")
    monkeypatch.undo()
    assert (await analyzer.repaired(found))["cause"] == "UNKNOWN_ORDER"


async def test_a_database_that_is_away_is_no_answer_that_all_is_well(
    analyzer: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError

    content = analyzer.message(new_id(), potassium(loinc()), order="4711")
    monkeypatch.setattr(service, "take", fail)
    assert await analyzer.send(content) == ("AR", [("207", "")])
    monkeypatch.undo()
    assert (await analyzer.send(content))[0] == "AE"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inbound_message SET control_id = 'x'",
        "UPDATE inbound_message SET digest = ''",
        "UPDATE inbound_message SET laboratory_id = gen_random_uuid()",
        "DELETE FROM inbound_message",
        "TRUNCATE inbound_message CASCADE",
    ],
)
async def test_a_message_stays_as_it_came(lab: Lab, analyzer: Sender, statement: str) -> None:
    await analyzer.send(analyzer.message(new_id(), potassium(loinc()), order="4711"))
    with pytest.raises(DBAPIError, match="stays as it came"):
        async with stored(lab.database) as session:
            await session.execute(text(statement))


async def test_analyzers_are_entered_by_administrators_and_their_codes_by_technicians(
    lab: Lab, analyzer: Sender
) -> None:
    given = {"name": "X", "laboratoryId": lab.place, "application": analyzer.application, "facility": "FLOOR"}
    assert (await does(lab.admin.caller, "saveAnalyzer", **given))["code"] == "SENDER_TAKEN"
    lone = {"name": "X", "laboratoryId": lab.place, "application": "ALONE"}
    assert (await does(lab.admin.caller, "saveAnalyzer", **lone))["fields"] == [{"path": [], "code": "SENDER_NEEDED"}]
    test = await lab.test()
    mapping = {"analyzerId": analyzer.id, "system": "LOCAL", "code": "K", "labTestId": test}
    saved = await lab.technician.did("saveAnalyzerCode", "analyzerCode { id version code labTest { id } }", **mapping)
    assert saved["labTest"] == {"id": test}
    taken = await lab.technician.does("saveAnalyzerCode", **mapping)
    assert taken["code"] == "ANALYZER_CODE_TAKEN"
    other = await lab.test()
    changed = {"id": saved["id"], "version": saved["version"], "labTestId": other}
    await lab.technician.did("saveAnalyzerCode", "analyzerCode { id }", **mapping | changed)
    stranger = technician(lab.clinic, new_id())
    assert (await stranger.does("saveAnalyzerCode", **mapping))["__typename"] == "NotFound"
    query = "query($id: ID!) { analyzer(id: $id) { name codes { nodes { code system labTest { id } } } } }"
    assert (await lab.admin.caller.data(query, id=analyzer.id))["analyzer"] == {
        "name": "Cobas",
        "codes": {"nodes": [{"code": "K", "system": "LOCAL", "labTest": {"id": other}}]},
    }
    assert (await stranger.caller.data(query, id=analyzer.id))["analyzer"] is None


async def test_saving_is_repeatable(lab: Lab, analyzer: Sender) -> None:
    async def analyzers() -> int:
        found = await lab.admin.caller.data(f'{{ analyzers(laboratoryId: "{lab.place}") {{ totalCount }} }}')
        return int(found["analyzers"]["totalCount"])

    async def codes() -> int:
        found = await lab.admin.caller.data(
            "query($id: ID!) { analyzer(id: $id) { codes { totalCount } } }", id=analyzer.id
        )
        return int(found["analyzer"]["codes"]["totalCount"])

    asked = "analyzer { id name }"
    given = {"name": "A", "laboratoryId": lab.place}
    await check_repeating(lab.admin.caller, "saveAnalyzer", asked, given, {"name": "B"}, analyzers)
    given = {"analyzerId": analyzer.id, "code": "Na", "labTestId": await lab.test()}
    asked = "analyzerCode { id code }"
    await check_repeating(lab.technician.caller, "saveAnalyzerCode", asked, given, {"code": "K"}, codes)


async def test_a_message_of_no_order_becomes_one_once_a_technician_confirms_it(lab: Lab, analyzer: Sender) -> None:
    code, other = loinc(), loinc()
    test = await lab.test(loinc=code, autoVerify=False)
    patient, _ = await lab.patient()
    orderer, doctor = await lab.doctor(patient), await lab.doctor()
    unmapped = obx("1", _3=[other, "?", "LN"])
    found = await analyzer.sent(analyzer.message(patient, potassium(code, "4.4"), unmapped, order="EXT-1"), "AE")
    assert found["cause"] == "UNKNOWN_ORDER"
    others = await lab.ordered(await lab.doctor(somebody := (await lab.patient())[0]), somebody, test)
    own = await lab.ordered(orderer, patient, test)
    given: dict[str, Any] = {"id": found["id"], "version": found["version"], "earlierOrderId": own["id"]}
    given["practitionerId"] = await lab.practitioner()
    asked = f"inboundMessage {{ {MESSAGE} }}"

    async def confirm(by: Any = None, **fields: Any) -> dict[str, Any]:
        return await does((by or lab.technician).caller, "confirmInboundOrder", asked, **given | fields)

    assert (await confirm(technician(lab.clinic, new_id())))["__typename"] == "NotFound"
    assert (await confirm(earlierOrderId=others["id"]))["code"] == "PERSON_DISAGREES"
    assert (await confirm(earlierOrderId=global_id("LabOrder", new_id())))["__typename"] == "NotFound"
    assert (await confirm(practitionerId=global_id("Practitioner", new_id())))["__typename"] == "InvalidInput"
    (still,) = [each for each in await analyzer.messages() if each["id"] == found["id"]]
    assert (still["status"], still["version"]) == ("PARKED", found["version"])

    confirmed = (await confirm())["inboundMessage"]
    assert (confirmed["status"], confirmed["patient"]) == ("PARKED", {"id": global_id("Patient", patient)})
    assert outcome(confirmed) == [("APPLIED", None), ("PARKED", "UNMAPPED_CODE")]
    analysis = confirmed["results"]["nodes"][0]["analysis"]
    query = """query($id: ID!) { analysis(id: $id) { status labOrder { status practitioner { id } patient { id }
      specimens { nodes { status } } } results { nodes { value } } } }"""
    seen = (await lab.technician.caller.data(query, id=analysis["id"]))["analysis"]
    assert seen == {
        "status": "RESULTED",
        "labOrder": {
            "status": "IN_PROGRESS",
            "practitioner": {"id": given["practitionerId"]},
            "patient": {"id": global_id("Patient", patient)},
            "specimens": {"nodes": [{"status": "RECEIVED"}]},
        },
        "results": {"nodes": [{"value": 4.4}]},
    }
    assert (await doctor.caller.data(query, id=analysis["id"]))["analysis"] is None
    again = await confirm(version=confirmed["version"])
    assert again["code"] == "ORDER_KNOWN", "it has results of one"
    assert (await confirm())["__typename"] == "VersionConflict"
    orders = [event for event in await lab.told("lab-ordered") if event["practitionerId"] is None]
    assert len(orders) == 1, "whom a technician names may open nothing by it"
    written = [each for each in await lab.clinic.audit("laboratory") if each.resource == "LabOrder"]
    assert any(each.actor == lab.technician.account and each.action != "read" for each in written)


@pytest.mark.parametrize("case", ["known", "several", "unmapped"])
async def test_what_cannot_become_an_order_stays_parked(lab: Lab, analyzer: Sender, case: str) -> None:
    code = loinc()
    test = await lab.test(loinc=code)
    patient, _ = await lab.patient()
    order = await lab.received(await lab.doctor(patient), patient, test)
    content = {
        "known": analyzer.message(patient, potassium(code), order=order["number"], _7=""),
        "several": message(
            header(**analyzer.head),
            segment("PID", _3=[str(patient)], _7=BORN, _8=SEX),
            segment("PID", _3="other", _7=BORN, _8=SEX),
            segment("OBR", _2="EXT"),
            potassium(code),
        ),
        "unmapped": analyzer.message(patient, potassium(loinc()), order="EXT"),
    }[case]
    code_of = {"known": "ORDER_KNOWN", "several": "PERSON_DISAGREES", "unmapped": "NO_TEST"}[case]
    found = await analyzer.sent(content, "AE")
    given = {"id": found["id"], "version": found["version"], "earlierOrderId": order["id"]}
    practitioner = await lab.practitioner()
    payload = await does(lab.technician.caller, "confirmInboundOrder", practitionerId=practitioner, **given)
    assert payload["code"] == code_of
    assert (await analyzer.messages())[0]["status"] == "PARKED"
