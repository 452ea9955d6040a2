"""Kinds of value that the laboratory's commands are made of."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.commands import Command
from shared.database.model import utc_now
from shared.values import id_of, wrong
from subgraphs.laboratory.check_digits import is_loinc, is_number
from subgraphs.laboratory.errors import BARCODE, COLLECTION_TIME, LOINC_CODE

LONGEST_AGO_DAYS = 30
SEVERAL = 50
_AHEAD = timedelta(minutes=5)  # how far clocks may differ
_LARGEST = 1e9


def _loinc(value: str) -> str:
    if not is_loinc(value):
        raise wrong(LOINC_CODE)
    return value


def _number(value: str) -> str:
    if not is_number(value):
        raise wrong(BARCODE)
    return value


def _collected(value: datetime) -> datetime:
    now = utc_now()
    if not now - timedelta(days=LONGEST_AGO_DAYS) <= value <= now + _AHEAD:
        raise wrong(COLLECTION_TIME, days=LONGEST_AGO_DAYS)
    return value


Loinc = Annotated[str, AfterValidator(_loinc)]
Barcode = Annotated[str, AfterValidator(_number)]
CollectionTime = Annotated[datetime, AfterValidator(_collected)]
Limit = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=_LARGEST, allow_inf_nan=False)]

LabTestId = Annotated[UUID, id_of("LabTest")]
LabPanelId = Annotated[UUID, id_of("LabPanel")]
ReferenceRangeId = Annotated[UUID, id_of("ReferenceRange")]
ReflexRuleId = Annotated[UUID, id_of("ReflexRule")]
LabOrderId = Annotated[UUID, id_of("LabOrder")]
SpecimenId = Annotated[UUID, id_of("Specimen")]
AnalysisId = Annotated[UUID, id_of("Analysis")]
PatientId = Annotated[UUID, id_of("Patient")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]
LocationId = Annotated[UUID, id_of("Location")]
AccountId = Annotated[UUID, id_of("Account")]


class Changed(Command):
    """What is changed, at the version that was read."""

    version: int = Field(description="The version that the client has read.")
