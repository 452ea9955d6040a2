"""An account of each role, all with one password, which a checkout's stack makes for itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from shared.database.engine import Database
from shared.unit_of_work import system_work
from subgraphs.directory.models import Location, Practitioner
from subgraphs.identity.models import Account
from subgraphs.identity.passwords import Passwords
from subgraphs.identity.roles import BuiltInRole
from subgraphs.identity.service.accounts import publish_changed
from subgraphs.patients.models import PatientIdentifier

DOMAIN = "caregraph.example"
DOCTOR_NPI = "9999900001"
PATIENT_IDENTIFIER = ("https://caregraph.example/demo", "pat-1")
PHARMACY, LABORATORY = "Apotheke, Haus A", "Labor, Haus A"
_WORKPLACES = {BuiltInRole.PHARMACIST: PHARMACY, BuiltInRole.LAB_TECHNICIAN: LABORATORY}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Who to log in as."""

    role: BuiltInRole
    email: str
    name: str | None


_NAMES = {
    BuiltInRole.ADMIN: "Priya Raman",
    BuiltInRole.NURSE: "Tomasz Zielinski",
    BuiltInRole.PHARMACIST: "Leila Haddad",
    BuiltInRole.LAB_TECHNICIAN: "Owen Pritchard",
    BuiltInRole.INSURANCE_PROVIDER: "Greta Lindholm",
    BuiltInRole.RECEPTIONIST: "Camila Duarte",
    BuiltInRole.ANALYST: "Jonas Keller",
    BuiltInRole.AUDITOR: "Amara Okafor",
}
ACCOUNTS = tuple(
    DemoAccount(role, f"{role.value.lower().replace('_', '-')}@{DOMAIN}", _NAMES.get(role)) for role in BuiltInRole
)


async def missing(databases: Mapping[str, str]) -> bool:
    """Whether any of the accounts is not there."""
    database = Database(databases["identity"], pool_size=1)
    try:
        async with system_work(database, "demo data") as work:
            emails = [account.email for account in ACCOUNTS]
            found = await work.session.scalars(select(col(Account.email)).where(col(Account.email).in_(emails)))
            return set(found) != set(emails)
    finally:
        await database.close()


async def create(databases: Mapping[str, str], password: str) -> None:
    """Make those that are not there; the doctor is the sample's first practitioner, the patient its first patient."""
    practitioner = await _one(
        databases["directory"], select(col(Practitioner.id)).where(col(Practitioner.npi) == DOCTOR_NPI)
    )
    system_uri, value = PATIENT_IDENTIFIER
    identified = (col(PatientIdentifier.system) == system_uri, col(PatientIdentifier.value) == value)
    patient = await _one(databases["patients"], select(col(PatientIdentifier.patient_id)).where(*identified))
    places = {
        role: await _one(databases["directory"], select(col(Location.id)).where(col(Location.name) == name))
        for role, name in _WORKPLACES.items()
    }
    passwords = Passwords()
    database = Database(databases["identity"], pool_size=1)
    try:
        digest = await passwords.hash(password)
        async with system_work(database, "demo data") as work:
            present = set(await work.session.scalars(select(col(Account.email))))
            made = [
                Account(
                    email=account.email,
                    name=account.name,
                    password_hash=digest,
                    roles=[account.role],
                    practitioner_id=practitioner if account.role is BuiltInRole.DOCTOR else None,
                    patient_id=patient if account.role is BuiltInRole.PATIENT else None,
                    location_ids=[places[account.role]] if account.role in places else [],
                )
                for account in ACCOUNTS
                if account.email not in present
            ]
            work.session.add_all(made)
            for account in made:
                await publish_changed(work, account)
    finally:
        passwords.close()
        await database.close()


async def _one(url: str, statement: Select[UUID]) -> UUID:
    database = Database(url, pool_size=1)
    try:
        async with system_work(database, "demo data") as work:
            return (await work.session.scalars(statement)).one()
    finally:
        await database.close()
