"""What the roles that come with CareGraph may do: a role is a set of scopes, `<resource>:<action>`."""

from collections.abc import Iterable
from enum import StrEnum

from shared.auth.principal import Kind


class Role(StrEnum):
    """The roles."""

    ADMIN = "ADMIN"
    DOCTOR = "DOCTOR"
    NURSE = "NURSE"
    PATIENT = "PATIENT"
    PHARMACIST = "PHARMACIST"
    LAB_TECHNICIAN = "LAB_TECHNICIAN"
    INSURANCE_PROVIDER = "INSURANCE_PROVIDER"
    RECEPTIONIST = "RECEPTIONIST"
    ANALYST = "ANALYST"
    AUDITOR = "AUDITOR"


_EVERYONE = frozenset({"directory:read", "notification:read", "notification:write"})
_CARE = frozenset({"patient:read", "patient:write", "appointment:read", "appointment:write"})

SCOPES: dict[Role, frozenset[str]] = {
    Role.ADMIN: _EVERYONE
    | _CARE
    | {
        "account:read",
        "account:write",
        "audit:read",
        "availability:write",
        "directory:write",
        "patient:merge",
        "report:read",
    },
    Role.DOCTOR: _EVERYONE | _CARE | {"availability:write"},
    Role.NURSE: _EVERYONE | _CARE,
    Role.PATIENT: _EVERYONE | _CARE,
    Role.PHARMACIST: _EVERYONE | {"patient:read"},
    Role.LAB_TECHNICIAN: _EVERYONE | {"patient:read"},
    Role.INSURANCE_PROVIDER: _EVERYONE,
    Role.RECEPTIONIST: _EVERYONE | _CARE | {"account:invite", "availability:write", "patient:merge"},
    Role.ANALYST: _EVERYONE | {"report:read"},
    Role.AUDITOR: _EVERYONE | {"audit:read"},
}

KINDS: dict[Role, Kind] = {
    Role.ADMIN: Kind.STAFF,
    Role.DOCTOR: Kind.STAFF,
    Role.NURSE: Kind.STAFF,
    Role.PATIENT: Kind.PATIENT,
    Role.PHARMACIST: Kind.STAFF,
    Role.LAB_TECHNICIAN: Kind.STAFF,
    Role.INSURANCE_PROVIDER: Kind.PARTNER,
    Role.RECEPTIONIST: Kind.STAFF,
    Role.ANALYST: Kind.STAFF,
    Role.AUDITOR: Kind.STAFF,
}

DESCRIPTIONS: dict[Role, str] = {
    Role.ADMIN: "Administers accounts, the directory and all that care needs.",
    Role.DOCTOR: "Treats patients.",
    Role.NURSE: "Cares for patients.",
    Role.PATIENT: "Sees and does what is their own.",
    Role.PHARMACIST: "Dispenses medication.",
    Role.LAB_TECHNICIAN: "Examines samples.",
    Role.INSURANCE_PROVIDER: "Pays, as a partner.",
    Role.RECEPTIONIST: "Registers patients and books for them.",
    Role.ANALYST: "Asks for reports.",
    Role.AUDITOR: "Reads the audit trail.",
}


def kind_of(kinds: Iterable[Kind]) -> Kind:
    """What the holder of roles of these kinds is: a patient if one of them says so, else what all of them say."""
    said = set(kinds) - {Kind.NONE}
    if Kind.PATIENT in said:
        return Kind.PATIENT
    return said.pop() if len(said) == 1 else Kind.NONE
