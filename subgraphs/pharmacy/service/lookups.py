"""What use cases look up in other domains, as the caller."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.database.model import utc_now
from shared.errors import NOT_FOUND, invalid
from shared.graph.context import Context
from shared.ids import global_id, parse_id
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.errors import LICENCE_ELSEWHERE, LICENCE_ENDED, NO_LICENCE, LicenceInvalid
from subgraphs.pharmacy.models import Location

_PRACTITIONER = "query KnownPrescriber($id: ID!) { practitioner(id: $id) { id } }"
_STATEMENT = """query PatientOfStatement($id: ID!) {
  node(id: $id) { ... on MedicationStatement { patient { id } } }
}"""
_LICENCE = """query LicenceOfPrescriber($id: ID!, $place: ID!, $placed: Boolean!) {
  practitioner(id: $id) { licenceNumber licenceJurisdiction licenceValidUntil }
  location(id: $place) @include(if: $placed) { address { country } }
}"""


async def check_practitioner(context: Context, key: UUID | None) -> None:
    """Raise InvalidInput if the directory does not know the practitioner who is to sign."""
    if key is None or key == context.principal.practitioner:
        return
    if (await context.ask(_PRACTITIONER, id=global_id("Practitioner", key)))["practitioner"] is None:
        raise invalid("practitionerId", NOT_FOUND, resource="Practitioner")


async def patient_of_statement(context: Context, key: UUID) -> UUID:
    """Whose record has some medication that the caller sees there; raises InvalidInput."""
    found = (await context.ask(_STATEMENT, id=global_id("MedicationStatement", key)))["node"]
    patient = parse_id(found["patient"]["id"], "Patient") if found and found["patient"] else None
    if patient is None:
        raise invalid("basedOnId", NOT_FOUND, resource="MedicationStatement")
    return patient


async def check_licence(context: Context, practitioner: UUID, location: UUID | None) -> None:
    """Raise LicenceInvalid unless the caller's licence holds today, in the country of the pharmacy where that is known."""
    place = global_id("Location", location or practitioner)
    asked = {"id": global_id("Practitioner", practitioner), "place": place, "placed": location is not None}
    found = await context.ask(_LICENCE, **asked)
    licence = found["practitioner"]
    if licence is None or not licence["licenceNumber"]:
        raise LicenceInvalid(NO_LICENCE)
    until = licence["licenceValidUntil"]
    if until is not None and date.fromisoformat(until) < utc_now().date():
        raise LicenceInvalid(LICENCE_ENDED, day=until)
    jurisdiction, address = licence["licenceJurisdiction"], (found.get("location") or {}).get("address") or {}
    country = address.get("country")
    if jurisdiction and country and jurisdiction.split("-")[0] != country:
        raise LicenceInvalid(LICENCE_ELSEWHERE, jurisdiction=jurisdiction, country=country)


async def today(work: UnitOfWork, location_id: UUID | None) -> date:
    """The local date at a location; in UTC where there is none."""
    location = await work.session.get(Location, location_id) if location_id else None
    return datetime.now(ZoneInfo(location.time_zone if location else "UTC")).date()
