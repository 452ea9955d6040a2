"""Tables of reporting: keys and codes only.

A row holds what the events say and nothing else, no time or key of its making, so that made anew it is the same.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, Index, Numeric, Text
from sqlmodel import Field, SQLModel

from shared.codes import Code, one_of
from shared.database.model import new_registry, timestamp


class Model(SQLModel, registry=new_registry()):
    """The base of this domain's tables."""


class Status(Code, name="ReportedAppointmentStatus"):
    """The state that an appointment is in."""

    BOOKED = "BOOKED", "The appointment is booked."
    CHECKED_IN = "CHECKED_IN", "The patient has arrived for the appointment."
    COMPLETED = "COMPLETED", "The patient was seen at the appointment."
    CANCELLED = "CANCELLED", "The appointment was cancelled."
    NO_SHOW = "NO_SHOW", "The patient did not come to the appointment."


class Way(Code, name="RegistrationWay"):
    """Who registered a patient."""

    SELF = "self", "The patient registered themselves."
    STAFF = "staff", "A member of staff registered the patient."
    IMPORT = "import", "An import from another system registered the patient."


class RequestOutcome(Code, name="RecordAccessOutcome"):
    """What became of a request for access to a medical record; that a grant is over later does not change it."""

    PENDING = "PENDING", "The request waits for the patient's decision."
    GRANTED = "GRANTED", "The patient granted access."
    REFUSED = "REFUSED", "The patient refused access."
    EXPIRED = "EXPIRED", "Nobody decided on the request in time."
    WITHDRAWN = "WITHDRAWN", "Whoever made the request withdrew it before it was decided."


class Verdict(Code, name="ReportedEmergencyVerdict"):
    """What a review found of an access in an emergency."""

    JUSTIFIED = "JUSTIFIED", "There was an emergency in which the record was needed."
    NOT_JUSTIFIED = "NOT_JUSTIFIED", "There was no emergency, or the record was not needed for it."


class AppointmentFact(Model, table=True):
    """An appointment as its last event left it. `booked_at` is null for a past visit that another system recorded."""

    __tablename__ = "appointment_fact"
    __table_args__ = (
        one_of("status", Status),
        Index("appointment_fact_starts_at_idx", "starts_at"),
        Index("appointment_fact_practitioner_idx", "practitioner_id", "starts_at"),
        Index("appointment_fact_location_idx", "location_id", "starts_at"),
    )

    appointment_id: UUID = Field(primary_key=True)
    practitioner_id: UUID | None = None
    location_id: UUID | None = None
    status: str
    booked_at: datetime | None = timestamp(nullable=True)
    starts_at: datetime = timestamp()


class RegistrationFact(Model, table=True):
    """A patient's registration."""

    __tablename__ = "registration_fact"
    __table_args__ = (
        one_of("way", Way),
        Index("registration_fact_registered_at_idx", "registered_at"),
    )

    patient_id: UUID = Field(primary_key=True)
    way: str
    registered_at: datetime = timestamp()


class AccessRequestFact(Model, table=True):
    """A request for access to a medical record. `purpose` is a code of HL7 v3 PurposeOfUse."""

    __tablename__ = "access_request_fact"
    __table_args__ = (
        one_of("outcome", RequestOutcome),
        Index("access_request_fact_requested_at_idx", "requested_at"),
    )

    access_request_id: UUID = Field(primary_key=True)
    purpose: str
    outcome: str
    requested_at: datetime = timestamp()
    decided_at: datetime | None = timestamp(nullable=True)
    grant_withdrawn_at: datetime | None = timestamp(nullable=True)


class NoteFact(Model, table=True):
    """A clinical note that was begun, and perhaps signed."""

    __tablename__ = "note_fact"
    __table_args__ = (Index("note_fact_written_at_idx", "written_at"),)

    note_id: UUID = Field(primary_key=True)
    practitioner_id: UUID | None = None
    written_at: datetime = timestamp()
    signed_at: datetime | None = timestamp(nullable=True)


class ProblemFact(Model, table=True):
    """A diagnosis or problem of a patient. `problem_id` and `patient` are pseudonyms; `month` is the first day of it."""

    __tablename__ = "problem_fact"
    __table_args__ = (Index("problem_fact_month_idx", "month"), Index("problem_fact_patient_idx", "patient"))

    problem_id: UUID = Field(primary_key=True)
    patient: UUID
    system: str
    code: str
    month: date


class LookFact(Model, table=True):
    """How often staff with a role have looked on a day at data of patients who had no appointment with them."""

    __tablename__ = "look_fact"
    __table_args__ = (Index("look_fact_day_idx", "day"),)

    count_id: UUID = Field(primary_key=True)
    day: date
    role: str
    looks: int
    records: int


class EmergencyFact(Model, table=True):
    """An access to a medical record in an emergency; without a verdict it was not reviewed yet."""

    __tablename__ = "emergency_fact"
    __table_args__ = (
        one_of("verdict", Verdict),
        Index("emergency_fact_opened_at_idx", "opened_at"),
    )

    emergency_access_id: UUID = Field(primary_key=True)
    practitioner_id: UUID | None = None
    verdict: str | None = None
    opened_at: datetime = timestamp()
    reviewed_at: datetime | None = timestamp(nullable=True)


class StockOutFact(Model, table=True):
    """A time in which nothing could be dispensed of a medication that a location keeps; without an end, it lasts."""

    __tablename__ = "stock_out_fact"
    __table_args__ = (Index("stock_out_fact_began_at_idx", "began_at"),)

    stock_item_id: UUID = Field(primary_key=True)
    began_at: datetime = timestamp(primary_key=True)
    location_id: UUID
    medication_id: UUID
    ended_at: datetime | None = timestamp(nullable=True)


class WasteFact(Model, table=True):
    """What was thrown away of a medication at a location, in its unit of dispensing."""

    __tablename__ = "waste_fact"
    __table_args__ = (Index("waste_fact_wasted_at_idx", "wasted_at"),)

    stock_movement_id: UUID = Field(primary_key=True)
    location_id: UUID
    medication_id: UUID
    quantity: Decimal = Field(sa_type=Numeric(14, 3))
    reason: str
    wasted_at: datetime = timestamp()


class AnalysisFact(Model, table=True):
    """An analysis whose result a laboratory has released, and when it came to each stage; `target_minutes` since the order."""

    __tablename__ = "analysis_fact"
    __table_args__ = (Index("analysis_fact_released_at_idx", "released_at"),)

    analysis_id: UUID = Field(primary_key=True)
    laboratory_id: UUID
    lab_test_id: UUID
    priority: str
    target_minutes: int
    ordered_at: datetime = timestamp()
    collected_at: datetime | None = timestamp(nullable=True)
    received_at: datetime | None = timestamp(nullable=True)
    resulted_at: datetime | None = timestamp(nullable=True)
    verified_at: datetime | None = timestamp(nullable=True)
    released_at: datetime = timestamp()


class LabReportFact(Model, table=True):
    """The report on a laboratory's order: when the first result was released, and when one was first corrected."""

    __tablename__ = "lab_report_fact"
    __table_args__ = (Index("lab_report_fact_released_at_idx", "released_at"),)

    order_id: UUID = Field(primary_key=True)
    laboratory_id: UUID
    released_at: datetime | None = timestamp(nullable=True)
    corrected_at: datetime | None = timestamp(nullable=True)


class CriticalFact(Model, table=True):
    """A critical result: when it was told, acknowledged, and first told to others since nobody had acknowledged it."""

    __tablename__ = "critical_fact"
    __table_args__ = (Index("critical_fact_raised_at_idx", "raised_at"),)

    notice_id: UUID = Field(primary_key=True)
    laboratory_id: UUID
    raised_at: datetime | None = timestamp(nullable=True)
    acknowledged_at: datetime | None = timestamp(nullable=True)
    escalated_at: datetime | None = timestamp(nullable=True)


class SpecimenFact(Model, table=True):
    """A specimen that an account has collected, or that was rejected for a reason, perhaps before it was collected."""

    __tablename__ = "specimen_fact"

    specimen_id: UUID = Field(primary_key=True)
    laboratory_id: UUID
    collector_id: UUID | None = None
    collected_at: datetime | None = timestamp(nullable=True)
    rejected_at: datetime | None = timestamp(nullable=True)
    reason: str | None = None


class QcFailureFact(Model, table=True):
    """A run of control material that an analyzer has failed, by rules of Westgard."""

    __tablename__ = "qc_failure_fact"
    __table_args__ = (Index("qc_failure_fact_failed_at_idx", "failed_at"),)

    qc_run_id: UUID = Field(primary_key=True)
    laboratory_id: UUID
    analyzer_id: UUID
    lab_test_id: UUID
    rules: list[str] = Field(sa_type=ARRAY(Text))
    failed_at: datetime = timestamp()


class PrescriptionFact(Model, table=True):
    """A medication that was prescribed; `month` is the first day of it."""

    __tablename__ = "prescription_fact"
    __table_args__ = (Index("prescription_fact_month_idx", "month"),)

    prescribing_id: UUID = Field(primary_key=True)
    medication_id: UUID
    month: date


class FillingFact(Model, table=True):
    """A prescription of which something was ready to be picked up for the first time."""

    __tablename__ = "filling_fact"
    __table_args__ = (Index("filling_fact_ready_at_idx", "ready_at"),)

    filling_id: UUID = Field(primary_key=True)
    location_id: UUID
    signed_at: datetime = timestamp()
    ready_at: datetime = timestamp()


class DispensingFact(Model, table=True):
    """So much of a lot that was handed over, in the medication's unit of dispensing, and perhaps came back whole."""

    __tablename__ = "dispensing_fact"
    __table_args__ = (Index("dispensing_fact_dispensed_at_idx", "dispensed_at"),)

    dispense_id: UUID = Field(primary_key=True)
    lot_id: UUID = Field(primary_key=True)
    medication_id: UUID
    quantity: Decimal | None = Field(default=None, sa_type=Numeric(14, 3))
    dispensed_at: datetime | None = timestamp(nullable=True)
    returned_at: datetime | None = timestamp(nullable=True)


class AlertFact(Model, table=True):
    """A finding of a safety check that interrupts, and was perhaps overridden."""

    __tablename__ = "alert_fact"
    __table_args__ = (Index("alert_fact_raised_at_idx", "raised_at"),)

    alert_id: UUID = Field(primary_key=True)
    rule: str
    raised_at: datetime | None = timestamp(nullable=True)
    overridden_at: datetime | None = timestamp(nullable=True)
