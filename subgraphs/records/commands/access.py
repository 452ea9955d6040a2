"""What the use cases of who may open a record are asked to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Command
from shared.patient_access import Basis
from shared.values import id_of
from subgraphs.records.codes import Section

PatientId = Annotated[UUID, id_of("Patient")]


class Relate(Command):
    """All practitioners who have a care relation with a patient by one source, such as an appointment."""

    basis: Basis = Field(description="What kind of source it is.")
    source_id: UUID = Field(description="The key of the source.")
    patient_id: UUID = Field(description="The key of the patient.")
    practitioner_ids: Sequence[UUID] = Field(description="The keys of the practitioners; none ends the relations.")
    since: datetime = Field(description="From when on they may open the record.")
    until: datetime | None = Field(None, description="Until when they may; absent while no end is known.")


class _OneSection(Command):
    patient_id: PatientId = Field(description="The id of the patient whose record it is.")
    section: Section = Field(description="The section of the record.")


class WithholdSection(_OneSection):
    """A section of a patient's record that nobody but the patient is to see, unless in an emergency."""


class ReleaseSection(_OneSection):
    """A section of a patient's record that is no longer to be withheld."""
