"""The pharmacy's first day, made as people make it: stock on its shelves, and what the doctor prescribes the demo's patient."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from stack.demo.accounts import DOMAIN
from stack.demo.calendar import Reception, book, until_known
from stack.errors import StackError

_UNITS, _SHELF_LIFE = 200, timedelta(days=540)
_MEDICATION = "lisinopril"
_VISIT = 20  # the place of the visit among the slots of the demo's appointments

_SHELVES = "query DemoShelves { me { locations { id } } medications(first: 100) { nodes { id schedule } } }"
_RECEIVE = "mutation DemoStock($input: ReceiveStockInput!) { receiveStock(input: $input) { __typename } }"
_ME = "query DemoPrescriber { me { practitioner { id } } }"
_PRACTITIONER = """
query DemoPractitioner($id: ID!) {
  practitioner(id: $id) {
    id version active name { prefix given family suffix } npi email phone languages licenceNumber
    roles { organization { id } location { id } specialty { system code display } }
  }
  appointmentTypes { id }
}
"""
_LICENCE = "mutation DemoLicence($input: SavePractitionerInput!) { savePractitioner(input: $input) { __typename } }"
_PATIENT = "query DemoMyself { myPatient { id } }"
_DRUG = "query DemoDrug($search: String!) { medications(search: $search, first: 1) { nodes { id } } }"
_DRAFT = """
mutation DemoDraft($input: DraftPrescriptionInput!) {
  draftPrescription(input: $input) { __typename ... on DraftPrescriptionSuccess { prescription { id version } } }
}
"""
_SIGN = "mutation DemoSignature($input: SignPrescriptionInput!) { signPrescription(input: $input) { __typename } }"


async def stock_and_prescribe(url: str, password: str) -> None:
    """Fill the shelves, and prescribe the patient something that is to be dispensed there."""
    location = await _stock(url, password)
    async with httpx.AsyncClient(timeout=30) as http:
        patient = await Reception.logged_in(http, url, f"patient@{DOMAIN}", password)
        patient_id = (await patient.ask(_PATIENT))["myPatient"]["id"]
    async with httpx.AsyncClient(timeout=30) as http, httpx.AsyncClient(timeout=30) as other:
        doctor = await Reception.logged_in(http, url, f"doctor@{DOMAIN}", password)
        admin = await Reception.logged_in(other, url, f"admin@{DOMAIN}", password)
        practitioner = (await doctor.ask(_ME))["me"]["practitioner"]["id"]
        found = await admin.ask(_PRACTITIONER, id=practitioner)
        await _license(admin, found["practitioner"])
        await book(admin, _VISIT, patient_id, practitioner, found["appointmentTypes"][0]["id"])
        await _prescribe(doctor, patient_id, location)


async def _stock(url: str, password: str) -> str:
    """A lot of each medication that takes no second person, where the pharmacist works, whose id it gives."""
    async with httpx.AsyncClient(timeout=30) as http:
        pharmacist = await Reception.logged_in(http, url, f"pharmacist@{DOMAIN}", password)
        shelves = await pharmacist.ask(_SHELVES)
        location = str(shelves["me"]["locations"][0]["id"])
        for number, medication in enumerate(shelves["medications"]["nodes"]):
            if medication["schedule"] is None:
                delivery = {
                    "locationId": location,
                    "medicationId": medication["id"],
                    "lotNumber": f"DEMO-{number:03}",
                    "expiresOn": str((datetime.now(UTC) + _SHELF_LIFE).date()),
                    "quantity": _UNITS,
                    "idempotencyKey": f"demo-{number}",
                }
                await until_known(pharmacist, _RECEIVE, delivery)
        return location


async def _license(admin: Reception, practitioner: dict[str, Any]) -> None:
    if practitioner["licenceNumber"]:
        return
    name = practitioner.pop("name")
    roles = [
        {
            "organizationId": each["organization"] and each["organization"]["id"],
            "locationId": each["location"] and each["location"]["id"],
            "specialty": each["specialty"],
        }
        for each in practitioner.pop("roles")
    ]
    saved = await admin.ask(_LICENCE, input={**practitioner, **name, "roles": roles, "licenceNumber": "DEMO-1"})
    if saved["savePractitioner"]["__typename"] != "SavePractitionerSuccess":
        raise StackError(f"the demo data could not be made: {saved['savePractitioner']['__typename']}")


async def _prescribe(doctor: Reception, patient: str, location: str) -> None:
    (medication,) = (await doctor.ask(_DRUG, search=_MEDICATION))["medications"]["nodes"]
    draft = {
        "patientId": patient,
        "medicationId": medication["id"],
        "dosages": [{"dose": 1, "unit": "TABLET", "frequency": 1, "period": 1, "periodUnit": "DAY", "route": "ORAL"}],
        "quantity": 30,
        "refills": 2,
        "indication": "High blood pressure",
        "locationId": location,
        "idempotencyKey": "demo",
    }
    drafted = (await until_known(doctor, _DRAFT, draft))["prescription"]
    await until_known(doctor, _SIGN, {**drafted, "idempotencyKey": "demo"})
