"""Whom the matrix is about: callers of every role, and objects of every type in each relation to them.

What is new in the graph comes in here: a relation as a line of RELATIONS, a domain's rows in `rows`, what is asked besides by a
value of FILTERS. An object that has no owner is made for each relation as well, so that one line tells of all.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import httpx
from sqlmodel import SQLModel

from shared.auth.principal import Kind
from shared.database.model import utc_now
from shared.database.tables import PatientAccess, Withholding
from shared.graph.context import Context
from shared.ids import global_id, new_id
from shared.patient_access import Basis
from subgraphs.identity import models as identity
from subgraphs.identity.roles import KINDS, BuiltInRole
from subgraphs.laboratory.check_digits import with_check_digit
from subgraphs.records.codes import Section
from subgraphs.records.documents.addresses import Use, address_of
from tests.authorization.laboratory import EXAMINED, SPECIMENS
from tests.authorization.rows import ELSEWHERE, ROWS, Party
from tests.graph.test_bounds import entities
from tests.harness.access import withheld
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored

NOBODY = "no one"
CALLERS = (NOBODY, *BuiltInRole)
OWN, FOREIGN = "own", "foreign"
RELATIONS = {
    OWN: "o",
    "treated": "t",
    "ordered": "d",
    "granted": "g",
    "emergency": "e",
    "proxy": "p",
    "withheld": "h",
    "withdrawn": "w",
    FOREIGN: "f",
}
"""How an object is related to who asks, each with its letter: their own, by what lets them see its patient, or not at all.

Of what is withheld, something lets them see its patient, who withholds all sections of the record.
"""

ACCESS = {
    "treated": [(Basis.APPOINTMENT, "practitioner_id")],
    "ordered": [(Basis.ORDER, "practitioner_id")],
    "granted": [(Basis.GRANT, "account_id")],
    "emergency": [(Basis.EMERGENCY, "account_id")],
    "proxy": [(Basis.PROXY, "proxy_id")],
    "withheld": [(Basis.APPOINTMENT, "practitioner_id"), (Basis.ORDER, "location_id"), (Basis.PROXY, "proxy_id")],
    "withdrawn": [
        (Basis.APPOINTMENT, "practitioner_id"),
        (Basis.GRANT, "account_id"),
        (Basis.EMERGENCY, "account_id"),
        (Basis.ORDER, "practitioner_id"),
        (Basis.ORDER, "location_id"),
        (Basis.PROXY, "proxy_id"),
    ],
}
"""By relation, on what basis and as whom callers may see the patient; the one that is withdrawn has ended."""


def parties() -> list[Party]:
    """The own ones of each kind of caller, and those of the other relations."""
    kinds = (Kind.PATIENT, Kind.STAFF, Kind.PARTNER)
    own = [Party(OWN, number, kind) for number, kind in enumerate(kinds, 1)]
    others = [relation for relation in RELATIONS if relation != OWN]
    return own + [Party(relation, number) for number, relation in enumerate(others, len(own) + 1)]


def access_rows(party: Party, patient: Party, staff: Party) -> Iterator[PatientAccess | Withholding]:
    """What makes a party's patient related to callers, who are a patient or of the staff."""
    if party.relation == "withheld":
        yield from (withheld(party.patient, section) for section in Section)
    for basis, holder in ACCESS.get(party.relation, ()):
        ids: dict[str, Any] = {
            "practitioner_id": staff.practitioner,
            "account_id": staff.account,
            "proxy_id": patient.patient,
            "location_id": staff.location,
        }
        since = utc_now() - timedelta(hours=2)
        until = since + timedelta(hours=1) if party.relation == "withdrawn" else None
        yield PatientAccess(
            id=new_id(),
            patient_id=party.patient,
            basis=basis,
            valid_from=since,
            valid_until=until,
            version=1,
            **{holder: ids[holder]},
        )


TARGETS = {
    "endSession": "Session",
    "releaseReport": "LabOrder",
    "markEnteredInError": "Condition",
    "signPrescription": "Prescription",
}
"""Of mutations whose success does not tell it, the type that their `id` is of."""


def shown_as(row: SQLModel) -> Iterator[str]:
    """Types of which a row is an object besides that of its model's name."""
    if isinstance(row, identity.Account) and row.patient_id is None:
        yield "StaffMember"


NOT_OWN = {Kind.STAFF: {"Patient"}, Kind.PARTNER: {"Patient"}}
"""Types of which nothing is the own of a kind of caller."""

TAKEN: dict[str, Any] = {"dose": 1.0, "unit": "TABLET", "code": "BID"}

ARGUMENTS: dict[str, dict[str, Any]] = {
    "Query.findSlots": {"specialty": "1", "near": {"latitude": 1, "longitude": 2, "withinKm": 10}},
    "Query.appointmentReport": {"groupBy": ["DAY", "PRACTITIONER", "LOCATION", "STATUS"], "filter": None},
    "Query.registrationReport": {"groupBy": ["DAY", "WAY"]},
    "Query.recordAccessReport": {"groupBy": ["DAY", "PURPOSE", "OUTCOME"]},
    "Query.noteReport": {"groupBy": ["DAY", "PRACTITIONER"]},
    "Query.stockOutReport": {"groupBy": ["MEDICATION", "LOCATION"]},
    "Query.labTurnaroundReport": {"groupBy": ["DAY", "WEEK", "LABORATORY", "PRIORITY"]},
    "Query.criticalResultReport": {"groupBy": ["DAY", "WEEK", "LABORATORY"]},
    "Query.specimenReport": {"groupBy": ["DAY", "WEEK", "LABORATORY", "COLLECTOR", "REASON"]},
    "Query.labCorrectionReport": {"groupBy": ["DAY", "WEEK", "LABORATORY"]},
    "Query.qcFailureReport": {"groupBy": ["DAY", "WEEK", "LABORATORY", "ANALYZER", "TEST", "RULE"]},
    "Query.fillingReport": {"groupBy": ["DAY", "WEEK", "LOCATION"]},
    "Query.wasteReport": {"groupBy": ["DAY", "LOCATION", "REASON"]},
    "Query.emergencyAccessReport": {"groupBy": ["DAY", "PRACTITIONER", "VERDICT"]},
    "Query.disclosures": {"to": "2026-02-01T00:00:00Z"},  # before the looks that are taken meanwhile
    "Query.myRecordDisclosures": {"to": "2026-02-01T00:00:00Z"},
    "Query.medicationByCode": {"rxcui": "10"},  # that of the last party
    "Mutation.transferStock": {"toLocationId": str(ELSEWHERE)},
    "Mutation.recordCarePlan": {"since": "2020-05"},
    "Mutation.recordMedicationStatement": {"since": "2020-05", "until": "2020-05"},
    "Mutation.updateCarePlan": {"until": "2020-05"},
    "Mutation.updateMedicationStatement": {"until": "2020-05"},
    "Mutation.recordVitalSigns": {
        "measurements": [{"code": "8867-4", "value": 80, "unit": "/min"}],
        "effectiveAt": None,
    },
    "Mutation.markEnteredInError": {"kind": "CONDITION"},
    "Mutation.saveLabTest": {"valueType": "NUMERIC", "loinc": "2951-2", "unit": "mmol/L", "codes": []},
    "Mutation.saveLabPanel": {"loinc": "24326-1"},
    "Mutation.saveReferenceRange": {"ageToDays": 9},
    "Mutation.saveReflexRule": {"comparator": None, "threshold": None, "code": None},
    "Mutation.orderLabTests": {"practitionerId": None, "testIds": []},  # one of which is not offered
    "Mutation.collectSpecimen": {"collectedAt": None},
    "Mutation.splitSpecimen": {"parts": 2},
    "Mutation.enterResult": {"codes": [], "text": None},
    "Mutation.correctResult": {"codes": [], "text": None},
    "Query.resultTrend": {"loinc": EXAMINED},
    "Patient.labTrend": {"loinc": EXAMINED},
    "Query.specimenByBarcode": {"barcode": with_check_digit(SPECIMENS + 1)},
    "Mutation.uploadDocument": {"encounterId": None},  # which patients name none of
    "Mutation.updatePatient": {"deceased": None, "identifiers": None},
    "Mutation.saveRole": {"name": "SOME_ROLE"},
    "Mutation.removeRole": {"name": "SOME_ROLE"},
    "Mutation.addScheduleException": {"kind": "CLOSED", "starts": None, "ends": None},
    "Mutation.saveAppointmentType": {
        "minutes": 30,
        **dict.fromkeys(("horizonDays", "maximumPerPatient", "maximumPerDay")),
    },
    **{key: {"overbooking": None} for key in ("Mutation.bookAppointment", "Mutation.rescheduleAppointment")},
    "Mutation.saveSchedule": {"hours": [], "slotIntervalMinutes": 30},
    "Mutation.inviteAccount": {"roles": ["PATIENT"], "practitionerId": None, "name": None, "locationIds": []},
    "Mutation.draftPrescription": {
        "dosages": [TAKEN],
        "refills": 0,
        "basedOnId": None,
        "validFrom": None,
        "validUntil": None,
    },
    "Mutation.revisePrescription": {"dosages": [TAKEN], "refills": 0, "validFrom": None, "validUntil": None},
    "Mutation.signPrescription": {"overrides": []},
    "Subscription.notificationReceived": {"after": "0"},
}
"""Of fields and of mutations' inputs, where they are other than `plausible` ones."""

UNSEEN: set[str] = {
    "bodyMassIndex",
    "earlyWarningScore",
    "filtrationRates",
    "prescriptionByCode",
    "receivePrescription",
}
"""Of what is in rows with these names there is no value to see: one vital sign makes no score, and is not indexed there.
Nor is a presentation code.
"""

FILTERS: dict[str, dict[str, Callable[[Party], dict[str, Any]]]] = {
    "Query.accounts": {"search": lambda party: {"search": party.name}},
    "Query.specimenByBarcode": {"barcode": lambda party: {"barcode": with_check_digit(SPECIMENS + party.number)}},
    "Query.patients": {
        "family name": lambda party: {"search": party.name},
        "former name": lambda party: {"search": party.former},
        "medical record number": lambda party: {"search": f"{party.number}-1"},
        "identifier": lambda party: {"search": f"N{party.number}"},
        "birth date": lambda party: {"birthDate": f"1984-02-{party.number:02}"},
    },
}
"""What lists are searched by, where a party's object would be found."""


async def _calendar(_: Clinic, caller: Caller, __: Sequence[str]) -> str:
    """What the caller's own calendar feed tells."""
    query = "mutation { createCalendarFeed { ... on CreateCalendarFeedSuccess { url } } }"
    made = ((await caller.execute(query)).get("data") or {}).get("createCalendarFeed")
    if not made or "url" not in made:
        return ""
    async with httpx.AsyncClient() as http:
        return (await http.get(made["url"])).raise_for_status().text


async def _documents(clinic: Clinic, caller: Caller, ids: Sequence[str]) -> str:
    """What is at the addresses that the caller would be given for all documents, if the graph gave them for any."""
    if caller.token is None:
        return ""
    running = clinic.service("records")
    context = Context(running.runtime, await running.runtime.verifier.verify(caller.token))
    addresses = [address_of(context, UUID(each.split(":")[1]), Use.DOWNLOAD) for each in ids]
    async with httpx.AsyncClient() as http:
        answers = [await http.get(address) for address in addresses]
    assert {each.status_code for each in answers} <= {200, 404}
    return "".join(each.text for each in answers if each.status_code == 200)


Download = Callable[[Clinic, Caller, Sequence[str]], Awaitable[str]]
DOWNLOADS: dict[str, dict[str, tuple[str, Download]]] = {
    "appointments": {"Download./calendar/{secret}.ics": ("Appointment", _calendar)},
    "records": {"Download./documents/{address}": ("Document", _documents)},
}
"""By domain, the addresses that give objects outside of GraphQL: of which type, and what the caller gets of those with ids."""


class World:
    """The objects of all parties, stored."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self.parties = parties()
        self._rows: dict[tuple[int, str], list[UUID]] = {}

    async def store(self) -> None:
        """Put all rows there."""
        for service, rows_of in ROWS.items():
            running, own = self._clinic.service(service), entities(service)
            async with stored(running.runtime.database) as session:
                for party in self.parties:
                    for row in rows_of(party, running.settings):
                        session.add(row)
                        await session.flush()
                        for kind in set(own) & {type(row).__name__, *shown_as(row)}:
                            self._rows.setdefault((party.number, kind), []).append(row.id)  # type: ignore[attr-defined]
                    session.add_all(access_rows(party, self._by_kind[Kind.PATIENT], self._by_kind[Kind.STAFF]))

    def caller(self, role: str) -> Caller:
        """Somebody of a role, by a new token."""
        if role == NOBODY:
            return self._clinic.anonymous
        party, kind = self._own(role), KINDS[BuiltInRole(role)]
        claims: dict[str, Any] = {"patient": party.patient} if kind is Kind.PATIENT else {}
        if kind is Kind.STAFF:
            claims |= {"practitioner": party.practitioner, "locations": [party.location]}
        return self._clinic.caller(role, subject=party.account, **claims)

    def objects(self, role: str, kind: str) -> Mapping[str, list[str]]:
        """The ids of a type's objects by their relation to a caller, where there are some."""
        found = {}
        for party in self.related(role):
            keys = self._rows.get((party.number, kind), [])
            if keys and not (party.kind and kind in NOT_OWN.get(party.kind, ())):
                found[party.relation] = [global_id(kind, key) for key in keys]
        return found

    @property
    def types(self) -> set[str]:
        """The types of which there are objects."""
        return {kind for _, kind in self._rows}

    def related(self, role: str) -> list[Party]:
        """The parties as a caller of a role has them; nobody has anything of their own."""
        own = None if role == NOBODY else self._own(role)
        return [party for party in self.parties if party.kind is None or party is own]

    @cached_property
    def _by_kind(self) -> dict[Kind | None, Party]:
        return {party.kind: party for party in self.parties}

    def _own(self, role: str) -> Party:
        return self._by_kind[KINDS[BuiltInRole(role)]]
