"""What each kind of caller sees in every domain: all, their own or nothing, whatever roles and scopes a token has besides."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Select

from reporting import policy as reporting
from shared.auth.principal import Kind, Principal, anonymous, system
from shared.ids import new_id
from subgraphs.appointments import policy as appointments
from subgraphs.directory import policy as directory
from subgraphs.identity import policy as identity
from subgraphs.identity.roles import KINDS, SCOPES, BuiltInRole, kind_of
from subgraphs.notifications import policy as notifications
from subgraphs.patients import policy as patients
from tests.appointments.conftest import Practice, at
from tests.patients.conftest import register

EVERY_SCOPE = frozenset().union(*SCOPES.values())
ALL, NOTHING = "ALL", "NOTHING"
POLICIES: dict[str, Callable[[Principal], Select[Any]]] = {
    "patients": patients.patients,
    "identifiers": patients.identifiers,
    "appointments": appointments.appointments,
    "waitlist": appointments.waitlist,
    "accounts": identity.accounts,
    "sessions": identity.sessions,
    "activities": identity.activities,
    "notifications": notifications.notifications,
    "opt-outs": notifications.opt_outs,
    "locations": directory.locations,
    "appointment report": reporting.appointments,
    "registration report": reporting.registrations,
    "places": reporting.places,
}


def caller(kind: Kind, **own: Any) -> Principal:
    """Someone of a kind whose token has all roles and scopes that there are."""
    return Principal(new_id(), new_id(), frozenset(BuiltInRole), EVERY_SCOPE, **own, kind=kind)


def seen(principal: Principal) -> dict[str, str]:
    """What of each policy's rows: ALL, NOTHING, or else by which of the caller's keys and columns."""
    keys = {str(key): name for name, key in (("subject", principal.subject), ("patient", principal.patient)) if key}
    keys |= {str(principal.practitioner): "practitioner"} if principal.practitioner else {}
    result = {}
    for name, policy in POLICIES.items():
        condition = policy(principal).whereclause
        text = "true" if condition is None else str(condition.compile(compile_kwargs={"literal_binds": True}))
        own = sorted({owner for key, owner in keys.items() if key.replace("-", "") in text})
        result[name] = " or ".join(own) or (NOTHING if "false" in text or "1 != 1" in text else ALL)
    return result


def test_kinds() -> None:
    own = {"patient": new_id(), "practitioner": new_id()}
    nothing = dict.fromkeys(POLICIES, NOTHING)
    public = nothing | {"locations": ALL, "places": ALL}
    account = {"accounts": "subject", "sessions": "subject", "activities": "subject"}
    record = dict.fromkeys(("patients", "identifiers", "appointments", "waitlist"), "patient")

    def inbox(*names: str) -> dict[str, str]:
        return dict.fromkeys(("notifications", "opt-outs"), " or ".join(sorted(names)))

    assert seen(caller(Kind.NONE, **own)) == seen(anonymous()) == seen(system()) == nothing
    assert seen(caller(Kind.PATIENT, **own)) == public | account | record | inbox("subject", "patient")
    assert seen(caller(Kind.PARTNER, **own)) == public | account | inbox("subject")
    everything = dict.fromkeys(POLICIES, ALL)
    assert seen(caller(Kind.STAFF, **own)) == everything | inbox("subject", "practitioner")
    program = seen(caller(Kind.SERVICE, practitioner=own["practitioner"]))
    assert program == public | dict.fromkeys(("appointments", "waitlist"), "practitioner")


def test_roles_make_a_kind() -> None:
    kinds = {role: kind_of([kind]) for role, kind in KINDS.items()}
    assert {role for role, kind in kinds.items() if kind is not Kind.STAFF} == {
        BuiltInRole.PATIENT,
        BuiltInRole.INSURANCE_PROVIDER,
    }
    assert kind_of([Kind.STAFF, Kind.PATIENT]) is Kind.PATIENT
    assert kind_of([Kind.STAFF, Kind.PARTNER]) is kind_of([]) is Kind.NONE


@pytest.mark.parametrize("events", [False])
async def test_only_staff_and_the_patient_see_a_patient(practice: Practice) -> None:
    clinic = practice.clinic
    patient, owner = await practice.patient()
    booked = await practice.booked(owner, patient, at(3, 10))
    registered = (await register(practice.reception))["patient"]["id"]
    care = {
        "directory:read",
        "patient:read",
        "patient:find",
        "patient:write",
        "appointment:read",
        "appointment:write",
        "account:read",
    }
    for kind, sees in (("NURSE", True), ("INSURANCE_PROVIDER", False), (None, False)):
        roles = [kind] if kind else []
        someone = clinic.caller(*roles, scopes=care, patient=patient, practitioner=practice.practitioner)
        for service, typename, key in (
            ("patients", "Patient", registered),
            ("appointments", "Appointment", booked["id"]),
        ):
            (entity,) = (await clinic.entities(service, someone, typename, [key], "id"))["data"]["_entities"]
            assert (entity is not None) is sees, (kind, typename)
        if kind:
            answer = await practice.book(someone, patient, at(4, 10))
            assert (answer["__typename"] == "BookAppointmentSuccess") is sees
