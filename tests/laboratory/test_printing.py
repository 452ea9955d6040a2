"""Reports and labels on paper: what is in them, in which language, and who gets them."""

from base64 import b64decode
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp
from sqlmodel import SQLModel

from shared.database.model import utc_now
from shared.database.tables import PatientAccess
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.directory.models import Location, Practitioner
from subgraphs.identity.models import Account
from subgraphs.laboratory import models
from subgraphs.laboratory.printing import label, report, words
from tests.harness.caller import Caller
from tests.harness.databases import keep_all
from tests.laboratory.conftest import Lab, Member, technician
from tests.laboratory.test_results import POTASSIUM, analysis, entered, released, verified
from tests.walls.test_translations import TRANSLATIONS

FILE = "mediaType fileName content"
REPORT = f"query($id: ID!, $language: String) {{ labReport(id: $id) {{ pdf(language: $language) {{ {FILE} }} }} }}"
LABEL = f"query($id: ID!, $language: String) {{ specimen(id: $id) {{ label(language: $language) {{ {FILE} }} }} }}"
OF_PATIENT = "query($id: ID!) { patient(id: $id) { labReports { nodes { id } } } }"


def opened(file: dict[str, Any]) -> Any:
    """A PDF."""
    return pypdfium2.PdfDocument(b64decode(file["content"]))  # type: ignore[no-untyped-call]


def read(file: dict[str, Any]) -> str:
    """The text of a PDF that screen readers can read."""
    content = b64decode(file["content"])
    assert (file["mediaType"], b"pdfuaid:part" in content, b"/MarkInfo" in content) == ("application/pdf", True, True)
    return "\n".join(page.get_textpage().get_text_range() for page in opened(file))


async def printed(caller: Caller, report: str, language: str | None = None) -> str:
    """The text of a report, as somebody prints it."""
    return read((await caller.data(REPORT, id=report, language=language))["labReport"]["pdf"])


@pytest.fixture
async def potassium(lab: Lab) -> str:
    test = await lab.test()
    await lab.range(test, **POTASSIUM)
    return test


async def names(lab: Lab, patient: UUID) -> None:
    """An order names its patient to the technicians, as it does once records knows of it."""
    order: dict[str, Any] = {
        "location_id": lab.location,
        "basis": Basis.ORDER,
        "sections": [],
        "valid_from": utc_now(),
        "version": 1,
    }
    row = PatientAccess(id=new_id(), patient_id=patient, **order)
    await keep_all(lab.clinic.service("patients").runtime.database, [row])


async def treating(lab: Lab, patient: UUID) -> Member:
    """A doctor whom the directory names, as it does the laboratory; identity names who verifies."""
    doctor = await lab.doctor(patient)
    assert doctor.practitioner is not None
    named: dict[str, tuple[SQLModel, ...]] = {
        "directory": (
            Practitioner(id=doctor.practitioner, family="Nakamura", given=["Emi"]),
            Location(id=lab.location, name="Laboratory East", address={}),
        ),
        "identity": (
            Account(id=lab.second.account, email=f"{lab.second.account}@example.org", name="Robin Oduya", roles=[]),
        ),
    }
    await lab.know(models.Account(id=lab.second.account))
    for service, rows in named.items():
        await keep_all(lab.clinic.service(service).runtime.database, rows)
    return doctor


async def corrected(lab: Lab, patient: UUID, test: str) -> tuple[str, str]:
    """The ids of a report and an order of which one result was corrected, and one is not released."""
    order = await lab.received(await treating(lab, patient), patient, test, await lab.test(name="Sodium"))
    key, other = (each["id"] for each in order["analyses"]["nodes"])
    await entered(lab, key, value="5.94", comment="*Not* haemolyzed #x.")
    await verified(lab, key)
    made = await released(lab, order["id"])
    version = (await analysis(lab.technician.caller, key))["version"]
    await lab.technician.did("correctResult", id=key, version=version, value="4.21", reason="Mixed up.")
    await verified(lab, key)
    await entered(lab, other, value="141")
    await verified(lab, other)
    return made["id"], order["id"]


async def test_a_report_is_printed_with_all_that_is_released_of_it(lab: Lab, potassium: str) -> None:
    patient, me = await lab.patient()
    key, order = await corrected(lab, patient, potassium)
    text = await printed(me, key)
    (specimen,) = (await lab.order(order))["specimens"]["nodes"]
    said = (
        "Laboratory report", "February 1, 1940", "other", (await lab.order(order))["number"], specimen["barcode"],
        "Serum", "Potassium", "4.2 mmol/L", "3.5 mmol/L to 5.1 mmol/L", "as usual", "Before, it was 5.9 mmol/L",
        "Mixed up.", "Emi Nakamura", "Laboratory East", "Robin Oduya", "Corrected: results are not", "Europe/Berlin",
    )  # fmt: skip
    assert [each for each in said if each not in text] == []
    name = (await me.data("query($id: ID!) { patient(id: $id) { name { text } } }", id=f"Patient:{patient}"))["patient"]
    assert name["name"]["text"] in text
    assert "141" not in text
    assert "Sodium" not in text
    german = await printed(me, key, "de-AT")
    in_german = (
        "Laborbefund",
        "1. Februar 1940",
        "3.5 mmol/L bis 5.1 mmol/L",
        "wie üblich",
        "Vorher stand hier 5.9 mmol/L",
    )
    assert [each for each in in_german if each not in german] == []
    entries = [each for each in await lab.clinic.audit("laboratory") if (each.detail or {}).get("exported")]
    assert [(each.resource, each.patients) for each in entries] == [("LabReport", [patient])] * 2


async def test_what_was_a_mistake_is_printed_as_one(lab: Lab, potassium: str) -> None:
    patient, me = await lab.patient()
    key, order = await corrected(lab, patient, potassium)
    first = (await lab.order(order))["analyses"]["nodes"][0]
    await lab.second.did("retractResult", id=first["id"], version=first["version"], reason="Another patient's.")
    text = await printed(me, key)
    assert "Another patient's." in text
    assert "withdrawn" in text
    assert "Before, it was 4.2 mmol/L" in text


async def test_a_report_is_printed_for_those_who_may_see_it(lab: Lab, potassium: str) -> None:
    patient, me = await lab.patient()
    key, _ = await corrected(lab, patient, potassium)
    await names(lab, patient)
    await lab.let(child := new_id(), Basis.PROXY, proxy_id=patient)
    foreign = technician(lab.clinic, new_id())
    others = (
        (await lab.patient())[1],
        lab.clinic.caller("PATIENT", patient=child),
        (await lab.doctor()).caller,
        foreign.caller,
    )
    for caller in others:
        assert await caller.data(REPORT, id=key) == {"labReport": None}
    for caller in (me, (await lab.doctor(patient)).caller, lab.technician.caller):
        assert "4.2 mmol/L" in await printed(caller, key)
    answer = await lab.admin.caller.execute(REPORT, id=key)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"


async def test_a_delayed_result_is_not_printed_for_the_patient_yet(lab: Lab) -> None:
    patient, me = await lab.patient()
    doctor = await treating(lab, patient)
    order = await lab.received(doctor, patient, await lab.test(delay=3))
    key = order["analyses"]["nodes"][0]["id"]
    await entered(lab, key, value="4.21")
    await verified(lab, key)
    made = (await released(lab, order["id"]))["id"]
    assert "4.2 mmol/L" not in await printed(me, made)
    assert "4.2 mmol/L" in await printed(doctor.caller, made)


async def test_a_label_has_the_number_as_a_bar_code(lab: Lab) -> None:
    patient, me = await lab.patient()
    doctor = await lab.doctor(patient)
    nurse = await lab.doctor(patient, "NURSE")
    order = await lab.ordered(doctor, patient, await lab.test(container="Serum tube"))
    (specimen,) = order["specimens"]["nodes"]
    await names(lab, patient)
    for caller in (doctor.caller, nurse.caller, lab.technician.caller):
        file = (await caller.data(LABEL, id=specimen["id"]))["specimen"]["label"]
        text = read(file)
        said = (specimen["barcode"], "Born February 1, 1940", "Serum Serum tube", "Collected: __")
        assert [each for each in said if each not in text] == []
        document = opened(file)
        bitmap = document[0].render(scale=6, grayscale=True)
        image = memoryview(bitmap.buffer).cast("B", (bitmap.height, bitmap.stride))
        (code,) = zxingcpp.read_barcodes(image)
        assert (len(document), code.format, code.text) == (1, zxingcpp.BarcodeFormat.Code128, specimen["barcode"])
    await nurse.did("collectSpecimen", id=specimen["id"], version=1)
    german = read((await nurse.caller.data(LABEL, id=specimen["id"], language="de"))["specimen"]["label"])
    assert "Geboren 1. Februar 1940" in german
    assert "Entnommen: __" not in german
    answer = await me.execute(LABEL, id=specimen["id"])
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    stranger = await lab.doctor()
    assert await stranger.caller.data(LABEL, id=specimen["id"]) == {"specimen": None}


def test_each_word_is_there_in_german() -> None:
    said = (*report.SENTENCES, *label.SENTENCES, *words.OF_CODES.values())
    assert [each for each in said if not TRANSLATIONS.has("de", each)] == []
