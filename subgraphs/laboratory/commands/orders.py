"""What is asked of orders and specimens."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.commands import Repeatable
from shared.values import LongText, wrong
from subgraphs.laboratory.codes import OrderEnd, Priority, SpecimenRejection
from subgraphs.laboratory.commands.values import (
    SEVERAL,
    Changed,
    CollectionTime,
    LabOrderId,
    LabPanelId,
    LabTestId,
    LocationId,
    PatientId,
    PractitionerId,
    SpecimenId,
)
from subgraphs.laboratory.errors import NOTHING_ORDERED


class OrderLabTests(Repeatable):
    """Tests to order for a patient."""

    patient_id: PatientId = Field(description="The id of the patient.")
    laboratory_id: LocationId = Field(description="The id of the location whose laboratory examines.")
    practitioner_id: PractitionerId | None = Field(
        None, description="The id of the practitioner who orders; absent: the caller."
    )
    test_ids: Annotated[list[LabTestId], Field(max_length=SEVERAL)] = Field([], description="The ids of tests.")
    panel_ids: Annotated[list[LabPanelId], Field(max_length=SEVERAL)] = Field([], description="The ids of panels.")
    priority: Priority = Field(Priority.ROUTINE, description="How urgent the order is.")
    reason: LongText | None = Field(None, description="Why the tests are ordered, up to 2000 characters.")
    pregnant: bool | None = Field(None, description="Whether the patient is pregnant; absent where that is not known.")
    draft: bool = Field(False, description="Whether the laboratory is not to see the order yet.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.test_ids and not self.panel_ids:
            raise wrong(NOTHING_ORDERED)
        return self


class SendLabOrder(Changed):
    """A draft of an order that the laboratory is to carry out."""

    id: LabOrderId = Field(description="The id of the order.")


class _End(Changed):
    id: LabOrderId = Field(description="The id of the order.")
    reason: OrderEnd = Field(description="Why nothing comes of the order.")
    comment: LongText | None = Field(None, description="What else there is to say, up to 2000 characters.")


class CancelLabOrder(_End):
    """An order to call off."""


class RejectLabOrder(_End):
    """An order that the laboratory does not carry out."""


class CollectSpecimen(Changed):
    """A specimen that was collected."""

    id: SpecimenId = Field(description="The id of the specimen.")
    collected_at: CollectionTime | None = Field(None, description="When it was collected; absent: now.")
    note: LongText | None = Field(None, description="What there is to say of it, up to 2000 characters.")


class RecordHandOver(Repeatable):
    """A specimen that the caller has taken over, perhaps to carry it to the laboratory."""

    specimen_id: SpecimenId = Field(description="The id of the specimen.")
    location_id: LocationId | None = Field(None, description="The id of the location where that was, if at one.")


class ReceiveSpecimen(Changed):
    """A specimen that has arrived at the laboratory."""

    id: SpecimenId = Field(description="The id of the specimen.")


class SplitSpecimen(Repeatable, Changed):
    """A specimen to split into parts, each with a number of its own."""

    id: SpecimenId = Field(description="The id of the specimen.")
    parts: int = Field(ge=2, le=10, description="Into how many parts.")


class RejectSpecimen(Changed):
    """A specimen that cannot be examined; another one is to be collected."""

    id: SpecimenId = Field(description="The id of the specimen.")
    reason: SpecimenRejection = Field(description="Why the specimen cannot be examined.")
    comment: LongText | None = Field(None, description="What else there is to say, up to 2000 characters.")


class DisposeSpecimen(Changed):
    """A specimen that is no longer there."""

    id: SpecimenId = Field(description="The id of the specimen.")
