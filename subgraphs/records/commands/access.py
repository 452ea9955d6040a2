"""What the use cases of who may open a record are asked to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from shared.commands import Command, Repeatable
from shared.patient_access import Basis
from shared.values import LongText, id_of, wrong
from subgraphs.records.codes import PurposeOfUse, Relationship, Section, Verdict
from subgraphs.records.errors import OWN_PROXY

PatientId = Annotated[UUID, id_of("Patient")]


class Relate(Command):
    """All who have a care relation with a patient by one source, such as an appointment or an order."""

    basis: Basis = Field(description="What kind of source it is.")
    source_id: UUID = Field(description="The key of the source.")
    patient_id: UUID = Field(description="The key of the patient.")
    practitioner_ids: Sequence[UUID] = Field(description="The keys of the practitioners; none ends the relations.")
    location_id: UUID | None = Field(None, description="The key of the location whose staff carry out the order.")
    sections: list[Section] = Field([], description="The sections of the record that the location's staff may open.")
    since: datetime = Field(description="From when on they may open the record.")
    until: datetime | None = Field(None, description="Until when they may; absent while no end is known.")


class _OneSection(Command):
    patient_id: PatientId = Field(description="The id of the patient whose record it is.")
    section: Section = Field(description="The section of the record.")


class WithholdSection(_OneSection):
    """A section of a patient's record that nobody but the patient is to see, unless in an emergency."""


class ReleaseSection(_OneSection):
    """A section of a patient's record that is no longer to be withheld."""


class RequestRecordAccess(Repeatable):
    """A request to a patient for access to their record."""

    patient_id: PatientId = Field(description="The id of the patient whose record it is.")
    purpose: PurposeOfUse = Field(description="What the record is to be used for.")
    reason: LongText = Field(
        description="Why access is asked for, up to 2000 characters, which the patient reads in order to decide."
    )
    days: int = Field(ge=1, le=365, description="For how many days access is asked for, from the grant on, 1 to 365.")
    sections: Annotated[list[Section], Field(min_length=1, max_length=len(Section))] | None = Field(
        None, description="The sections of the record that are asked for; absent: all of them."
    )


class _Request(Command):
    id: Annotated[UUID, id_of("RecordAccessRequest")] = Field(description="The id of the request.")
    version: int = Field(description="The version of the request that the client has read.")


class GrantRecordAccess(_Request):
    """A request that the patient grants: access begins at once, and ends by itself."""


class RefuseRecordAccess(_Request):
    """A request that the patient refuses."""

    reason: LongText | None = Field(
        None, description="Why, up to 2000 characters, for the patient's own memory: who asked never sees it."
    )


class WithdrawRecordAccess(_Request):
    """A request that who made it withdraws, or a grant that the patient withdraws, or gives back who has it."""


class OpenEmergencyAccess(Repeatable):
    """A record to open at once, for an hour, because of an emergency."""

    patient_id: PatientId = Field(description="The id of the patient whose record it is.")
    reason: LongText = Field(
        description="What the emergency is, up to 2000 characters: the patient and an auditor read it."
    )


class ReviewEmergencyAccess(Command):
    """What an auditor finds of an access in an emergency that is over."""

    id: Annotated[UUID, id_of("EmergencyAccess")] = Field(description="The id of the access.")
    version: int = Field(description="The version of the access that the client has read.")
    verdict: Verdict = Field(description="Whether the access was justified.")
    comment: LongText = Field(description="Why, up to 2000 characters, which only auditors read.")


class AppointProxy(Repeatable):
    """A patient who is to act for a minor, such as a parent."""

    patient_id: PatientId = Field(description="The id of the minor.")
    proxy_id: PatientId = Field(description="The id of the patient who is to act for the minor.")
    relationship: Relationship = Field(description="How the proxy is related to the minor.")

    @field_validator("proxy_id")
    @classmethod
    def _another(cls, value: UUID, info: ValidationInfo) -> UUID:
        if value == info.data.get("patient_id"):
            raise wrong(OWN_PROXY)
        return value


class EndProxy(Command):
    """A proxy who is no longer to act for a minor."""

    id: Annotated[UUID, id_of("Proxy")] = Field(description="The id of the proxy.")
