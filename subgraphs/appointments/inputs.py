"""What the mutations of appointments take, and how they can end."""

from datetime import date, datetime, time
from enum import Enum
from typing import Annotated, Any

import strawberry

from shared.graph.datatypes import CodingInput
from shared.graph.errors import InvalidInput, InvalidState, NotFound, UserError, VersionConflict, error_code
from subgraphs.appointments.types import (
    Appointment,
    AppointmentType,
    CalendarFeed,
    Schedule,
    ScheduleException,
    ScheduleExceptionKind,
    WaitlistEntry,
)


@strawberry.type(description="Someone else has the slot, or the patient is elsewhere at that time: choose another one.")
class SlotTaken(UserError):
    code: str = error_code("SLOT_TAKEN")


@strawberry.type(description="The practitioner has no such slot: choose one of `freeSlots`.")
class SlotUnavailable(UserError):
    code: str = error_code("SLOT_UNAVAILABLE")


@strawberry.type(description="The idempotency key came with another input before: use a new key for a new booking.")
class IdempotencyKeyReused(UserError):
    code: str = error_code("IDEMPOTENCY_KEY_REUSED")


def _value(name: str, description: str) -> Any:
    return strawberry.enum_value(name, description=description)


@strawberry.enum(description="Why an appointment is called off.")
class CancellationReason(Enum):
    PATIENT_REQUEST = _value("PATIENT_REQUEST", "The patient wishes so.")
    PRACTITIONER_UNAVAILABLE = _value("PRACTITIONER_UNAVAILABLE", "The practitioner cannot keep it.")
    OTHER = _value("OTHER", "Something else.")


@strawberry.enum(description="Why what was noted of an appointment is taken back.")
class StatusReversionReason(Enum):
    ENTERED_IN_ERROR = _value("ENTERED_IN_ERROR", "It was noted by mistake.")
    PATIENT_ARRIVED = _value("PATIENT_ARRIVED", "The patient has come after all.")
    PATIENT_LEFT = _value("PATIENT_LEFT", "The patient has left without being seen.")
    OTHER = _value("OTHER", "Something else.")


@strawberry.input(description="An appointment to book.")
class BookAppointmentInput:
    patient_id: strawberry.ID = strawberry.field(description="Who comes.")
    practitioner_id: strawberry.ID = strawberry.field(description="Whom they come to.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    type_id: strawberry.ID = strawberry.field(description="What for.")
    starts_at: datetime = strawberry.field(description="The start of a free slot.")
    reason: str | None = strawberry.field(
        default=None, description="Why the patient comes, in their own words, up to 2000 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description=(
            "1 to 200 characters that the client makes up for this booking, kept for two days: sent again with the same "
            "input after an answer was lost, it finds the appointment that was booked."
        ),
    )


@strawberry.input(description="An appointment to move to another slot; the type stays.")
class RescheduleAppointmentInput:
    id: strawberry.ID = strawberry.field(description="The appointment.")
    version: int = strawberry.field(description="The version that was read.")
    starts_at: datetime = strawberry.field(description="The start of a free slot.")
    practitioner_id: strawberry.ID | None = strawberry.field(default=None, description="Another practitioner.")
    location_id: strawberry.ID | None = strawberry.field(default=None, description="Another location.")


@strawberry.input(description="An appointment to call off.")
class CancelAppointmentInput:
    id: strawberry.ID = strawberry.field(description="The appointment.")
    version: int = strawberry.field(description="The version that was read.")
    reason: CancellationReason = strawberry.field(description="Why.")


@strawberry.input(description="An appointment, as it was read.")
class AppointmentVersionInput:
    id: strawberry.ID = strawberry.field(description="The appointment.")
    version: int = strawberry.field(description="The version that was read.")


@strawberry.input(description="An appointment of which what was noted last is taken back.")
class RevertAppointmentStatusInput:
    id: strawberry.ID = strawberry.field(description="The appointment.")
    version: int = strawberry.field(description="The version that was read.")
    reason: StatusReversionReason = strawberry.field(description="Why.")


@strawberry.input(description="What a patient waits for.")
class JoinWaitlistInput:
    patient_id: strawberry.ID = strawberry.field(description="Who waits.")
    practitioner_id: strawberry.ID = strawberry.field(description="For whom.")
    location_id: strawberry.ID | None = strawberry.field(default=None, description="Where; absent: everywhere.")
    type_id: strawberry.ID = strawberry.field(description="For what.")
    from_day: date = strawberry.field(description="The first day that suits, by the location's calendar.")
    until_day: date = strawberry.field(description="The last day that suits.")


@strawberry.input(description="A waitlist entry.")
class WaitlistEntryInput:
    id: strawberry.ID = strawberry.field(description="The entry.")


@strawberry.input(description="A type of appointment to enter, or with `id` and `version` to change as a whole.")
class AppointmentTypeInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The one to change.")
    version: int | None = strawberry.field(default=None, description="The version that was read.")
    code: CodingInput = strawberry.field(description="The kind of visit, as a code with its name.")
    minutes: int = strawberry.field(description="How long the patient is there, 5 to 480.")
    before_minutes: int = strawberry.field(default=0, description="How long the practitioner prepares, up to 120.")
    after_minutes: int = strawberry.field(default=0, description="How long they need after it, up to 120.")
    active: bool = strawberry.field(default=True, description="Whether it can be booked now.")


@strawberry.input(description="Hours of a weekday, by the clock at the location.")
class WeeklyHoursInput:
    weekday: int = strawberry.field(description="1 is Monday, 7 is Sunday (ISO 8601).")
    starts: time = strawberry.field(description="When they begin.")
    ends: time = strawberry.field(description="When they end; 00:00 is the end of the day.")
    valid_from: date | None = strawberry.field(default=None, description="The first day on which they hold.")
    valid_until: date | None = strawberry.field(default=None, description="The last day on which they hold.")


@strawberry.input(description="A practitioner's weekly availability at a location, as a whole.")
class ScheduleInput:
    practitioner_id: strawberry.ID = strawberry.field(description="Whose.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    version: int | None = strawberry.field(default=None, description="The version that was read; absent for the first.")
    hours: list[WeeklyHoursInput] = strawberry.field(description="All hours of the week, at most 50.")


@strawberry.input(description="Days that differ from the week.")
class ScheduleExceptionInput:
    practitioner_id: strawberry.ID = strawberry.field(description="Whose.")
    location_id: strawberry.ID | None = strawberry.field(
        default=None, description="Where; absent: everywhere. Extra hours are at one location."
    )
    kind: ScheduleExceptionKind = strawberry.field(description="How they differ.")
    from_day: date = strawberry.field(description="The first day.")
    until_day: date = strawberry.field(description="The last day.")
    starts: time | None = strawberry.field(default=None, description="When the hours begin; absent: the whole day.")
    ends: time | None = strawberry.field(default=None, description="When the hours end; 00:00 is the end of the day.")


@strawberry.input(description="Days to treat as the week says again.")
class RemoveScheduleExceptionInput:
    id: strawberry.ID = strawberry.field(description="The exception.")


@strawberry.input(description="A calendar feed to end.")
class RevokeCalendarFeedInput:
    id: strawberry.ID = strawberry.field(description="The feed.")


@strawberry.type(description="The appointment as it is now.")
class AppointmentSuccess:
    appointment: Appointment = strawberry.field(description="The appointment.")


@strawberry.type(description="The waitlist entry as it is now.")
class WaitlistSuccess:
    entry: WaitlistEntry = strawberry.field(description="The entry.")


@strawberry.type(description="The type of appointment as it is now.")
class SaveAppointmentTypeSuccess:
    appointment_type: AppointmentType = strawberry.field(description="The type.")


@strawberry.type(description="The availability as it is now.")
class SaveScheduleSuccess:
    schedule: Schedule = strawberry.field(description="The availability.")


@strawberry.type(description="The days that differ from the week.")
class ScheduleExceptionSuccess:
    exception: ScheduleException = strawberry.field(description="The days, or those that were.")


@strawberry.type(description="A new calendar feed.")
class CreateCalendarFeedSuccess:
    feed: CalendarFeed = strawberry.field(description="The feed.")
    url: str = strawberry.field(
        description="Its secret address. It is shown this once; who knows it can read the calendar until it is revoked."
    )


@strawberry.type(description="The calendar feed as it is now.")
class RevokeCalendarFeedSuccess:
    feed: CalendarFeed = strawberry.field(description="The feed.")


BookAppointmentPayload = Annotated[
    AppointmentSuccess | SlotTaken | SlotUnavailable | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("BookAppointmentPayload", description="The outcome of booking."),
]
RescheduleAppointmentPayload = Annotated[
    AppointmentSuccess | SlotTaken | SlotUnavailable | InvalidState | VersionConflict | NotFound,
    strawberry.union("RescheduleAppointmentPayload", description="The outcome of moving an appointment."),
]
AppointmentPayload = Annotated[
    AppointmentSuccess | InvalidState | VersionConflict | NotFound,
    strawberry.union("AppointmentPayload", description="The outcome of changing an appointment's state."),
]
RevertAppointmentStatusPayload = Annotated[
    AppointmentSuccess | SlotTaken | InvalidState | VersionConflict | NotFound,
    strawberry.union("RevertAppointmentStatusPayload", description="The outcome of taking back what was noted."),
]
WaitlistPayload = Annotated[
    WaitlistSuccess | InvalidInput | InvalidState | NotFound,
    strawberry.union("WaitlistPayload", description="The outcome of a change to the waitlist."),
]
SaveAppointmentTypePayload = Annotated[
    SaveAppointmentTypeSuccess | InvalidInput | NotFound | VersionConflict,
    strawberry.union("SaveAppointmentTypePayload", description="The outcome of saving a type of appointment."),
]
SaveSchedulePayload = Annotated[
    SaveScheduleSuccess | InvalidInput | NotFound | VersionConflict,
    strawberry.union("SaveSchedulePayload", description="The outcome of saving a practitioner's availability."),
]
ScheduleExceptionPayload = Annotated[
    ScheduleExceptionSuccess | InvalidInput | NotFound,
    strawberry.union("ScheduleExceptionPayload", description="The outcome of changing the days that differ."),
]
CreateCalendarFeedPayload = Annotated[
    CreateCalendarFeedSuccess | InvalidState | NotFound,
    strawberry.union("CreateCalendarFeedPayload", description="The outcome of making a calendar feed."),
]
RevokeCalendarFeedPayload = Annotated[
    RevokeCalendarFeedSuccess | NotFound,
    strawberry.union("RevokeCalendarFeedPayload", description="The outcome of ending a calendar feed."),
]
