"""`/calendar/{secret}.ics`: a person's appointments for a calendar program, as iCalendar (RFC 5545).

It tells when, where, in which state and what type of visit, and nothing of why or for whom: calendars are kept by programs
that we do not know.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from icalendar import Calendar, Event, vDuration
from sqlalchemy import select
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shared.auth.principal import Kind, Principal, anonymous, system
from shared.database.model import utc_now
from shared.graph.context import Context
from shared.runtime import Runtime
from subgraphs.appointments import policy, repository
from subgraphs.appointments.models import Appointment, CalendarFeed, Status
from subgraphs.appointments.repository import Filter
from subgraphs.appointments.service.feeds import secret_hash

_PAST, _FUTURE = timedelta(days=31), timedelta(days=366)
_MOST_EVENTS = 2000
_REFRESH = timedelta(minutes=15)
_NAME, _SUMMARY = "CareGraph", "Appointment"
_HEADERS = {"cache-control": "private, no-cache", "referrer-policy": "no-referrer"}
_STATUS = {Status.HELD: "TENTATIVE", Status.CANCELLED: "CANCELLED"}


async def serve_calendar(request: Request) -> Response:
    """The calendar behind a secret; 404 if there is none, or no more."""
    runtime: Runtime = request.app.state.runtime
    feed = await _find(runtime, request.path_params["secret"])
    if feed is None:
        return _not_found()
    context = Context(runtime, _reader(feed))
    context.recorder.operation = "calendarFeed"
    if feed.revoked_at is not None:
        context.recorder.denied("CalendarFeed", [feed.id])
        await context.flush_audit()
        return _not_found()
    context.recorder.read(feed)
    rows = await _appointments(context, feed)
    body = render(rows, await repository.positions(context, {row.location_id for row in rows if row.location_id}))
    await context.flush_audit()
    headers = _HEADERS | {"etag": f'"{hashlib.sha256(body).hexdigest()}"'}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


async def _find(runtime: Runtime, secret: str) -> CalendarFeed | None:
    context = Context(runtime, system())
    context.recorder.operation = "calendarFeed"
    found = await context.fetch(select(CalendarFeed).where(col(CalendarFeed.secret_hash) == secret_hash(secret)))
    await context.flush_audit()
    return found[0] if found else None


def render(rows: Sequence[Appointment], positions: Mapping[UUID, tuple[float, float]]) -> bytes:
    """Appointments as iCalendar, each with the latitude and longitude of its location where these are known."""
    calendar = Calendar()
    calendar.add("prodid", "-//CareGraph//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):  # RFC 7986, and what programs read that do not know it
        calendar.add(name, _NAME)
    calendar.add("refresh-interval", vDuration(_REFRESH), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_REFRESH))
    for row in rows:
        event = Event()
        event.add("uid", f"{row.id}@caregraph")
        event.add("sequence", row.version)
        event.add("dtstamp", row.updated_at)
        event.add("dtstart", row.starts_at.date() if row.partial_start else row.starts_at)
        if row.ends_at:
            event.add("dtend", row.ends_at)
        event.add("status", _STATUS.get(Status(row.status), "CONFIRMED"))
        event.add("class", "PRIVATE")
        event.add("summary", row.type_display or _SUMMARY)
        if row.location_id and row.location_id in positions:
            event.add("geo", positions[row.location_id])
        calendar.add_component(event)
    return bytes(calendar.to_ical())


async def _appointments(context: Context, feed: CalendarFeed) -> Sequence[Appointment]:
    now = utc_now()
    wanted = Filter(feed.patient_id, feed.practitioner_id, since=now - _PAST, until=now + _FUTURE)
    statement = repository.search(context.principal, wanted).order_by(*repository.BY_START.clauses())
    return await context.fetch(statement.limit(_MOST_EVENTS))


def _reader(feed: CalendarFeed) -> Principal:
    """Whoever holds the secret reads for the account that made it: as the patient, or as a practitioner's program."""
    return Principal(
        subject=feed.account_id,
        session=anonymous().session,
        roles=frozenset({"CALENDAR_FEED"}),
        scopes=frozenset({policy.READ}),
        patient=feed.patient_id,
        practitioner=feed.practitioner_id,
        kind=Kind.PATIENT if feed.patient_id else Kind.SERVICE,
    )


def _not_found() -> Response:
    return PlainTextResponse("There is no such calendar.\n", status_code=404, headers=_HEADERS)


ROUTES = (Route("/calendar/{secret}.ics", serve_calendar, methods=["GET"]),)
