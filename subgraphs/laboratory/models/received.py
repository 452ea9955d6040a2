"""Tables of what laboratories of other systems have found, as those tell it: history, which nobody here changes or verifies."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, Index, LargeBinary, Uuid
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.laboratory.codes import ReceivedStatus
from subgraphs.laboratory.facts import (
    ReceivedReportFacts,
    ReceivedRequestFacts,
    ReceivedResultFacts,
    ReceivedSpecimenFacts,
)
from subgraphs.laboratory.models.base import Model

ANALYTE = "analyte"
"""What blind indexes of LOINC codes are made for."""


class Received(Model, Audited):
    """What another system tells of a patient. Keys of what has not come yet are those that it will have.

    `at` is the time by which it is listed, where only a day or nothing is known some time of it. `shared` is whether the
    patient sees it. `source_digest` is a blind index of what was said last.
    """

    audit_patient: ClassVar[str | None] = "patient_id"
    unversioned: ClassVar[frozenset[str]] = frozenset({"source_digest"})

    patient_id: UUID
    status: str
    at: datetime = timestamp()
    shared: bool
    source_digest: bytes | None = Field(default=None, sa_type=LargeBinary)


class ReceivedLabRequest(Received, table=True):
    """What somebody elsewhere has ordered of a laboratory."""

    __tablename__ = "received_request"
    __table_args__ = (one_of("status", ReceivedStatus), Index("received_request_patient_idx", "patient_id", "at", "id"))

    requester_id: UUID | None = None  # a practitioner
    facts: Encrypted[ReceivedRequestFacts] = encrypted(ReceivedRequestFacts)


class ReceivedSpecimen(Received, table=True):
    """What was collected for a laboratory elsewhere."""

    __tablename__ = "received_specimen"
    __table_args__ = (
        one_of("status", ReceivedStatus),
        Index("received_specimen_patient_idx", "patient_id", "at", "id"),
    )

    facts: Encrypted[ReceivedSpecimenFacts] = encrypted(ReceivedSpecimenFacts)


class ReceivedLabResult(Received, table=True):
    """A result; `analytes` are blind indexes of the LOINC codes of what it, and each of its components, is a result of.

    `member_ids` are the results that it is a panel of.
    """

    __tablename__ = "received_result"
    __table_args__ = (one_of("status", ReceivedStatus), Index("received_result_patient_idx", "patient_id", "at", "id"))

    analytes: list[bytes] = Field(sa_type=ARRAY(LargeBinary))
    specimen_id: UUID | None = None
    request_id: UUID | None = None
    member_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    facts: Encrypted[ReceivedResultFacts] = encrypted(ReceivedResultFacts)


class ReceivedLabReport(Received, table=True):
    """A report on results; `vital_signs_ids` are those of its results that the medical record keeps."""

    __tablename__ = "received_report"
    __table_args__ = (
        one_of("status", ReceivedStatus),
        Index("received_report_patient_idx", "patient_id", "at", "id"),
        Index("received_report_results_idx", "result_ids", postgresql_using="gin"),
    )

    result_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    vital_signs_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    specimen_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    request_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    facts: Encrypted[ReceivedReportFacts] = encrypted(ReceivedReportFacts)


RECEIVED: tuple[type[Received], ...] = (ReceivedLabRequest, ReceivedSpecimen, ReceivedLabResult, ReceivedLabReport)
