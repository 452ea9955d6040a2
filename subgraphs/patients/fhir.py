"""FHIR R4 Patient as rows of the patients' domain."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared import fhir
from shared.fhir import (
    Address,
    CodeableConcept,
    ContactPoint,
    HumanName,
    InvalidResource,
    Outcome,
    Upserted,
)
from shared.known import References, ResourceType
from shared.values import language_tag, normal_email, normal_phone
from shared.work import UnitOfWork
from subgraphs.patients import effects, models
from subgraphs.patients.codes import (
    AddressUse,
    AdministrativeGender,
    ContactPointSystem,
    ContactPointUse,
    MaritalStatus,
    NameUse,
    Relationship,
)
from subgraphs.patients.events import How
from subgraphs.patients.numbers import issue_medical_record_numbers


class Contact(fhir.Element, frozen=True):
    """Patient.contact."""

    relationship: list[CodeableConcept] = []
    name: HumanName | None = None
    telecom: list[ContactPoint] = []


class Communication(fhir.Element, frozen=True):
    """Patient.communication."""

    language: CodeableConcept = CodeableConcept()
    preferred: bool = False


class Patient(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/patient.html."""

    name: list[HumanName] = []
    gender: str = AdministrativeGender.UNKNOWN.value
    birth_date: str | None = None
    deceased_boolean: bool = False
    deceased_date_time: str | None = None
    marital_status: CodeableConcept | None = None
    telecom: list[ContactPoint] = []
    address: list[Address] = []
    contact: list[Contact] = []
    communication: list[Communication] = []


class Draft(NamedTuple):
    """The columns of `patient`, and other systems' numbers with their types."""

    columns: dict[str, Any]
    identifiers: dict[tuple[str, str], str | None]


def read_patient(resource: Patient, _: References) -> Draft:
    """A row of `patient` and its identifiers. Numbers that are in no known form stay as they are written."""
    if not resource.name:
        raise InvalidResource("name is missing")
    if not _is(AdministrativeGender, resource.gender):
        raise InvalidResource("gender is no code of AdministrativeGender")
    name = next((name for name in resource.name if name.use == "official"), resource.name[0])
    addresses = [{"use": _code(AddressUse, item.use), **item.parts()} for item in resource.address]
    country = addresses[0]["country"] if addresses else None
    spoken = sorted(resource.communication, key=lambda item: not item.preferred)
    columns = {
        **name.columns(),
        "other_names": [_other_name(other) for other in resource.name if other is not name],
        "gender": resource.gender,
        "birth_date": fhir.whole_date(resource.birth_date),
        "marital_status": fhir.code_of(resource.marital_status, lambda code: _is(MaritalStatus, code)),
        "deceased": resource.deceased_boolean or resource.deceased_date_time is not None,
        "deceased_at": fhir.instant(resource.deceased_date_time),
        "addresses": addresses,
        "contact_points": [_contact_point(point, country) for point in resource.telecom if point.value],
        "emergency_contacts": [_emergency_contact(contact, country) for contact in resource.contact if contact.name],
        "language": fhir.code_of(spoken[0].language, language_tag) if spoken else None,
    }
    identifiers = {
        (item.system, item.value): fhir.code_of(item.type, bool)
        for item in resource.identifier
        if item.system and item.value
    }
    columns["source_digest"] = _digest(columns, identifiers)
    return Draft(columns, identifiers)


async def save_patients(work: UnitOfWork, drafts: Sequence[tuple[UUID, Draft]]) -> list[Outcome]:
    """Make rows like these where the source says something new: what was changed here meanwhile is kept otherwise.

    One that was merged stays as it is.
    """
    settled = await _settled(work.session, drafts)
    new = [(row, draft) for row, draft in drafts if row not in settled]
    with work.session.no_autoflush:
        results = await fhir.upsert(work.session, models.Patient, [(row, draft.columns) for row, draft in new])
        created = [result.row for result in results if result.outcome is Outcome.CREATED]
        numbers = await issue_medical_record_numbers(work.session, len(created))
        for row, number in zip(created, numbers, strict=True):
            row.medical_record_number = number
    await work.session.flush()
    numbered = await _add_identifiers(work.session, {row: draft.identifiers for row, draft in new})
    concluded = iter([_conclude(work, result, result.row.id in numbered) for result in results])
    return [Outcome.UNCHANGED if row in settled else next(concluded) for row, _ in drafts]


async def survivors(session: AsyncSession) -> Mapping[UUID, UUID]:
    """Who stands for those who were merged."""
    survivor = col(models.Patient.merged_into_id)
    rows = await session.execute(select(col(models.Patient.id), survivor).where(survivor.is_not(None)))
    return {merged: stands for merged, stands in rows if stands}


def same_person(row: models.Patient, draft: Draft) -> bool:
    """Whether a patient may be this one: nothing that both have speaks against it."""
    columns = draft.columns
    born = {row.birth_date, columns["birth_date"]} - {None}
    return len(born) < 2 and fhir.share_a_name(row.family, row.given, columns["family"], columns["given"])


async def _settled(session: AsyncSession, drafts: Sequence[tuple[UUID, Draft]]) -> set[UUID]:
    """Those of whom nothing new is said, or who were merged."""
    said = {row: draft.columns["source_digest"] for row, draft in drafts}
    table = models.Patient
    statement = select(col(table.id), col(table.merged_into_id), col(table.source_digest)).where(
        col(table.id).in_(said)
    )
    rows = await session.execute(statement)
    return {row for row, survivor, digest in rows if survivor or digest == said[row]}


async def _add_identifiers(
    session: AsyncSession, wanted: Mapping[UUID, Mapping[tuple[str, str], str | None]]
) -> set[UUID]:
    """Add what is missing, and leave what others have added; which patients got one."""
    table = models.PatientIdentifier
    rows = await session.scalars(select(table).where(col(table.patient_id).in_(wanted)))
    present = {(row.patient_id, row.system, row.value) for row in rows}
    missing = [
        table(patient_id=patient, system=system, value=value, type=type_)
        for patient, identifiers in wanted.items()
        for (system, value), type_ in identifiers.items()
        if (patient, system, value) not in present
    ]
    session.add_all(missing)
    return {row.patient_id for row in missing}


def _conclude(work: UnitOfWork, result: Upserted[models.Patient], numbered: bool) -> Outcome:
    """Tell of what was done."""
    if result.outcome is Outcome.CREATED:
        effects.registered(work, result.row, How.IMPORT)
        return result.outcome
    changed = set(result.changed - models.Patient.unversioned)
    if numbered and not changed:
        result.row.touch()  # what belongs to the row was changed, and not the row, which was flushed
    if numbered:
        changed.add(effects.IDENTIFIERS)
    effects.changed(work, result.row, changed)
    return Outcome.UPDATED if changed else Outcome.UNCHANGED


def _digest(columns: dict[str, Any], identifiers: dict[tuple[str, str], str | None]) -> bytes:
    return hashlib.sha256(orjson.dumps([columns, sorted(identifiers.items())], option=orjson.OPT_SORT_KEYS)).digest()


def _other_name(name: HumanName) -> dict[str, Any]:
    return {"use": _code(NameUse, name.use), **name.columns()}


def _contact_point(point: ContactPoint, country: str | None) -> dict[str, Any]:
    value = point.value or ""
    system = _code(ContactPointSystem, point.system) or ContactPointSystem.OTHER.value
    if system in {"phone", "sms", "fax"}:
        value = normal_phone(value, country) or value
    elif system == "email":
        value = normal_email(value) or value
    return {"system": system, "value": value, "use": _code(ContactPointUse, point.use)}


def _emergency_contact(contact: Contact, country: str | None) -> dict[str, Any]:
    name = contact.name or HumanName()
    phone, email = fhir.first(contact.telecom, "phone"), fhir.first(contact.telecom, "email")
    codes = (fhir.code_of(relationship, lambda code: _is(Relationship, code)) for relationship in contact.relationship)
    return {
        "name": name.text or " ".join([*name.prefix, *name.given, *filter(None, [name.family])]),
        "relationship": next(filter(None, codes), Relationship.OTHER.value),
        "phone": phone and (normal_phone(phone, country) or phone),
        "email": email and (normal_email(email) or email),
    }


def _is(codes: Any, code: str | None) -> bool:
    return code in {item.value for item in codes}


def _code(codes: Any, code: str | None) -> str | None:
    return code if _is(codes, code) else None


# HL7's table 0203: medical record number, and a patient's internal number.
_NUMBERS = frozenset({"MR", "PI"})

RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    ResourceType(Patient, read_patient, save_patients, models.Patient, _NUMBERS, same_person, survivors),
)
