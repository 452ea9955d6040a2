"""GraphQL types of appointments, and what they add to patients and practitioners."""

from collections.abc import Sequence
from datetime import date, datetime, time
from enum import Enum
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from shared.database.paging import DEFAULT_FIRST
from shared.graph.connections import After, Connection, First, check_first, connect, connection
from shared.graph.context import Context, Info
from shared.graph.datatypes import Coding
from shared.graph.errors import bad_input
from shared.graph.fields import from_row, guarded, reference, stub
from shared.ids import parse_id
from subgraphs.appointments import models, policy, repository
from subgraphs.appointments.models import Status
from subgraphs.appointments.repository import Filter, Listing, SlotSearch
from subgraphs.appointments.slots import Slot

MAXIMUM_DAYS = 62
MAXIMUM_SLOTS = 500
_DEFAULT_SLOTS = 100
NOTHING = UUID(int=0)


def _value(name: str, description: str) -> Any:
    return strawberry.enum_value(name, description=description)


@strawberry.enum(description="The state of an appointment.")
class AppointmentStatus(Enum):
    HELD = _value("HELD", "A slot is held for a patient from the waitlist (FHIR `proposed`).")
    BOOKED = _value("BOOKED", "It was agreed on (FHIR `booked`).")
    CHECKED_IN = _value("CHECKED_IN", "The patient has arrived (FHIR `checked-in`).")
    COMPLETED = _value("COMPLETED", "The patient was seen (FHIR `fulfilled`).")
    CANCELLED = _value("CANCELLED", "It was called off (FHIR `cancelled`).")
    NO_SHOW = _value("NO_SHOW", "The patient did not come (FHIR `noshow`).")


@strawberry.enum(description="The state of a waitlist entry.")
class WaitlistStatus(Enum):
    WAITING = _value("WAITING", "No slot has become free yet.")
    OFFERED = _value("OFFERED", "A slot is held, to be accepted or declined.")
    BOOKED = _value("BOOKED", "A slot was accepted.")
    DECLINED = _value("DECLINED", "A slot was declined, which ends the wait.")
    EXPIRED = _value("EXPIRED", "An offer was not answered in time, or the last day is over.")
    LEFT = _value("LEFT", "The patient does not wait any more.")


@strawberry.enum(description="How days differ from the week.")
class ScheduleExceptionKind(Enum):
    CLOSED = _value("CLOSED", "There are no appointments, all day or for some hours.")
    EXTRA = _value("EXTRA", "There are hours besides those of the week.")


Since = Annotated[
    datetime | None, strawberry.argument(name="from", description="Those that begin at this time or after it.")
]
Before = Annotated[datetime | None, strawberry.argument(name="to", description="Those that begin before this time.")]
Statuses = Annotated[list[AppointmentStatus] | None, strawberry.argument(description="Those in one of these states.")]
From = Annotated[datetime, strawberry.argument(name="from", description="Slots that begin at this time or after it.")]
To = Annotated[
    datetime,
    strawberry.argument(
        name="to", description=f"Slots that begin before this time, at most {MAXIMUM_DAYS} days later."
    ),
]
TypeId = Annotated[
    strawberry.ID, strawberry.argument(description="The type of appointment, which says how long it takes.")
]
AtLocation = Annotated[strawberry.ID | None, strawberry.argument(description="Only at this location.")]
FirstSlots = Annotated[
    int, strawberry.argument(description=f"How many at most, 1 to {MAXIMUM_SLOTS}; the earliest are given.")
]


def key(text: str | None) -> UUID | None:
    """The key that a filter names; what is none finds nothing."""
    return None if text is None else parse_id(text) or NOTHING


def states(status: list[AppointmentStatus] | None) -> tuple[Status, ...] | None:
    """A filter's states as they are stored."""
    return None if status is None else tuple(Status(item.value) for item in status)


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)], description="A place where care is given (FHIR Location)."
)
class Location:
    id: strawberry.ID = strawberry.federation.field(description="Its key.")


@strawberry.federation.type(keys=[Key(fields=FieldSet("id"), resolvable=False)], description="Someone who may log in.")
class Account:
    id: strawberry.ID = strawberry.federation.field(description="Its key, the tokens' `sub`.")


@strawberry.federation.type(keys=["id"], description="A person who gives care (FHIR Practitioner).")
class Practitioner:
    id: strawberry.ID = strawberry.field(description="Their key.")

    @guarded(description="Their appointments that the caller may see, by time.", scopes=[[policy.READ]])
    async def appointments(
        self,
        info: Info,
        first: First = DEFAULT_FIRST,
        after: After = None,
        status: Statuses = None,
        since: Since = None,
        before: Before = None,
    ) -> Connection["Appointment"] | None:
        wanted = Filter(status=states(status), since=since, before=before)
        return await _list(info, Listing("practitioner", UUID(self.id), wanted, first), after)

    @guarded(description="When they can be booked, the earliest times first.", scopes=[[policy.READ]])
    async def free_slots(
        self,
        info: Info,
        type_id: TypeId,
        since: From,
        before: To,
        location_id: AtLocation = None,
        first: FirstSlots = _DEFAULT_SLOTS,
    ) -> list["FreeSlot"] | None:
        return await find_free_slots(info, UUID(self.id), type_id, since, before, location_id, first)

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key; the fields look for themselves."""
        return [stub(cls, identifier) for identifier in ids]


@strawberry.federation.type(keys=["id"], description="A person who receives care (FHIR Patient).")
class Patient:
    id: strawberry.ID = strawberry.field(description="Their key.")

    @guarded(description="Their appointments, by time.", scopes=[[policy.READ]])
    async def appointments(
        self,
        info: Info,
        first: First = DEFAULT_FIRST,
        after: After = None,
        status: Statuses = None,
        since: Since = None,
        before: Before = None,
    ) -> Connection["Appointment"] | None:
        wanted = Filter(status=states(status), since=since, before=before)
        return await self._list(info, wanted, first, after)

    @guarded(description="Their appointments that are not over and not called off, by time.", scopes=[[policy.READ]])
    async def upcoming_appointments(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection["Appointment"] | None:
        return await self._list(info, Filter(upcoming=True), first, after)

    async def _list(
        self, info: Info, wanted: Filter, first: int, after: str | None
    ) -> Connection["Appointment"] | None:
        patient_id = UUID(self.id)
        if not policy.may_see(info.context.principal, patient_id):
            info.context.recorder.denied("Patient", [patient_id])
            return None
        return await _list(info, Listing("patient", patient_id, wanted, first), after)

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key; the fields look for themselves."""
        return [stub(cls, identifier) for identifier in ids]


@strawberry.type(description="Who called an appointment off, and why.")
class Cancellation:
    by: str = strawberry.field(description="`patient`, `staff` or `system`.")
    reason_code: str = strawberry.field(description="PATIENT_REQUEST, PRACTITIONER_UNAVAILABLE, DUPLICATE or OTHER.")


def _type(row: models.Appointment) -> Coding:
    return Coding(system=row.type_system, code=row.type_code, display=row.type_display)


def _cancellation(row: models.Appointment) -> Cancellation | None:
    if row.cancelled_by is None:
        return None
    return Cancellation(by=row.cancelled_by, reason_code=row.cancellation_reason or "OTHER")


@strawberry.federation.type(
    keys=["id"], requires_scopes=[[policy.READ]], description="A visit that was agreed on (FHIR Appointment)."
)
class Appointment:
    row: strawberry.Private[models.Appointment]
    id: strawberry.ID = strawberry.field(description="Its key.")
    status: AppointmentStatus | None = from_row("status", description="Its state.")
    type: Coding | None = from_row(_type, description="What it is for, as a code.")
    starts_at: datetime | None = from_row("starts_at", description="When it begins.")
    ends_at: datetime | None = from_row("ends_at", description="When it ends.")
    reason: str | None = from_row("reason", description="Why the patient comes, in their own words.")
    booked_at: datetime | None = from_row("booked_at", description="When it was first agreed on.")
    held_until: datetime | None = from_row(
        "held_until", description="While HELD: until when the patient can accept it."
    )
    cancellation: Cancellation | None = from_row(_cancellation, description="If CANCELLED: by whom and why.")
    version: int | None = from_row("version", description="Counts its changes; a change names the one that it read.")

    patient: Patient | None = reference(Patient, "patient_id", description="Who comes.")
    practitioner: Practitioner | None = reference(Practitioner, "practitioner_id", description="Whom they come to.")
    location: Location | None = reference(Location, "location_id", description="Where.")

    @classmethod
    def of(cls, row: models.Appointment) -> Self:
        """From its row."""
        return cls(row=row, id=strawberry.ID(str(row.id)))

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key."""
        return [None if row is None else cls.of(row) for row in await repository.appointments(context, ids)]


@strawberry.type(description="A time at which a practitioner can be booked.")
class FreeSlot:
    slot: strawberry.Private[Slot]
    starts_at: datetime = strawberry.field(description="When the appointment would begin.")
    ends_at: datetime = strawberry.field(description="When it would end.")

    @strawberry.field(description="With whom.")
    def practitioner(self) -> Practitioner | None:
        return stub(Practitioner, self.slot.practitioner_id)

    @strawberry.field(description="Where.")
    def location(self) -> Location | None:
        return stub(Location, self.slot.location_id)


@strawberry.type(description="What can be booked, and how long it takes (FHIR HealthcareService).")
class AppointmentType:
    id: strawberry.ID = strawberry.field(description="Its key.")
    code: Coding = strawberry.field(description="The kind of visit, as a code.")
    minutes: int = strawberry.field(description="How long the patient is there.")
    before_minutes: int = strawberry.field(description="How long the practitioner prepares for it.")
    after_minutes: int = strawberry.field(description="How long the practitioner needs after it.")
    active: bool = strawberry.field(description="Whether it can be booked now.")
    version: int = strawberry.field(description="Counts its changes; an update names the one that it read.")

    @classmethod
    def of(cls, row: models.AppointmentType) -> Self:
        """From its row."""
        return cls(
            id=strawberry.ID(str(row.id)),
            code=Coding(system=row.system, code=row.code, display=row.display),
            minutes=row.minutes,
            before_minutes=row.before_minutes,
            after_minutes=row.after_minutes,
            active=row.active,
            version=row.version,
        )


@strawberry.type(description="Hours of a weekday, by the clock at the location.")
class WeeklyHours:
    weekday: int = strawberry.field(description="1 is Monday, 7 is Sunday (ISO 8601).")
    starts: time = strawberry.field(description="When they begin.")
    ends: time = strawberry.field(description="When they end; 00:00 is the end of the day.")
    valid_from: date | None = strawberry.field(description="The first day on which they hold, if there is one.")
    valid_until: date | None = strawberry.field(description="The last day on which they hold, if there is one.")


@strawberry.type(description="A practitioner's weekly availability at a location (FHIR Schedule).")
class Schedule:
    row: strawberry.Private[models.Schedule]
    id: strawberry.ID = strawberry.field(description="Its key.")
    version: int = strawberry.field(description="Counts its changes; an update names the one that it read.")

    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="Whose availability it is."
    )
    location: Location | None = reference(Location, "location_id", description="Where.")

    @strawberry.field(description="The location's time zone, a name of the IANA database; hours are by its clock.")
    async def time_zone(self, info: Info) -> str | None:
        return await info.context.load(repository.time_zones, self.row.location_id)

    @strawberry.field(description="The hours, by weekday and time.")
    async def hours(self, info: Info) -> list[WeeklyHours]:
        return [
            WeeklyHours(
                weekday=row.weekday,
                starts=row.starts,
                ends=row.ends,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
            )
            for row in await info.context.load(repository.weekly_hours, self.row.id)
        ]

    @classmethod
    def of(cls, row: models.Schedule) -> Self:
        """From its row."""
        return cls(row=row, id=strawberry.ID(str(row.id)), version=row.version)


@strawberry.type(description="Days that differ from the week, by the calendar of the location.")
class ScheduleException:
    row: strawberry.Private[models.ScheduleException]
    id: strawberry.ID = strawberry.field(description="Its key.")
    kind: ScheduleExceptionKind = strawberry.field(description="How they differ.")
    from_day: date = strawberry.field(description="The first day.")
    until_day: date = strawberry.field(description="The last day.")
    starts: time | None = strawberry.field(description="When the hours begin; absent: the whole day.")
    ends: time | None = strawberry.field(description="When the hours end; 00:00 is the end of the day.")

    location: Location | None = reference(Location, "location_id", description="Where; absent: everywhere.")

    @classmethod
    def of(cls, row: models.ScheduleException) -> Self:
        """From its row."""
        return cls(
            row=row,
            id=strawberry.ID(str(row.id)),
            kind=ScheduleExceptionKind(row.kind),
            from_day=row.from_day,
            until_day=row.until_day,
            starts=row.starts,
            ends=row.ends,
        )


@strawberry.type(description="A patient who waits for a slot, first come, first served.")
class WaitlistEntry:
    row: strawberry.Private[models.WaitlistEntry]
    id: strawberry.ID = strawberry.field(description="Its key.")
    status: WaitlistStatus = strawberry.field(description="Its state.")
    from_day: date = strawberry.field(description="The first day that suits, by the location's calendar.")
    until_day: date = strawberry.field(description="The last day that suits.")

    patient: Patient | None = reference(Patient, "patient_id", description="Who waits.")
    practitioner: Practitioner | None = reference(Practitioner, "practitioner_id", description="For whom.")
    location: Location | None = reference(Location, "location_id", description="Where; absent: everywhere.")

    @strawberry.field(description="For what.")
    async def type(self, info: Info) -> AppointmentType | None:
        row = await info.context.load(repository.types, self.row.type_id)
        return AppointmentType.of(row) if row else None

    @strawberry.field(description="The slot that is held for them, or the appointment that came of it.")
    async def appointment(self, info: Info) -> Appointment | None:
        if self.row.appointment_id is None:
            return None
        row = await info.context.load(repository.appointments, self.row.appointment_id)
        return Appointment.of(row) if row else None

    @classmethod
    def of(cls, row: models.WaitlistEntry) -> Self:
        """From its row."""
        return cls(
            row=row,
            id=strawberry.ID(str(row.id)),
            status=WaitlistStatus(row.status),
            from_day=row.from_day,
            until_day=row.until_day,
        )


@strawberry.type(
    description=(
        "A secret address at which a calendar program reads the appointments of the account's own person. It ends when "
        "the account is closed, has its password changed, or loses the right to read them or its person."
    )
)
class CalendarFeed:
    row: strawberry.Private[models.CalendarFeed]
    id: strawberry.ID = strawberry.field(description="Its key.")
    created_at: datetime = strawberry.field(description="When it was made.")
    revoked_at: datetime | None = strawberry.field(description="When it was ended, if it was.")

    account: Account | None = reference(Account, "account_id", description="Whose it is.")

    @classmethod
    def of(cls, row: models.CalendarFeed) -> Self:
        """From its row."""
        return cls(row=row, id=strawberry.ID(str(row.id)), created_at=row.created_at, revoked_at=row.revoked_at)


async def find_free_slots(
    info: Info,
    practitioner_id: UUID,
    type_id: str,
    since: datetime,
    before: datetime,
    location_id: str | None,
    first: int,
) -> list[FreeSlot]:
    """The free slots of a practitioner that have not begun; all that is asked for at once is answered together."""
    info.context.principal.require(policy.READ)
    if not 0 <= (before - since).total_seconds() <= MAXIMUM_DAYS * 86_400:
        raise bad_input(f"`to` is not before `from`, and at most {MAXIMUM_DAYS} days after it")
    if not 1 <= first <= MAXIMUM_SLOTS:
        raise bad_input(f"`first` is 1 to {MAXIMUM_SLOTS}; ask from the last slot on for more")
    search = SlotSearch(practitioner_id, key(location_id), parse_id(type_id) or NOTHING, since, before, first)
    slots = await info.context.load(repository.free_slots, search)
    return [FreeSlot(slot=slot, starts_at=slot.starts_at, ends_at=slot.ends_at) for slot in slots]


async def _list(info: Info, listing: Listing, after: str | None) -> Connection[Appointment]:
    """The first page for many people at once; a later page by itself."""
    statement = repository.search(info.context.principal, listing.whole)
    if after is not None:
        return await connect(info.context, statement, repository.APPOINTMENTS, Appointment.of, listing.first, after)
    check_first(listing.first)
    page = await info.context.load(repository.listings, listing)
    return connection(info.context, page, statement, Appointment.of)
