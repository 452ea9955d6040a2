"""What use cases look up in other domains, as the caller: who a patient is, and practitioners."""

from typing import NamedTuple
from uuid import UUID

from shared.errors import NOT_FOUND, invalid, not_found
from shared.graph.context import Context
from shared.ids import global_id

_PERSON = """query PatientOfLabOrder($id: ID!) {
  patient(id: $id) { ...Person mergedInto { ...Person } }
}
fragment Person on Patient { birthDate partialBirthDate gender medicalRecordNumber }"""
_PRACTITIONER = "query PractitionerOfLabOrder($id: ID!) { practitioner(id: $id) { id } }"


class Person(NamedTuple):
    """When a patient was born, a day, month or year; the gender, a code of FHIR AdministrativeGender.

    `numbers` are those by which others know the patient.
    """

    born: str | None
    sex: str | None
    numbers: tuple[str, ...]


async def person(context: Context, patient_id: UUID) -> Person:
    """What ranges depend on; raises NotFound and NotChecked."""
    found = (await context.ask(_PERSON, id=global_id("Patient", patient_id)))["patient"]
    if found is None:
        raise not_found("Patient")
    standing = found["mergedInto"] or found
    gender = standing["gender"]
    numbers = dict.fromkeys(each["medicalRecordNumber"] for each in (standing, found) if each["medicalRecordNumber"])
    return Person(
        standing["birthDate"] or standing["partialBirthDate"], gender.lower() if gender else None, tuple(numbers)
    )


async def check_practitioner(context: Context, practitioner_id: UUID) -> None:
    """Raise InvalidInput where the directory does not know a practitioner; NotChecked."""
    key = global_id("Practitioner", practitioner_id)
    if (await context.ask(_PRACTITIONER, id=key))["practitioner"] is None:
        raise invalid("practitionerId", NOT_FOUND, resource="Practitioner")
