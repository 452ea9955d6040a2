"""The appointments' part of the graph."""

from datetime import date
from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.commands import read
from shared.database.model import utc_now
from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import LONGEST_SEARCH, bounded, key_of, query
from shared.graph.inputs import argument
from shared.graph.mutations import mutation
from shared.graph.schema import Schema
from subgraphs.appointments import finding, models, repository
from subgraphs.appointments.commands import (
    AcceptWaitlistOffer,
    AddScheduleException,
    BookAppointment,
    CancelAppointment,
    CheckInAppointment,
    CompleteAppointment,
    CreateCalendarFeed,
    DeclineWaitlistOffer,
    JoinWaitlist,
    LeaveWaitlist,
    MarkAppointmentNoShow,
    Near,
    RemoveScheduleException,
    RescheduleAppointment,
    RevertAppointmentStatus,
    RevokeCalendarFeed,
    SaveAppointmentType,
    SaveSchedule,
    SpecialtySearch,
)
from subgraphs.appointments.errors import SlotTaken, SlotUnavailable
from subgraphs.appointments.models import WaitlistStatus
from subgraphs.appointments.policy import PLAN, READ, WRITE
from subgraphs.appointments.repository import Filter
from subgraphs.appointments.service import booking, feeds, schedules, waitlist
from subgraphs.appointments.types import (
    DEFAULT_SLOTS,
    MAXIMUM_SLOTS,
    Appointment,
    AppointmentType,
    AtLocation,
    CalendarFeed,
    CreateCalendarFeedSuccess,
    FirstSlots,
    FoundSlot,
    FreeSlot,
    From,
    Patient,
    Practitioner,
    Schedule,
    ScheduleException,
    Since,
    Statuses,
    To,
    TypeId,
    Until,
    WaitlistEntry,
    at_most,
    check_period,
    find_free_slots,
    states,
)

OfPatient = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only what is of the patient with this id; absent: of all patients."),
]
OfPractitioner = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only what is of the practitioner with this id; absent: of all practitioners."),
]
OfAccount = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only calendar feeds of the account with this id; absent: of all accounts."),
]
PractitionerId = Annotated[strawberry.ID, strawberry.argument(description="The id of the practitioner.")]
FromDay = Annotated[
    date | None, strawberry.argument(description="Only exceptions that end on this day or later; absent: today.")
]
WaitlistStatuses = Annotated[
    list[WaitlistStatus] | None,
    strawberry.argument(description="Only waitlist entries that are in one of these states; absent: in any."),
]

_CHANGE = (InvalidState, VersionConflict, NotFound)


@strawberry.type
class Query:
    appointment = by_key(
        Appointment,
        description="The appointment with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )

    @listing(
        Appointment,
        repository.APPOINTMENTS,
        description="The appointments that the caller may see, by time.",
        scopes=[[READ]],
    )
    async def appointments(
        self,
        info: Info,
        patient_id: OfPatient = None,
        practitioner_id: OfPractitioner = None,
        location_id: AtLocation = None,
        status: Statuses = None,
        since: Since = None,
        until: Until = None,
    ) -> Select[models.Appointment]:
        patient, practitioner = key_of(patient_id, "Patient"), key_of(practitioner_id, "Practitioner")
        if patient is not None:
            await repository.may_ask_about(info.context, patient)
        wanted = Filter(patient, practitioner, key_of(location_id, "Location"), states(status), since, until)
        return repository.search(info.context.principal, wanted)

    @listing(
        Appointment,
        repository.BY_START,
        description="The appointments to come at times at which the practitioner or the location is closed, is not there "
        "any more, or has other hours now, by time; `alternatives` of each has where it could go.",
        scopes=[[READ]],
    )
    async def appointments_to_move(
        self, info: Info, practitioner_id: OfPractitioner = None, location_id: AtLocation = None
    ) -> Select[models.Appointment]:
        keys = key_of(practitioner_id, "Practitioner"), key_of(location_id, "Location")
        return repository.to_move(info.context.principal, *keys)

    @query(description="The types of appointment that can be booked, by name.", scopes=[[READ]])
    async def appointment_types(self, info: Info) -> list[AppointmentType] | None:
        return [AppointmentType.of(row) for row in await repository.active_types(info.context)]

    @query(description="The free slots of a practitioner that have not begun, the earliest first.", scopes=[[READ]])
    async def free_slots(
        self,
        info: Info,
        practitioner_id: PractitionerId,
        type_id: TypeId,
        since: From,
        before: To,
        location_id: AtLocation = None,
        first: FirstSlots = DEFAULT_SLOTS,
    ) -> list[FreeSlot] | None:
        practitioner = key_of(practitioner_id, "Practitioner")
        return await find_free_slots(info, practitioner, type_id, since, before, location_id, first, named=True)

    @query(
        description="The free slots of all who practise a specialty that have not begun, the earliest first, then the nearest.",
        scopes=[[READ]],
    )
    async def find_slots(
        self,
        info: Info,
        specialty: Annotated[str, bounded("The code of the specialty, one of `specialties`.", LONGEST_SEARCH)],
        type_id: TypeId,
        since: From,
        before: To,
        near: Annotated[
            Near | None,
            argument(Near, required=False, description="Only locations so near to a place; absent: wherever they are."),
        ] = None,
        location_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only what is at one of these locations, 50 at most; absent: at any."),
        ] = None,
        languages: Annotated[
            list[str] | None,
            strawberry.argument(
                description="Only practitioners who talk with patients in one of these languages, 20 tags of BCP 47 at most."
            ),
        ] = None,
        first: FirstSlots = DEFAULT_SLOTS,
    ) -> list[FoundSlot] | None:
        check_period(since, before)
        wanted = {
            "specialty": specialty,
            "type_id": type_id,
            "near": near and strawberry.asdict(near),
            "location_ids": location_ids,
            "languages": languages,
            "since": since,
            "before": before,
            "first": at_most(first, MAXIMUM_SLOTS),
        }
        return [
            FoundSlot(slot=slot, starts_at=slot.starts_at, ends_at=slot.ends_at, distance_km=distance)
            for slot, distance in await finding.slots(info.context, read(SpecialtySearch, wanted))
        ]

    @query(description="The weekly availability of a practitioner, a schedule for each location.", scopes=[[READ]])
    async def schedules(self, info: Info, practitioner_id: PractitionerId) -> list[Schedule] | None:
        rows = await repository.schedules(info.context, key_of(practitioner_id, "Practitioner"))
        return [Schedule.of(row) for row in rows]

    @listing(
        ScheduleException,
        repository.EXCEPTIONS,
        description="The days on which availability differs from the weekly schedule, by day.",
        scopes=[[READ]],
    )
    async def schedule_exceptions(
        self,
        info: Info,
        practitioner_id: OfPractitioner = None,
        location_id: AtLocation = None,
        from_day: FromDay = None,
    ) -> Select[models.ScheduleException]:
        keys = key_of(practitioner_id, "Practitioner"), key_of(location_id, "Location")
        return repository.exceptions(info.context.principal, *keys, from_day or utc_now().date())

    @listing(
        WaitlistEntry,
        repository.WAITLIST,
        description="The waitlist, first come first; patients see their own entries.",
        scopes=[[READ]],
    )
    async def waitlist(
        self,
        info: Info,
        practitioner_id: OfPractitioner = None,
        patient_id: OfPatient = None,
        status: WaitlistStatuses = None,
    ) -> Select[models.WaitlistEntry]:
        practitioner, patient = key_of(practitioner_id, "Practitioner"), key_of(patient_id, "Patient")
        return repository.search_waitlist(info.context.principal, practitioner, patient, status)

    @listing(
        CalendarFeed,
        repository.FEEDS,
        description="The calendar feeds that the caller has created; who administers accounts sees those of all.",
        scopes=[[READ]],
    )
    async def calendar_feeds(self, info: Info, account_id: OfAccount = None) -> Select[models.CalendarFeed]:
        return repository.search_feeds(info.context.principal, key_of(account_id, "Account"))


async def _as_seen(info: Info, row: models.Appointment) -> Appointment:
    """An appointment that was changed, with what the caller may see of it."""
    return await Appointment.load(info.context, row.id) or Appointment.of(row)


@strawberry.type
class Mutation:
    @mutation(
        description="Book an appointment in a free slot; the staff, with a reason, at any time.",
        scopes=[[WRITE]],
        errors=[SlotTaken, SlotUnavailable, InvalidState, NotFound],
    )
    async def book_appointment(self, info: Info, input: BookAppointment) -> Appointment:
        return await _as_seen(info, await booking.book(info.context, input))

    @mutation(
        description="Move an appointment to another free slot.",
        scopes=[[WRITE]],
        errors=[SlotTaken, SlotUnavailable, *_CHANGE],
    )
    async def reschedule_appointment(self, info: Info, input: RescheduleAppointment) -> Appointment:
        return await _as_seen(info, await booking.reschedule(info.context, input))

    @mutation(description="Cancel an appointment.", scopes=[[WRITE]], errors=_CHANGE)
    async def cancel_appointment(self, info: Info, input: CancelAppointment) -> Appointment:
        return await _as_seen(info, await booking.cancel(info.context, input))

    @mutation(
        description="Note that the patient has arrived for an appointment, on its day; for staff.",
        scopes=[[WRITE]],
        errors=_CHANGE,
    )
    async def check_in_appointment(self, info: Info, input: CheckInAppointment) -> Appointment:
        return await _as_seen(info, await booking.check_in(info.context, input))

    @mutation(
        description=(
            "Note that the patient was seen, once the appointment has begun; after its day also where nobody has noted that "
            "they arrived; for staff."
        ),
        scopes=[[WRITE]],
        errors=_CHANGE,
    )
    async def complete_appointment(self, info: Info, input: CompleteAppointment) -> Appointment:
        return await _as_seen(info, await booking.complete(info.context, input))

    @mutation(
        description="Note that the patient did not come, once the appointment has begun; for staff.",
        scopes=[[WRITE]],
        errors=_CHANGE,
    )
    async def mark_appointment_no_show(self, info: Info, input: MarkAppointmentNoShow) -> Appointment:
        return await _as_seen(info, await booking.mark_no_show(info.context, input))

    @mutation(
        description=(
            "Take back what was noted: CHECKED_IN and NO_SHOW become BOOKED, COMPLETED becomes CHECKED_IN; for staff. "
            "SlotTaken if someone else has its time meanwhile."
        ),
        scopes=[[WRITE]],
        errors=[SlotTaken, *_CHANGE],
    )
    async def revert_appointment_status(self, info: Info, input: RevertAppointmentStatus) -> Appointment:
        return await _as_seen(info, await booking.revert(info.context, input))

    @mutation(
        description="Put a patient on the waitlist; the first slot that suits is offered at once, or when it becomes free.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound],
    )
    async def join_waitlist(self, info: Info, input: JoinWaitlist) -> WaitlistEntry:
        return WaitlistEntry.of(await waitlist.join(info.context, input))

    @mutation(
        description="End a waitlist entry: its patient waits no more.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound],
    )
    async def leave_waitlist(self, info: Info, input: LeaveWaitlist) -> WaitlistEntry:
        return WaitlistEntry.of(await waitlist.leave(info.context, input))

    @mutation(
        description="Book the slot that is held for a waitlist entry.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound],
    )
    async def accept_waitlist_offer(self, info: Info, input: AcceptWaitlistOffer) -> WaitlistEntry:
        return WaitlistEntry.of(await waitlist.accept(info.context, input))

    @mutation(
        description="Decline the slot that is held, which goes to the next patient, and end the waitlist entry.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound],
    )
    async def decline_waitlist_offer(self, info: Info, input: DeclineWaitlistOffer) -> WaitlistEntry:
        return WaitlistEntry.of(await waitlist.decline(info.context, input))

    @mutation(
        description="Create or change a type of appointment that can be booked; for reception.",
        scopes=[[PLAN]],
        errors=[NotFound, VersionConflict],
    )
    async def save_appointment_type(self, info: Info, input: SaveAppointmentType) -> AppointmentType:
        return AppointmentType.of(await schedules.save_type(info.context, input))

    @mutation(
        description="Set the weekly availability of a practitioner at a location.",
        scopes=[[PLAN]],
        errors=[NotFound, VersionConflict],
    )
    async def save_schedule(self, info: Info, input: SaveSchedule) -> Schedule:
        return Schedule.of(await schedules.save(info.context, input))

    @mutation(
        description="Close days of a practitioner or of a whole location, or open extra hours. Appointments in closed "
        "hours stay, and are listed by `appointmentsToMove`.",
        scopes=[[PLAN]],
        errors=[NotFound],
    )
    async def add_schedule_exception(self, info: Info, input: AddScheduleException) -> ScheduleException:
        return ScheduleException.of(await schedules.add_exception(info.context, input))

    @mutation(
        description="Remove a schedule exception: its days are again as the weekly schedule says.",
        scopes=[[PLAN]],
        errors=[NotFound],
    )
    async def remove_schedule_exception(self, info: Info, input: RemoveScheduleException) -> ScheduleException:
        return ScheduleException.of(await schedules.remove_exception(info.context, input))

    @mutation(
        description="Create a secret address of the caller's own calendar, for a calendar program (iCalendar, RFC 5545).",
        scopes=[[READ]],
        errors=[InvalidState],
    )
    async def create_calendar_feed(self, info: Info, input: CreateCalendarFeed) -> CreateCalendarFeedSuccess:
        row, url = await feeds.create(info.context, input)
        return CreateCalendarFeedSuccess(calendar_feed=CalendarFeed.of(row), url=url)

    @mutation(
        description="End a calendar feed; its address finds nothing from then on.", scopes=[[READ]], errors=[NotFound]
    )
    async def revoke_calendar_feed(self, info: Info, input: RevokeCalendarFeed) -> CalendarFeed:
        return CalendarFeed.of(await feeds.revoke(info.context, input))


schema = Schema(query=Query, mutation=Mutation, types=[Patient, Practitioner])
