"""What use cases look up in other domains, as the caller: births, practitioners, appointments."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pydantic.alias_generators import to_camel

from shared.commands import Command
from shared.errors import NOT_FOUND, FieldProblem, InvalidInput, invalid, not_found
from shared.graph.context import Context
from shared.ids import global_id, parse_id
from subgraphs.records.errors import BEFORE_BIRTH

_BIRTH = """query BirthOfPatient($id: ID!) {
  patient(id: $id) { birthDate partialBirthDate mergedInto { birthDate partialBirthDate } }
}"""
_APPOINTMENT = "query PatientOfAppointment($id: ID!) { appointment(id: $id) { patient { id } } }"

_DATES = ("onset", "abatement", "occurred", "performed", "observed", "since", "until", "effective_at")
_DAY = timedelta(days=1)  # somewhere it is yesterday still


async def birth(context: Context, patient_id: UUID) -> str | None:
    """When a patient was born, a year, month or day; None where that is not known. Raises NotFound."""
    found = (await context.ask(_BIRTH, id=global_id("Patient", patient_id)))["patient"]
    if found is None:
        raise not_found("Patient")
    standing = found["mergedInto"] or found
    known: str | None = standing["birthDate"] or standing["partialBirthDate"]
    return known


async def check_dates(context: Context, patient_id: UUID, command: Command) -> None:
    """Raise InvalidInput where something is said to have been before the patient's birth."""
    dates = list(dates_of(command))
    born = await birth(context, patient_id) if dates else None
    if born is None:
        return
    # As precise as both are known: what was in the year of birth is not before it.
    early = [path for path, date in dates if date[: len(born)] < born[: len(date)]]
    if early:
        raise InvalidInput([FieldProblem(path, BEFORE_BIRTH, {}) for path in early])


async def check_practitioners(context: Context, path: str, keys: Sequence[UUID]) -> None:
    """Raise InvalidInput where the directory knows a practitioner not, whom an input names at a path."""
    if not keys:
        return
    declared = ", ".join(f"$p{place}: ID!" for place in range(len(keys)))
    asked = " ".join(f"p{place}: practitioner(id: $p{place}) {{ id }}" for place in range(len(keys)))
    ids = {f"p{place}": global_id("Practitioner", key) for place, key in enumerate(keys)}
    found = await context.ask(f"query KnownPractitioners({declared}) {{ {asked} }}", **ids)
    if None in found.values():
        raise invalid(path, NOT_FOUND, resource="Practitioner")


async def patient_of_appointment(context: Context, appointment_id: UUID) -> UUID:
    """The patient whose an appointment is; raises InvalidInput."""
    found = (await context.ask(_APPOINTMENT, id=global_id("Appointment", appointment_id)))["appointment"]
    key = parse_id(found["patient"]["id"], "Patient") if found else None
    if key is None:
        raise invalid("appointmentId", NOT_FOUND, resource="Appointment")
    return key


def dates_of(command: Command) -> Iterator[tuple[tuple[str, ...], str]]:
    """All that an input dates, each with its path."""
    for name in _DATES:
        value = getattr(command, name, None)
        if isinstance(value, datetime):
            value = (value + _DAY).date().isoformat()
        if value is not None:
            yield (to_camel(name),), value
    for place, reaction in enumerate(getattr(command, "reactions", None) or ()):
        if reaction.onset is not None:
            yield ("reactions", str(place), "onset"), reaction.onset
