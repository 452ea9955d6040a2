"""The appointments' part of the graph."""

from datetime import date
from typing import Annotated

import strawberry

from shared.database.model import utc_now
from shared.database.paging import DEFAULT_FIRST
from shared.graph.connections import After, Connection, First, connect
from shared.graph.context import Info
from shared.graph.fields import mutation, query
from shared.graph.schema import Schema
from shared.ids import parse_id
from subgraphs.appointments import policy, repository
from subgraphs.appointments.inputs import (
    AppointmentPayload,
    AppointmentSuccess,
    AppointmentTypeInput,
    AppointmentVersionInput,
    BookAppointmentInput,
    BookAppointmentPayload,
    CancelAppointmentInput,
    CreateCalendarFeedPayload,
    CreateCalendarFeedSuccess,
    JoinWaitlistInput,
    RemoveScheduleExceptionInput,
    RescheduleAppointmentInput,
    RescheduleAppointmentPayload,
    RevertAppointmentStatusInput,
    RevertAppointmentStatusPayload,
    RevokeCalendarFeedInput,
    RevokeCalendarFeedPayload,
    RevokeCalendarFeedSuccess,
    SaveAppointmentTypePayload,
    SaveAppointmentTypeSuccess,
    SaveSchedulePayload,
    SaveScheduleSuccess,
    ScheduleExceptionInput,
    ScheduleExceptionPayload,
    ScheduleExceptionSuccess,
    ScheduleInput,
    WaitlistEntryInput,
    WaitlistPayload,
    WaitlistSuccess,
)
from subgraphs.appointments.policy import PLAN, READ, WRITE
from subgraphs.appointments.repository import Filter
from subgraphs.appointments.service import booking, feeds, schedules, waitlist
from subgraphs.appointments.types import (
    NOTHING,
    Appointment,
    AppointmentType,
    AtLocation,
    Before,
    CalendarFeed,
    FirstSlots,
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
    WaitlistEntry,
    WaitlistStatus,
    find_free_slots,
    key,
    states,
)

Id = Annotated[strawberry.ID, strawberry.argument(description="The key.")]
OfPatient = Annotated[strawberry.ID | None, strawberry.argument(description="Only this patient's.")]
OfPractitioner = Annotated[strawberry.ID | None, strawberry.argument(description="Only this practitioner's.")]
OfAccount = Annotated[strawberry.ID | None, strawberry.argument(description="Only this account's.")]
PractitionerId = Annotated[strawberry.ID, strawberry.argument(description="Whose.")]


@strawberry.type
class Query:
    @query(description="An appointment by its key.", scopes=[[READ]])
    async def appointment(self, info: Info, id: Id) -> Appointment | None:
        identifier = parse_id(id)
        return (await Appointment.resolve_references(info.context, [identifier]))[0] if identifier else None

    @query(description="Appointments that the caller may see, by time.", scopes=[[READ]])
    async def appointments(
        self,
        info: Info,
        patient_id: OfPatient = None,
        practitioner_id: OfPractitioner = None,
        location_id: AtLocation = None,
        status: Statuses = None,
        since: Since = None,
        before: Before = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Appointment] | None:
        patient = key(patient_id)
        if patient and not policy.may_see(info.context.principal, patient):
            info.context.recorder.denied("Patient", [patient])
        wanted = Filter(patient, key(practitioner_id), key(location_id), states(status), since, before)
        statement = repository.search(info.context.principal, wanted)
        return await connect(info.context, statement, repository.APPOINTMENTS, Appointment.of, first, after)

    @query(description="What can be booked, by name.", scopes=[[READ]])
    async def appointment_types(self, info: Info) -> list[AppointmentType] | None:
        return [AppointmentType.of(row) for row in await repository.active_types(info.context)]

    @query(description="When a practitioner can be booked, the earliest times first.", scopes=[[READ]])
    async def free_slots(
        self,
        info: Info,
        practitioner_id: PractitionerId,
        type_id: TypeId,
        since: From,
        before: To,
        location_id: AtLocation = None,
        first: FirstSlots = 100,
    ) -> list[FreeSlot] | None:
        practitioner = parse_id(practitioner_id)
        if practitioner is None:
            return []
        return await find_free_slots(info, practitioner, type_id, since, before, location_id, first)

    @query(description="A practitioner's weekly availability, by location.", scopes=[[READ]])
    async def schedules(self, info: Info, practitioner_id: PractitionerId) -> list[Schedule] | None:
        practitioner = parse_id(practitioner_id)
        rows = await repository.schedules(info.context, practitioner) if practitioner else []
        return [Schedule.of(row) for row in rows]

    @query(description="How a practitioner's days differ from the week, by day.", scopes=[[READ]])
    async def schedule_exceptions(
        self,
        info: Info,
        practitioner_id: PractitionerId,
        from_day: Annotated[
            date | None, strawberry.argument(description="Those that end on this day or later; today if absent.")
        ] = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[ScheduleException] | None:
        statement = repository.exceptions(parse_id(practitioner_id) or NOTHING, from_day or utc_now().date())
        return await connect(info.context, statement, repository.EXCEPTIONS, ScheduleException.of, first, after)

    @query(description="Who waits for a slot, first come first; a patient sees their own entries.", scopes=[[READ]])
    async def waitlist(
        self,
        info: Info,
        practitioner_id: OfPractitioner = None,
        patient_id: OfPatient = None,
        status: Annotated[
            list[WaitlistStatus] | None, strawberry.argument(description="Those in one of these states.")
        ] = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[WaitlistEntry] | None:
        wanted = None if status is None else [item.value for item in status]
        statement = repository.search_waitlist(info.context.principal, key(practitioner_id), key(patient_id), wanted)
        return await connect(info.context, statement, repository.WAITLIST, WaitlistEntry.of, first, after)

    @query(
        description="The calendar feeds that the caller has made; who administers accounts sees those of all.",
        scopes=[[READ]],
    )
    async def calendar_feeds(
        self, info: Info, account_id: OfAccount = None, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[CalendarFeed] | None:
        statement = repository.search_feeds(info.context.principal, key(account_id))
        return await connect(info.context, statement, repository.FEEDS, CalendarFeed.of, first, after)


@strawberry.type
class Mutation:
    @mutation(description="Book a free slot.", scopes=[[WRITE]])
    async def book_appointment(self, info: Info, input: BookAppointmentInput) -> BookAppointmentPayload | None:
        return AppointmentSuccess(appointment=Appointment.of(await booking.book(info.context, input)))

    @mutation(description="Move an appointment to another free slot.", scopes=[[WRITE]])
    async def reschedule_appointment(
        self, info: Info, input: RescheduleAppointmentInput
    ) -> RescheduleAppointmentPayload | None:
        return AppointmentSuccess(appointment=Appointment.of(await booking.reschedule(info.context, input)))

    @mutation(description="Call an appointment off.", scopes=[[WRITE]])
    async def cancel_appointment(self, info: Info, input: CancelAppointmentInput) -> AppointmentPayload | None:
        return AppointmentSuccess(appointment=Appointment.of(await booking.cancel(info.context, input)))

    @mutation(description="Note that the patient has arrived, on the day; for staff.", scopes=[[WRITE]])
    async def check_in_appointment(self, info: Info, input: AppointmentVersionInput) -> AppointmentPayload | None:
        return AppointmentSuccess(appointment=Appointment.of(await booking.check_in(info.context, input)))

    @mutation(description="Note that the patient was seen, once it has begun; for staff.", scopes=[[WRITE]])
    async def complete_appointment(self, info: Info, input: AppointmentVersionInput) -> AppointmentPayload | None:
        return AppointmentSuccess(appointment=Appointment.of(await booking.complete(info.context, input)))

    @mutation(description="Note that the patient did not come, once it has begun; for staff.", scopes=[[WRITE]])
    async def mark_no_show(self, info: Info, input: AppointmentVersionInput) -> AppointmentPayload | None:
        return AppointmentSuccess(appointment=Appointment.of(await booking.mark_no_show(info.context, input)))

    @mutation(
        description=(
            "Take back what was noted: CHECKED_IN and NO_SHOW become BOOKED, COMPLETED becomes CHECKED_IN; for staff. "
            "SlotTaken if someone else has its time meanwhile."
        ),
        scopes=[[WRITE]],
    )
    async def revert_appointment_status(
        self, info: Info, input: RevertAppointmentStatusInput
    ) -> RevertAppointmentStatusPayload | None:
        return AppointmentSuccess(appointment=Appointment.of(await booking.revert(info.context, input)))

    @mutation(description="Wait for a slot; the first that suits is offered when it becomes free.", scopes=[[WRITE]])
    async def join_waitlist(self, info: Info, input: JoinWaitlistInput) -> WaitlistPayload | None:
        return WaitlistSuccess(entry=WaitlistEntry.of(await waitlist.join(info.context, input)))

    @mutation(description="Wait no more.", scopes=[[WRITE]])
    async def leave_waitlist(self, info: Info, input: WaitlistEntryInput) -> WaitlistPayload | None:
        return WaitlistSuccess(entry=WaitlistEntry.of(await waitlist.leave(info.context, input)))

    @mutation(description="Book the slot that is held for a waitlist entry.", scopes=[[WRITE]])
    async def accept_offer(self, info: Info, input: WaitlistEntryInput) -> WaitlistPayload | None:
        return WaitlistSuccess(entry=WaitlistEntry.of(await waitlist.accept(info.context, input)))

    @mutation(description="Let the slot that is held go to the next in line, and wait no more.", scopes=[[WRITE]])
    async def decline_offer(self, info: Info, input: WaitlistEntryInput) -> WaitlistPayload | None:
        return WaitlistSuccess(entry=WaitlistEntry.of(await waitlist.decline(info.context, input)))

    @mutation(description="Enter or change what can be booked; for reception.", scopes=[[PLAN]])
    async def save_appointment_type(self, info: Info, input: AppointmentTypeInput) -> SaveAppointmentTypePayload | None:
        row = await schedules.save_type(info.context, input)
        return SaveAppointmentTypeSuccess(appointment_type=AppointmentType.of(row))

    @mutation(description="Set a practitioner's weekly availability at a location.", scopes=[[PLAN]])
    async def save_schedule(self, info: Info, input: ScheduleInput) -> SaveSchedulePayload | None:
        return SaveScheduleSuccess(schedule=Schedule.of(await schedules.save(info.context, input)))

    @mutation(description="Close days, or open extra hours. Appointments in closed hours stay.", scopes=[[PLAN]])
    async def add_schedule_exception(
        self, info: Info, input: ScheduleExceptionInput
    ) -> ScheduleExceptionPayload | None:
        row = await schedules.add_exception(info.context, input)
        return ScheduleExceptionSuccess(exception=ScheduleException.of(row))

    @mutation(description="Let days be as the week says again.", scopes=[[PLAN]])
    async def remove_schedule_exception(
        self, info: Info, input: RemoveScheduleExceptionInput
    ) -> ScheduleExceptionPayload | None:
        row = await schedules.remove_exception(info.context, input)
        return ScheduleExceptionSuccess(exception=ScheduleException.of(row))

    @mutation(description="Make a secret address of the caller's own calendar.", scopes=[[READ]])
    async def create_calendar_feed(self, info: Info) -> CreateCalendarFeedPayload | None:
        row, url = await feeds.create(info.context)
        return CreateCalendarFeedSuccess(feed=CalendarFeed.of(row), url=url)

    @mutation(description="End a calendar feed; its address finds nothing from then on.", scopes=[[READ]])
    async def revoke_calendar_feed(
        self, info: Info, input: RevokeCalendarFeedInput
    ) -> RevokeCalendarFeedPayload | None:
        return RevokeCalendarFeedSuccess(feed=CalendarFeed.of(await feeds.revoke(info.context, input)))


schema = Schema(query=Query, mutation=Mutation, types=[Patient, Practitioner])
