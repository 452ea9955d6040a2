"""What is asked of analyzers, their codes, and the messages that they send."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.commands import Command, Repeatable
from shared.values import LongText, Text, id_of, text, wrong
from subgraphs.laboratory.commands.values import (
    SEVERAL,
    Changed,
    LabOrderId,
    LabTestId,
    LocationId,
    PractitionerId,
)
from subgraphs.laboratory.errors import SENDER_NEEDED

AnalyzerId = Annotated[UUID, id_of("Analyzer")]
AnalyzerCodeId = Annotated[UUID, id_of("AnalyzerCode")]
InboundMessageId = Annotated[UUID, id_of("InboundMessage")]
SenderCode = Annotated[str, text(100)]
System = Annotated[str, text(100, 0)]


class SaveAnalyzer(Repeatable):
    """A device, or a system that sends results, of a laboratory. With `id`, it becomes that one, which is then all of it."""

    id: AnalyzerId | None = Field(None, description="The id of the analyzer to change; absent for a new one.")
    version: int | None = Field(None, description="The version that the client has read; none for a new one.")
    name: Text = Field(description="By what name people know the analyzer.")
    laboratory_id: LocationId = Field(description="The id of the location whose laboratory it works for.")
    application: Text | None = Field(None, description="The sending application of its HL7 messages (MSH-3).")
    facility: Annotated[str, text(200, 0)] | None = Field(
        None, description="The sending facility of its HL7 messages (MSH-4); empty where they name none."
    )
    active: bool = Field(True, description="Whether messages of it are taken.")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.application is None) != (self.facility is None):
            raise wrong(SENDER_NEEDED)
        return self


class SaveAnalyzerCode(Repeatable):
    """By what code an analyzer names a test. With `id`, it becomes that one, which is then all of it."""

    id: AnalyzerCodeId | None = Field(None, description="The id of the code to change; absent for a new one.")
    version: int | None = Field(None, description="The version that the client has read; none for a new one.")
    analyzer_id: AnalyzerId = Field(description="The id of the analyzer.")
    system: System = Field("", description="The system of the code (OBX-3.3); empty where the analyzer names none.")
    code: SenderCode = Field(description="The code (OBX-3.1).")
    lab_test_id: LabTestId = Field(description="The id of the test that the code stands for.")


class MappedCode(Command):
    """A code of a message, and the test that it stands for from now on."""

    system: System = Field("", description="The system of the code (OBX-3.3); empty where the message names none.")
    code: SenderCode = Field(description="The code (OBX-3.1).")
    lab_test_id: LabTestId = Field(description="The id of the test that the code stands for.")


class RepairInboundMessage(Changed):
    """A parked message to work on again, with what was missing."""

    id: InboundMessageId = Field(description="The id of the message.")
    order_id: LabOrderId | None = Field(
        None, description="The id of the order whose results it has; absent to go by its numbers again."
    )
    person_checked: bool = Field(
        False,
        description="Whether somebody has made sure that it is the order's patient, although the message says otherwise.",
    )
    codes: Annotated[list[MappedCode], Field(max_length=SEVERAL)] = Field(
        [], description="What its codes stand for, from now on of all messages of its analyzer."
    )


class ConfirmInboundOrder(Changed):
    """A parked message of no order that is known here, which is to become an order of its own."""

    id: InboundMessageId = Field(description="The id of the message.")
    earlier_order_id: LabOrderId = Field(
        description="The id of any order to the laboratory for the patient whom the message has to name."
    )
    practitioner_id: PractitionerId = Field(description="The id of the practitioner who has ordered, as was told.")


class DiscardInboundMessage(Changed):
    """A parked message of which nothing more is to come."""

    id: InboundMessageId = Field(description="The id of the message.")
    reason: LongText = Field(description="Why nothing comes of it, up to 2000 characters.")
