"""GraphQL types of appointments, and what they add to patients and practitioners."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, cast
from uuid import UUID

import strawberry

from shared.database.model import utc_now
from shared.database.paging import Order, Slice
from shared.graph.connections import Connection, Paged, connect_each
from shared.graph.context import Info
from shared.graph.datatypes import Coding
from shared.graph.entities import Entity, Stub, entity, reference, stub
from shared.graph.errors import bad_input
from shared.graph.fields import from_row, guarded, key_of
from subgraphs.appointments import models, policy, repository
from subgraphs.appointments.models import (
    CancellationReason,
    ExceptionKind,
    OverbookingReason,
    Party,
    SlotAlignment,
    Status,
    WaitlistStatus,
)
from subgraphs.appointments.repository import Filter, SlotSearch
from subgraphs.appointments.slots import Slot

MAXIMUM_DAYS = 62
MAXIMUM_SLOTS = 500
DEFAULT_SLOTS = 100
MAXIMUM_ALTERNATIVES = 20


Since = Annotated[
    datetime | None,
    strawberry.argument(
        name="from", description="Only appointments that begin at this time or after it; absent: from the first one."
    ),
]
Until = Annotated[
    datetime | None,
    strawberry.argument(
        name="to", description="Only appointments that begin before this time; absent: to the last one."
    ),
]
Statuses = Annotated[
    list[Status] | None,
    strawberry.argument(description="Only appointments that are in one of these states; absent: in any."),
]
From = Annotated[
    datetime, strawberry.argument(name="from", description="Only slots that begin at this time or after it.")
]
To = Annotated[
    datetime,
    strawberry.argument(
        name="to", description=f"Only slots that begin before this time, at most {MAXIMUM_DAYS} days after `from`."
    ),
]
TypeId = Annotated[
    strawberry.ID,
    strawberry.argument(description="The id of the type of appointment, which says how long a slot has to be."),
]
AtLocation = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only what is at the location with this id; absent: at every location."),
]
FirstSlots = Annotated[
    int, strawberry.argument(description=f"How many slots at most, 1 to {MAXIMUM_SLOTS}; the earliest are given.")
]
FirstAlternatives = Annotated[
    int,
    strawberry.argument(description=f"How many slots at most, 1 to {MAXIMUM_ALTERNATIVES}; the earliest are given."),
]


def states(status: list[Status] | None) -> tuple[Status, ...] | None:
    """A filter's states."""
    return None if status is None else tuple(status)


@stub(description="A place where care is given (FHIR Location).")
class Location(Stub):
    """Of directory."""


@stub(description="An account that a person logs in with.")
class Account(Stub):
    """Of identity."""


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    @guarded(
        description="The appointments of the practitioner that the caller may see, by time.",
        scopes=[[policy.READ]],
        extensions=[Paged(repository.APPOINTMENTS)],
    )
    async def appointments(
        self,
        info: Info,
        page: Slice,
        order: Order,
        status: Statuses = None,
        since: Since = None,
        until: Until = None,
    ) -> Connection["Appointment"] | None:
        wanted = Filter(status=states(status), since=since, until=until)
        lists = repository.OF_PRACTITIONER
        return await connect_each(info.context, lists, self.key, order, Appointment.of, page, wanted)

    @guarded(
        description="The free slots of the practitioner that have not begun, the earliest first.",
        scopes=[[policy.READ]],
    )
    async def free_slots(
        self,
        info: Info,
        type_id: TypeId,
        since: From,
        before: To,
        location_id: AtLocation = None,
        first: FirstSlots = DEFAULT_SLOTS,
    ) -> list["FreeSlot"] | None:
        return await find_free_slots(info, self.key, type_id, since, before, location_id, first)


@stub(description="A person who receives care (FHIR Patient).")
class Patient(Stub):
    @guarded(
        description="The appointments of the patient, by time.",
        scopes=[[policy.READ]],
        extensions=[Paged(repository.APPOINTMENTS)],
    )
    async def appointments(
        self,
        info: Info,
        page: Slice,
        order: Order,
        status: Statuses = None,
        since: Since = None,
        until: Until = None,
    ) -> Connection["Appointment"] | None:
        wanted = Filter(status=states(status), since=since, until=until)
        return await self._list(info, wanted, page, order)

    @guarded(
        description="The appointments of the patient that are neither over nor cancelled, by time.",
        scopes=[[policy.READ]],
        extensions=[Paged()],
    )
    async def upcoming_appointments(self, info: Info, page: Slice) -> Connection["Appointment"] | None:
        return await self._list(info, Filter(upcoming=True), page, repository.BY_START)

    async def _list(self, info: Info, wanted: Filter, page: Slice, order: Order) -> Connection["Appointment"] | None:
        if not await repository.may_ask_about(info.context, self.key):
            return None
        return await connect_each(info.context, repository.OF_PATIENT, self.key, order, Appointment.of, page, wanted)


@strawberry.type(description="Who cancelled an appointment, and why.")
class Cancellation:
    by: Party = strawberry.field(description="The party that cancelled the appointment.")
    reason: CancellationReason | None = strawberry.field(
        description="Why the appointment was cancelled; null where no reason was given."
    )


def _type(row: models.Appointment) -> Coding | None:
    if row.type_system is None or row.type_code is None:
        return None
    return Coding(system=row.type_system, code=row.type_code, display=row.type_display)


def _cancellation(row: models.Appointment) -> Cancellation | None:
    if row.cancelled_by is None:
        return None
    reason = row.cancellation_reason
    return Cancellation(by=Party(row.cancelled_by), reason=CancellationReason(reason) if reason else None)


def _starts_at(row: models.Appointment) -> datetime | None:
    return None if row.partial_start else row.starts_at


def _reason(row: models.Appointment) -> str | None:
    return row.reason.value if row.tells_reason and row.reason is not None else None


@entity(
    policy.appointments,
    scopes=[[policy.READ]],
    description="A visit of a patient to a practitioner at a time that was agreed on (FHIR Appointment).",
)
class Appointment(Entity[models.Appointment]):
    status: Status | None = from_row("status", description="The state of the appointment, such as BOOKED or COMPLETED.")
    type: Coding | None = from_row(
        _type,
        description="The type of the appointment as it was booked, as a code; null where that is not known.",
    )
    starts_at: datetime | None = from_row(
        _starts_at, description="When the appointment begins; null where only its `partialStart` is known."
    )
    ends_at: datetime | None = from_row(
        "ends_at", description="When the appointment ends; null where that is not known."
    )
    partial_start: str | None = from_row(
        "partial_start",
        description="The day, month or year of a past visit's start, such as 2025-03-04, where its time is not known.",
    )
    partial_end: str | None = from_row(
        "partial_end",
        description="The day, month or year of a past visit's end, such as 2025-03-04, where its time is not known.",
    )
    reason: str | None = from_row(
        _reason, description="Why the patient comes, in their own words; null where that was not said."
    )
    booked_at: datetime | None = from_row(
        "booked_at", description="When the appointment was first agreed on; null while a slot is only held for it."
    )
    held_until: datetime | None = from_row(
        "held_until",
        description="Until when the patient can accept the slot that is held; null unless the appointment is HELD.",
    )
    overbooking: OverbookingReason | None = from_row(
        "overbooking",
        description="Why the staff booked the appointment at a time that was not free for it; null where it was free.",
    )
    cancellation: Cancellation | None = from_row(
        _cancellation, description="Who cancelled the appointment and why; null unless it is CANCELLED."
    )
    version: int | None = from_row(
        "version",
        description="The version of the appointment, which counts its changes; an update names the one that it has read.",
    )

    patient: Patient | None = reference(Patient, "patient_id", description="The patient who attends.")
    practitioner: Practitioner | None = reference(
        Practitioner,
        "practitioner_id",
        description="The practitioner whom the patient sees at the appointment; null where that is not known.",
    )
    location: Location | None = reference(
        Location,
        "location_id",
        description="The location where the appointment takes place; null where that is not known.",
    )

    @strawberry.field(
        description="The type of the appointment as it is now; null where none has its code, as of what another system told."
    )
    async def appointment_type(self, info: Info) -> "AppointmentType | None":
        if self.row.type_system is None or self.row.type_code is None:
            return None
        found = await info.context.load(repository.types_of, (self.row.type_system, self.row.type_code))
        return None if found is None else AppointmentType.of(found)

    @strawberry.field(
        description="The next free slots at its location for an appointment of its type, of anybody with hours there, in the "
        "four weeks from its day on; null for a visit of another system."
    )
    async def alternatives(self, info: Info, first: FirstAlternatives = 3) -> list["FreeSlot"] | None:
        row = self.row
        if row.location_id is None or row.type_system is None or row.type_code is None:
            return None
        since = max(row.starts_at.replace(hour=0, minute=0), utc_now())
        kind = (row.type_system, row.type_code)
        wanted = repository.Alternatives(row.location_id, kind, since, at_most(first, MAXIMUM_ALTERNATIVES))
        return free_slots_of(await info.context.load(repository.alternatives, wanted))


@strawberry.type(description="A time at which a practitioner can be booked (FHIR Slot).")
class FreeSlot:
    slot: strawberry.Private[Slot]
    starts_at: datetime = strawberry.field(description="When an appointment in this slot begins.")
    ends_at: datetime = strawberry.field(description="When an appointment in this slot ends.")

    @strawberry.field(description="The practitioner who is free at this time.")
    def practitioner(self) -> Practitioner | None:
        return Practitioner.of(self.slot.practitioner_id)

    @strawberry.field(description="The location where the practitioner is at this time.")
    def location(self) -> Location | None:
        return Location.of(self.slot.location_id)


@strawberry.type(description="A free slot of somebody who practises a specialty, and how far away it is.")
class FoundSlot(FreeSlot):
    distance_km: float | None = strawberry.field(
        default=None,
        description="How many kilometres the location is from the place that was named; null where there is none.",
    )


def _code(row: models.AppointmentType) -> Coding:
    return Coding(system=row.system, code=row.code, display=row.display)


@entity(
    policy.appointment_types,
    scopes=[[policy.READ]],
    description="A type of appointment that can be booked, and how long it takes (FHIR HealthcareService).",
)
class AppointmentType(Entity[models.AppointmentType]):
    code: Coding | None = from_row(
        _code, description="What kind of visit the type of appointment is, as a code with its system."
    )
    minutes: int | None = from_row("minutes", description="How many minutes the patient is there.")
    before_minutes: int | None = from_row(
        "before_minutes", description="How many minutes the practitioner prepares before the appointment."
    )
    after_minutes: int | None = from_row(
        "after_minutes", description="How many minutes the practitioner needs after the appointment."
    )
    cancellation_notice_hours: int | None = from_row(
        "cancellation_notice_hours", description="Up to how many hours before an appointment patients may cancel it."
    )
    rescheduling_notice_hours: int | None = from_row(
        "rescheduling_notice_hours", description="Up to how many hours before an appointment patients may move it."
    )
    horizon_days: int | None = from_row(
        "horizon_days", description="How many days ahead patients may book; null: as far as there are hours."
    )
    maximum_per_patient: int | None = from_row(
        "maximum_per_patient", description="How many a patient may have booked at a time; null: any number."
    )
    maximum_per_day: int | None = from_row(
        "maximum_per_day", description="How many a practitioner has on a day; null: as many as there is time for."
    )
    active: bool | None = from_row("active", description="Whether appointments of this type can be booked now.")
    version: int | None = from_row(
        "version",
        description="The version of the type, which counts its changes; an update names the one that it has read.",
    )


@strawberry.type(description="Hours of a weekday at which a practitioner is available, by the clock at the location.")
class WeeklyHours:
    row: strawberry.Private[models.WeeklyHours]
    weekday: int = from_row("weekday", description="The weekday: 1 is Monday, 7 is Sunday (ISO 8601).")
    starts: time = from_row("starts", description="The time of day at which the hours begin.")
    ends: time = from_row("ends", description="The time of day at which the hours end; 00:00 is the end of the day.")
    valid_from: date | None = from_row(
        "valid_from", description="The first day on which the hours hold; null if they have held since ever."
    )
    valid_until: date | None = from_row(
        "valid_until", description="The last day on which the hours hold; null if they hold without end."
    )


@entity(
    policy.schedules,
    scopes=[[policy.READ]],
    description="The hours of the week at which a practitioner is available at a location (FHIR Schedule).",
)
class Schedule(Entity[models.Schedule]):
    version: int | None = from_row(
        "version",
        description="The version of the schedule, which counts its changes; an update names the one that it has read.",
    )
    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner who is available."
    )
    location: Location | None = reference(
        Location, "location_id", description="The location at which the practitioner is available."
    )
    slot_interval_minutes: int | None = from_row(
        "slot_interval_minutes", description="Every how many minutes an appointment may begin."
    )
    slot_alignment: SlotAlignment | None = from_row(
        "slot_alignment", description="From where these intervals are counted: the start of the hours, or midnight."
    )

    @strawberry.field(
        description="The time zone of the location, a name of the IANA time zone database; hours are by its clock."
    )
    async def time_zone(self, info: Info) -> str | None:
        return await info.context.load(repository.time_zones, self.row.location_id)

    @strawberry.field(description="The hours at which the practitioner is available, by weekday and time.")
    async def hours(self, info: Info) -> list[WeeklyHours] | None:
        return [WeeklyHours(row=row) for row in await info.context.load(repository.weekly_hours, self.row.id)]


@entity(
    policy.exceptions,
    scopes=[[policy.READ]],
    description="Days on which availability differs from the weekly schedule, by the location's clock.",
)
class ScheduleException(Entity[models.ScheduleException]):
    kind: ExceptionKind | None = from_row(
        "kind", description="Whether the practitioner is away on these days, or available for extra hours."
    )
    from_day: date | None = from_row("from_day", description="The first day of the exception.")
    until_day: date | None = from_row("until_day", description="The last day of the exception.")
    starts: time | None = from_row(
        "starts", description="The time of day at which the exception begins; null if it takes the whole day."
    )
    ends: time | None = from_row(
        "ends",
        description="The time of day at which the exception ends (00:00: midnight); null if it takes the whole day.",
    )

    practitioner: Practitioner | None = reference(
        Practitioner,
        "practitioner_id",
        description="The practitioner whose availability differs on these days; null if the location is closed for all.",
    )
    location: Location | None = reference(
        Location,
        "location_id",
        description="The location that the exception is about; null if it is about every location.",
    )


@entity(
    policy.waitlist,
    scopes=[[policy.READ]],
    description="A patient's wait for a slot; who came first is offered one first.",
)
class WaitlistEntry(Entity[models.WaitlistEntry]):
    status: WaitlistStatus | None = from_row(
        "status", description="The state of the waitlist entry, such as WAITING or OFFERED."
    )
    from_day: date | None = from_row(
        "from_day", description="The first day that suits the patient, by the calendar of the location."
    )
    until_day: date | None = from_row(
        "until_day", description="The last day that suits the patient, by the calendar of the location."
    )

    patient: Patient | None = reference(Patient, "patient_id", description="The patient who waits for a slot.")
    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner whom the patient wants to see."
    )
    location: Location | None = reference(
        Location, "location_id", description="The location that suits the patient; null if every location suits."
    )

    @strawberry.field(description="The type of appointment that the patient needs.")
    async def type(self, info: Info) -> AppointmentType | None:
        return await AppointmentType.load(info.context, self.row.type_id)

    @strawberry.field(
        description="The appointment that holds the offered slot, or that came of it; null before an offer."
    )
    async def appointment(self, info: Info) -> Appointment | None:
        return await Appointment.load(info.context, self.row.appointment_id)


@entity(
    policy.feeds,
    scopes=[[policy.READ]],
    description=(
        "A secret address at which a calendar program reads the appointments of the account's own person. It ends when "
        "the account is closed, has its password changed, or loses the right to read them or its person."
    ),
)
class CalendarFeed(Entity[models.CalendarFeed]):
    created_at: datetime | None = from_row("created_at", description="When the calendar feed was created.")
    revoked_at: datetime | None = from_row(
        "revoked_at", description="When the calendar feed was ended; null while it is good."
    )

    account: Account | None = reference(
        Account, "account_id", description="The account that created the calendar feed."
    )


@strawberry.type(description="A calendar feed that was created, with its secret address.")
class CreateCalendarFeedSuccess:
    calendar_feed: CalendarFeed = strawberry.field(description="The calendar feed that was created.")
    url: str = strawberry.field(
        description="The secret address of the feed, shown once: who knows it reads the calendar until the feed is revoked."
    )


async def find_free_slots(
    info: Info,
    practitioner_id: UUID,
    type_id: str,
    since: datetime,
    before: datetime,
    location_id: str | None,
    first: int,
    *,
    named: bool = False,
) -> list[FreeSlot]:
    """The free slots of a practitioner that have not begun; all that is asked for at once is answered together."""
    info.context.principal.require(policy.READ)
    check_period(since, before)
    location, type_ = key_of(location_id, "Location"), key_of(type_id, "AppointmentType")
    search = SlotSearch(practitioner_id, location, type_, since, before, at_most(first, MAXIMUM_SLOTS), named)
    return free_slots_of(cast("list[Slot]", await info.context.load(repository.free_slots, search)))


def check_period(since: datetime, before: datetime) -> None:
    """Refuse a period that is too long, or none."""
    if not 0 <= (before - since).total_seconds() <= MAXIMUM_DAYS * 86_400:
        raise bad_input(f"`to` is not before `from`, and at most {MAXIMUM_DAYS} days after it")


def at_most(first: int, maximum: int) -> int:
    """How many slots are asked for."""
    if not 1 <= first <= maximum:
        raise bad_input(f"`first` is 1 to {maximum}; ask from the last slot on for more")
    return first


def free_slots_of(slots: Sequence[Slot]) -> list[FreeSlot]:
    """Slots, as they are shown."""
    return [FreeSlot(slot=slot, starts_at=slot.starts_at, ends_at=slot.ends_at) for slot in slots]
