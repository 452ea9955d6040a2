"""The rows of prescriptions, for one party: with all of their values."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.ids import new_id
from subgraphs.pharmacy import models
from subgraphs.pharmacy.dosage.codes import DoseUnit, Route, TimeUnit, TimingCode
from subgraphs.pharmacy.dosage.facts import Dosage, Maximum

_MAXIMUM = Maximum(value=Decimal(4), period=1, period_unit=TimeUnit.DAY)
_OFTEN: dict[str, Any] = {"frequency": 1, "frequency_max": 2, "period": 1, "period_unit": TimeUnit.DAY}
_NEEDED: dict[str, Any] = {"as_needed": True, "as_needed_for": "Pain", "for_days": 3, "maximum": _MAXIMUM}
_FACTS = models.PrescriptionFacts(
    name="Diazepam",
    dosages=(
        Dosage(dose=Decimal(1), unit=DoseUnit.TABLET, route=Route.ORAL, text="With water.", **_OFTEN, **_NEEDED),
        Dosage(dose=Decimal(1), unit=DoseUnit.TABLET, code=TimingCode.BID),
    ),
    indication="Anxiety",
    notes="Call before.",
    code="0123456789",
)


def prescriptions(
    patient: UUID, practitioner: UUID, account: UUID, place: UUID, medication: UUID
) -> Iterator[SQLModel]:
    """One that goes on with another one, in whose place it was written."""
    former = _prescription(patient, practitioner, account, place, medication)
    yield former
    row = _prescription(patient, practitioner, account, place, medication)
    row.replaces_id, row.based_on_id, row.statement_id = former.id, former.id, new_id()
    yield row
    for each in (former, row):
        each.signed_at, each.signed_by, each.status = utc_now(), new_id(), "SIGNED"
        each.ended_at = each.verified_at = utc_now()
    yield from _checked(row, account)
    yield from _dispensed(row, account, place)
    yield models.PrescriptionChange(
        prescription_id=row.id,
        patient_id=patient,
        status="SIGNED",
        account_id=account,
        practitioner_id=practitioner,
        reason=Encrypted("So it is."),
    )


def _dispensed(row: models.Prescription, account: UUID, place: UUID) -> Iterator[SQLModel]:
    """What was handed over, and more that was asked for."""
    of: dict[str, Any] = {"prescription_id": row.id, "patient_id": row.patient_id}
    dispense = models.Dispense(
        **of,
        medication_id=row.medication_id,
        location_id=place,
        status="PREPARATION",
        quantity=Decimal(1),
        prepared_by=account,
        ready_at=utc_now(),
        handed_over_at=utc_now(),
        handed_over_by=account,
        reason=Encrypted("Not yet."),
    )
    yield dispense
    dispense.status = "READY"
    request = models.RefillRequest(
        **of,
        practitioner_id=row.practitioner_id,
        account_id=account,
        status="REQUESTED",
        note=Encrypted("For my journey."),
        answer=Encrypted("Come and see me."),
        decided_by=account,
        decided_at=utc_now(),
    )
    yield request
    request.status, request.renewal_id = "APPROVED", row.id


def _checked(row: models.Prescription, account: UUID) -> Iterator[SQLModel]:
    """What a safety check has found, and that it was overridden."""
    of: dict[str, Any] = {"prescription_id": row.id, "patient_id": row.patient_id}
    check = models.SafetyCheck(
        **of,
        account_id=account,
        occasion="SIGNATURE",
        knowledge_version="1",
        facts=Encrypted(models.SafetyCheckFacts(inputs=())),
    )
    yield check
    facts = models.SafetyAlertFacts(
        code="SAFETY_SAME_GROUP",
        parameters={"drug": "Diazepam", "other": "Lorazepam"},
        explanation="SAFETY_WHY_ADDITIVE",
        row="1",
        source="A list",
        comment="Both in turn.",
    )
    alert = models.SafetyAlert(
        **of,
        check_id=check.id,
        severity="INTERRUPTS",
        status="RAISED",
        digest=row.id.bytes,
        override_reason="OTHER",
        overridden_by=account,
        overridden_at=utc_now(),
        facts=Encrypted(facts),
    )
    yield alert
    alert.status = "OVERRIDDEN"


def _prescription(
    patient: UUID, practitioner: UUID, account: UUID, place: UUID, medication: UUID
) -> models.Prescription:
    return models.Prescription(
        patient_id=patient,
        practitioner_id=practitioner,
        account_id=account,
        location_id=place,
        medication_id=medication,
        status="DRAFT",
        quantity=Decimal(10),
        authorised_quantity=Decimal(10),
        valid_from=date(2020, 1, 1),
        valid_until=date(2099, 1, 1),
        facts=Encrypted(_FACTS),
    )
