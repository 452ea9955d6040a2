"""What another system tells of laboratories' work."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.commands import Command
from subgraphs.laboratory.codes import ReceivedStatus
from subgraphs.laboratory.facts import (
    ReceivedReportFacts,
    ReceivedRequestFacts,
    ReceivedResultFacts,
    ReceivedSpecimenFacts,
)


class ReceivedHistory(Command):
    """What is told, of whichever kind: its facts say which."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    patient_id: UUID = Field(description="The patient, who may have been merged since.")
    status: ReceivedStatus = Field(description="How far it is.")
    at: datetime = Field(description="The time by which it is listed.")
    shared: bool = Field(description="Whether the patient sees it.")
    analytes: list[str] = Field([], description="The LOINC codes of what a result is of, and of its components.")
    specimen_id: UUID | None = Field(None, description="The specimen of a result, come or to come.")
    request_id: UUID | None = Field(None, description="The request of a result, come or to come.")
    member_ids: list[UUID] = Field([], description="The results of a panel, come or to come.")
    result_ids: list[UUID] = Field([], description="The results of a report, come or to come.")
    vital_signs_ids: list[UUID] = Field([], description="The results of a report that the medical record keeps.")
    specimen_ids: list[UUID] = Field([], description="The specimens of a report, come or to come.")
    request_ids: list[UUID] = Field([], description="The requests of a report, come or to come.")
    requester_id: UUID | None = Field(None, description="The practitioner who has ordered, if they are known here.")
    facts: ReceivedRequestFacts | ReceivedSpecimenFacts | ReceivedResultFacts | ReceivedReportFacts = Field(
        description="What is told."
    )
