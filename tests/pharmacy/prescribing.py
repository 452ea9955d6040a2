"""What tests of prescriptions share: a patient, who treats and dispenses, and what is prescribed."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.ids import global_id, new_id
from shared.patient_access import Basis
from subgraphs.directory import models as directory
from subgraphs.pharmacy import models
from subgraphs.pharmacy.dosage.codes import DoseUnit, Route, TimingCode
from subgraphs.pharmacy.dosage.facts import Dosage
from subgraphs.pharmacy.states import PrescriptionStatus
from subgraphs.records.models import Patient as RecordsPatient
from tests.authorization.prescribing import prescriptions
from tests.harness.access import let
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.pharmacy.catalogue import AMOXICLAV, DIAZEPAM, entered
from tests.records.asking import does
from tests.records.conftest import person

__all__ = ["does"]

TWICE_A_DAY: dict[str, Any] = {"dose": 1.0, "unit": "TABLET", "code": "BID", "route": "ORAL"}
FACTS = models.PrescriptionFacts(
    name="Amoxicillin", dosages=(Dosage(dose=Decimal(1), unit=DoseUnit.TABLET, code=TimingCode.BID, route=Route.ORAL),)
)
SAFETY = ["ALLERGIES", "CONDITIONS", "MEDICATIONS", "VITAL_SIGNS"]
SEEING = {"pharmacy", "records"}
PRESCRIPTION = "prescription { id version status }"


async def did(caller: Caller, name: str, asked: str = PRESCRIPTION, /, **fields: Any) -> dict[str, Any]:
    """What a mutation gave that has to succeed."""
    payload = await does(caller, name, asked, **fields)
    assert payload["__typename"] == f"{name[0].upper()}{name[1:]}Success", payload
    return dict(next(value for key, value in payload.items() if key != "__typename"))


@dataclass(frozen=True)
class Dispensary:
    """A clinic with a patient, people who treat them, and a pharmacy."""

    clinic: Clinic
    location: UUID
    patient: UUID
    medication: str

    @property
    def database(self) -> Any:
        """That of pharmacy."""
        return self.clinic.service("pharmacy").runtime.database

    def of_patient(self, **claims: Any) -> Caller:
        """The patient."""
        return self.clinic.caller("PATIENT", patient=self.patient, **claims)

    def pharmacist(self, *locations: UUID, **claims: Any) -> Caller:
        """Somebody who works at the pharmacy, or at others."""
        return self.clinic.caller("PHARMACIST", locations=locations or (self.location,), **claims)

    async def doctor(self, **claims: Any) -> Caller:
        """Somebody with a licence who treats the patient."""
        return (await self.prescriber(**claims))[0]

    async def prescriber(
        self, role: str = "DOCTOR", *, licence: dict[str, Any] | None = None, treats: bool = True, **claims: Any
    ) -> tuple[Caller, UUID]:
        """Somebody of a role with a licence, and their key in the directory."""
        given = {"licence_number": "A1"} if licence is None else licence
        row = directory.Practitioner(family="Nakamura", given=["Emi"], **given)
        async with stored(self.clinic.service("directory").runtime.database) as session:
            session.add(row)
        if treats:
            for service in SEEING & self.clinic.services:
                await let(self.clinic.service(service), self.patient, practitioner_id=row.id)
        return self.clinic.caller(role, practitioner=row.id, **claims), row.id

    async def drafted(self, caller: Caller, **fields: Any) -> dict[str, Any]:
        """A draft."""
        return await did(caller, "draftPrescription", **(self.draft | fields))

    async def signed(self, caller: Caller, **fields: Any) -> dict[str, Any]:
        """A signed prescription."""
        row = await self.drafted(caller, **fields)
        return await did(caller, "signPrescription", id=row["id"], version=row["version"])

    async def verified(self, caller: Caller, **fields: Any) -> dict[str, Any]:
        """A verified prescription."""
        row = await self.signed(caller, **fields)
        return await did(self.pharmacist(), "verifyPrescription", id=row["id"], version=row["version"])

    @property
    def draft(self) -> dict[str, Any]:
        """The input of a draft."""
        return {
            "patientId": global_id("Patient", self.patient),
            "medicationId": self.medication,
            "dosages": [TWICE_A_DAY],
            "quantity": 20.0,
            "refills": 1,
            "indication": "Sore throat",
            "locationId": global_id("Location", self.location),
        }

    async def stored_in(self, status: PrescriptionStatus, **columns: Any) -> str:
        """The id of a prescription that has come so far."""
        held = {"held_status": PrescriptionStatus.SIGNED} if status is PrescriptionStatus.ON_HOLD else {}
        drafted = status is PrescriptionStatus.DRAFT
        signed = {} if drafted else {"signed_at": utc_now(), "signed_by": new_id()}
        row = models.Prescription(
            patient_id=self.patient,
            medication_id=UUID(self.medication.split(":")[1]),
            **{
                "practitioner_id": new_id(),
                "location_id": self.location,
                "account_id": new_id(),
                "status": status,
                "quantity": Decimal(20),
                "authorised_quantity": Decimal(20),
                "valid_from": utc_now().date(),
                "valid_until": utc_now().date() + timedelta(days=30),
                "facts": Encrypted(FACTS),
                **signed,
                **held,
                **columns,
            },
        )
        async with stored(self.database) as session:
            await session.execute(text("SET LOCAL session_replication_role = replica"))  # in any status at once
            session.add(row)
        return global_id("Prescription", row.id)


async def prescribed(clinic: Clinic, patient: UUID, practitioner: UUID, account: UUID) -> None:
    """Rows of each kind, of a patient whom a practitioner treats."""
    pharmacy, location = clinic.service("pharmacy"), new_id()
    medication = await entered(clinic.caller("ADMIN"), {**DIAZEPAM, "rxcui": None})
    await let(pharmacy, patient, practitioner_id=practitioner)
    async with stored(pharmacy.runtime.database) as session:
        session.add(models.Location(id=location))
        for row in prescriptions(patient, practitioner, account, location, key_of(medication)):
            session.add(row)
            await session.flush()


async def open_dispensary(clinic: Clinic) -> Dispensary:
    """One with a patient and a medication of its own."""
    location, patient = new_id(), new_id()
    async with stored(clinic.service("pharmacy").runtime.database) as session:
        session.add_all([models.Patient(id=patient), models.Location(id=location, time_zone="America/New_York")])
    if "records" in clinic.services:
        async with stored(clinic.service("records").runtime.database) as session:
            session.add(RecordsPatient(id=patient))
    async with stored(clinic.service("patients").runtime.database) as session:
        session.add(person(patient))
    for service in {"patients", "records"} & clinic.services:  # as a prescription for there would let them
        await let(clinic.service(service), patient, Basis.ORDER, location_id=location, sections=SAFETY)
    async with stored(clinic.service("directory").runtime.database) as session:
        session.add(directory.Location(id=location, name="Pharmacy", address={"country": "US"}))
    medication = await entered(clinic.caller("ADMIN"), {**AMOXICLAV, "rxcui": None})
    return Dispensary(clinic, location, patient, medication)
