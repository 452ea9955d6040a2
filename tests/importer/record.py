"""What tests of the import of clinical resources share: a patient who is there, and what they see of their record."""

from typing import Any
from uuid import UUID

from shared.known import Source
from subgraphs.records.models import Patient
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.importer.conftest import PATIENT

HOSPITAL = Source("hospital")
PEOPLE = {"Patient.ndjson": [PATIENT]}

SUBJECT = {"reference": "Patient/patient"}
SCT = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def concept(code: str, display: str | None = None, system: str | None = SCT, text: str | None = None) -> dict[str, Any]:
    coding = {"system": system, "code": code, "display": display}
    return {"coding": [{name: value for name, value in coding.items() if value}], **({"text": text} if text else {})}


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def clinical(kind: str, key: str, **content: Any) -> dict[str, Any]:
    """A resource about the patient; what is None is left away."""
    given = {"resourceType": kind, "id": key, "subject": SUBJECT, **content}
    return {name: value for name, value in given.items() if value is not None}


def bundle_of(*lines: Any) -> dict[str, list[Any]]:
    """An export of the patient and of what is clinical, by whatever names."""
    return PEOPLE | {"clinical.ndjson": list(lines)}


async def patient_key(clinic: Clinic) -> UUID:
    """The patient's key, once they were imported and records knows of them."""
    nodes = (await clinic.caller("ADMIN").data("{ patients { nodes { id } } }"))["patients"]["nodes"]
    key = key_of(nodes[0]["id"])
    async with stored(clinic.service("records").runtime.database) as session:
        await session.merge(Patient(id=key))
    return key


async def seen(clinic: Clinic, field: str, asked: str) -> list[dict[str, Any]]:
    """What the patient sees in a list of their record, in the order in which it was recorded."""
    patient = clinic.caller("PATIENT", patient=await patient_key(clinic))
    record = (await patient.data(f"{{ myRecord {{ {field} {{ nodes {{ {asked} }} }} }} }}"))["myRecord"]
    nodes: list[dict[str, Any]] = record[field.split("(", maxsplit=1)[0]]["nodes"]
    return nodes[::-1]
