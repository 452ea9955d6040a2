"""What pharmacy publishes."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

from shared.disclosures import PatientDataRead
from shared.events.event import Event


class MedicationChanged(Event, type="caregraph.pharmacy.medication-changed.v1", key="medication_id"):
    """One medication was entered or changed; `rxcui` is its number in RxNorm, if it has one."""

    medication_id: UUID
    rxcui: str | None
    active: bool


class PrescriptionSigned(Event, type="caregraph.pharmacy.prescription-signed.v1", key="prescription_id"):
    """A signed prescription is to be dispensed at a location, or where the patient presents it.

    It is told when that is signed, and again when it is presented elsewhere, or goes on since something came back to stock.
    """

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    location_id: UUID | None


class PrescriptionVerified(Event, type="caregraph.pharmacy.prescription-verified.v1", key="prescription_id"):
    """A pharmacist has found that a prescription can be dispensed."""

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID


class PrescriptionHeld(Event, type="caregraph.pharmacy.prescription-held.v1", key="prescription_id"):
    """Nothing of a prescription is dispensed for the time being; `returned` is true where a pharmacist asks for that."""

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    returned: bool


class PrescriptionResumed(Event, type="caregraph.pharmacy.prescription-resumed.v1", key="prescription_id"):
    """A prescription goes on where it was held."""

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID


class PrescriptionCompleted(Event, type="caregraph.pharmacy.prescription-completed.v1", key="prescription_id"):
    """All of a prescription was dispensed."""

    prescription_id: UUID
    patient_id: UUID


class PrescriptionEnded(Event, type="caregraph.pharmacy.prescription-ended.v1", key="prescription_id"):
    """Nothing more is dispensed of a signed prescription: `reason` is its status.

    COMPLETED, STOPPED, CANCELLED, EXPIRED or ENTERED_IN_ERROR.
    """

    prescription_id: UUID
    patient_id: UUID
    reason: str


class MedicationReady(Event, type="caregraph.pharmacy.medication-ready.v1", key="prescription_id"):
    """Something that is prescribed is ready for the patient to pick up at a location."""

    prescription_id: UUID
    patient_id: UUID
    location_id: UUID


class Dispensed(Event, type="caregraph.pharmacy.dispensed.v1", key="dispense_id"):
    """So much of a lot was handed over, in the medication's unit of dispensing; nothing tells to whom.

    `chargeCode` is the medication's number in RxNorm, null for what the clinic prepares itself.
    """

    dispense_id: UUID
    location_id: UUID
    medication_id: UUID
    lot_id: UUID
    quantity: Decimal
    charge_code: str | None
    dispensed_at: datetime


class DispenseReturned(Event, type="caregraph.pharmacy.dispense-returned.v1", key="dispense_id"):
    """So much of a lot that was handed over has come back to stock, in the medication's unit of dispensing."""

    dispense_id: UUID
    location_id: UUID
    medication_id: UUID
    lot_id: UUID
    quantity: Decimal
    charge_code: str | None
    returned_at: datetime


class RefillRequested(Event, type="caregraph.pharmacy.refill-requested.v1", key="refill_request_id"):
    """A patient asks the prescriber for more of what was prescribed."""

    refill_request_id: UUID
    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID


class RefillDecided(Event, type="caregraph.pharmacy.refill-decided.v1", key="refill_request_id"):
    """A prescriber has answered a patient's request for more: `outcome` is APPROVED or DENIED."""

    refill_request_id: UUID
    prescription_id: UUID
    patient_id: UUID
    outcome: str


class PrescriptionRecheckNeeded(Event, type="caregraph.pharmacy.prescription-recheck-needed.v1", key="prescription_id"):
    """What is known of a patient has changed since a prescription was checked; it is, before anything is dispensed."""

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    location_id: UUID | None


class AlertRaised(Event, type="caregraph.pharmacy.alert-raised.v1", key="alert_id"):
    """A safety check has found something that interrupts; `rule` is what it was looking for, such as INTERACTION.

    `alertId` is a pseudonym, by which it is found again only in what is told of the same finding.
    """

    alert_id: UUID
    rule: str
    raised_at: datetime


class AlertOverridden(Event, type="caregraph.pharmacy.alert-overridden.v1", key="alert_id"):
    """A prescriber prescribes in spite of a finding of a safety check, for a coded reason."""

    alert_id: UUID
    rule: str
    reason: str
    overridden_at: datetime


class MedicationPrescribed(
    Event, type="caregraph.prescribing.medication-prescribed.v1", key="prescribing_id", fleeting=True
):
    """A prescription was signed, as statistics have it: `prescribingId` is of this alone, and `month` its first day."""

    prescribing_id: UUID
    medication_id: UUID
    month: date


class PrescriptionFilled(Event, type="caregraph.prescribing.prescription-filled.v1", key="filling_id", fleeting=True):
    """Something of a prescription was ready to be picked up for the first time; `fillingId` is of this alone."""

    filling_id: UUID
    location_id: UUID
    signed_at: datetime
    ready_at: datetime


class Stock(BaseModel):
    """A medication at a location."""

    stock_item_id: UUID
    location_id: UUID
    medication_id: UUID
    occurred_at: datetime


class StockLow(Stock, Event, type="caregraph.pharmacy.stock-low.v1", key="stock_item_id"):
    """There is less of a medication than its minimum; told once, until there is enough again."""


class StockOutBegan(Stock, Event, type="caregraph.pharmacy.stock-out-began.v1", key="stock_item_id"):
    """Nothing is left that could be dispensed of a medication that is kept."""


class StockOutEnded(Stock, Event, type="caregraph.pharmacy.stock-out-ended.v1", key="stock_item_id"):
    """There is something again, or the medication is not kept there any more."""


class LotFacts(BaseModel):
    """What is at a location of a lot."""

    lot_id: UUID
    location_id: UUID
    medication_id: UUID
    expires_on: date


class LotExpiring(LotFacts, Event, type="caregraph.pharmacy.lot-expiring.v1", key="lot_id"):
    """A lot of which something is left will expire soon; told once."""


class LotExpired(LotFacts, Event, type="caregraph.pharmacy.lot-expired.v1", key="lot_id"):
    """The expiry date of a lot is over."""


class LotRecalled(LotFacts, Event, type="caregraph.pharmacy.lot-recalled.v1", key="lot_id"):
    """A lot was called back; told for each location that it is or was at."""


class LotRecalledForPatient(Event, type="caregraph.pharmacy.lot-recalled-for-patient.v1", key="patient_id"):
    """A patient was given something of a lot that was called back, which came from a location."""

    patient_id: UUID
    lot_id: UUID
    location_id: UUID
    medication_id: UUID


class StockWasted(Event, type="caregraph.pharmacy.stock-wasted.v1", key="stock_movement_id"):
    """Stock was thrown away: `quantity` in the medication's unit of dispensing.

    `reason` is EXPIRED, DAMAGED, RECALLED, NOT_COLLECTED, LOST, FOUND, ENTRY_ERROR or OTHER.
    """

    stock_movement_id: UUID
    location_id: UUID
    medication_id: UUID
    quantity: Decimal
    reason: str
    occurred_at: datetime


EVENTS = (
    MedicationChanged,
    PrescriptionSigned,
    PrescriptionVerified,
    PrescriptionHeld,
    PrescriptionResumed,
    PrescriptionCompleted,
    PrescriptionEnded,
    PrescriptionRecheckNeeded,
    MedicationReady,
    MedicationPrescribed,
    PrescriptionFilled,
    Dispensed,
    DispenseReturned,
    RefillRequested,
    RefillDecided,
    AlertRaised,
    AlertOverridden,
    StockLow,
    StockOutBegan,
    StockOutEnded,
    LotExpiring,
    LotExpired,
    LotRecalled,
    LotRecalledForPatient,
    StockWasted,
    PatientDataRead,
)
