"""What the roles that come with CareGraph may do: a role is a set of scopes, `<resource>:<action>`."""

from collections.abc import Iterable
from enum import StrEnum

from shared.auth.principal import Kind


class BuiltInRole(StrEnum):
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
_TREATMENT = frozenset(
    {
        "critical:acknowledge",
        "document:write",
        "lab-order:read",
        "lab-order:write",
        "lab-test:read",
        "medication:read",
        "patient:find",
        "prescription:read",
        "prescription:write",
        "stock:read",
        "record:read",
        "record:write",
        "record:sign",
        "record:access",
        "record:emergency",
        "specimen:write",
    }
)

SCOPES: dict[BuiltInRole, frozenset[str]] = {
    BuiltInRole.ADMIN: _EVERYONE
    | _CARE
    | {
        "account:read",
        "account:write",
        "audit:read",
        "availability:write",
        "directory:write",
        "patient:administer",
        "patient:merge",
        "proxy:write",
        "report:read",
        "lab-test:read",
        "lab-test:write",
        "medication:read",
        "medication:write",
        "stock:administer",
        "stock:approve",
        "stock:read",
        "stock:write",
    },
    BuiltInRole.DOCTOR: _EVERYONE | _CARE | _TREATMENT | {"availability:write", "prescription:sign"},
    BuiltInRole.NURSE: _EVERYONE | _CARE | _TREATMENT,
    BuiltInRole.PATIENT: _EVERYONE
    | _CARE
    | {
        "disclosure:read",
        "document:write",
        "lab-order:read",
        "lab-test:read",
        "medication:read",
        "prescription:read",
        "prescription:refill",
        "record:access",
        "record:read",
    },
    BuiltInRole.PHARMACIST: _EVERYONE
    | {
        "medication:read",
        "medication:write",
        "patient:read",
        "prescription:dispense",
        "prescription:read",
        "record:safety",
        "stock:approve",
        "stock:read",
        "stock:write",
    },
    BuiltInRole.LAB_TECHNICIAN: _EVERYONE
    | {"lab-order:read", "lab-result:verify", "lab-result:write", "lab-test:read", "patient:read", "specimen:write"},
    BuiltInRole.INSURANCE_PROVIDER: _EVERYONE,
    BuiltInRole.RECEPTIONIST: _EVERYONE
    | _CARE
    | {"account:invite", "availability:write", "patient:administer", "patient:merge", "proxy:write"},
    BuiltInRole.ANALYST: _EVERYONE | {"lab-test:read", "medication:read", "report:read"},
    BuiltInRole.AUDITOR: _EVERYONE | {"patient:read", "audit:read", "disclosure:read", "emergency:review"},
}

KINDS: dict[BuiltInRole, Kind] = {
    BuiltInRole.ADMIN: Kind.STAFF,
    BuiltInRole.DOCTOR: Kind.STAFF,
    BuiltInRole.NURSE: Kind.STAFF,
    BuiltInRole.PATIENT: Kind.PATIENT,
    BuiltInRole.PHARMACIST: Kind.STAFF,
    BuiltInRole.LAB_TECHNICIAN: Kind.STAFF,
    BuiltInRole.INSURANCE_PROVIDER: Kind.PARTNER,
    BuiltInRole.RECEPTIONIST: Kind.STAFF,
    BuiltInRole.ANALYST: Kind.STAFF,
    BuiltInRole.AUDITOR: Kind.STAFF,
}

DESCRIPTIONS: dict[BuiltInRole, str] = {
    BuiltInRole.ADMIN: "Administers accounts, the directory and all that care needs.",
    BuiltInRole.DOCTOR: "Treats patients.",
    BuiltInRole.NURSE: "Cares for patients.",
    BuiltInRole.PATIENT: "Sees and does what is their own.",
    BuiltInRole.PHARMACIST: "Dispenses medication.",
    BuiltInRole.LAB_TECHNICIAN: "Examines samples.",
    BuiltInRole.INSURANCE_PROVIDER: "Pays, as a partner.",
    BuiltInRole.RECEPTIONIST: "Registers patients and books for them.",
    BuiltInRole.ANALYST: "Asks for reports.",
    BuiltInRole.AUDITOR: "Reads the audit trail.",
}


def kind_of(kinds: Iterable[Kind]) -> Kind:
    """What the holder of roles of these kinds is: a patient if one of them says so, else what all of them say."""
    said = set(kinds) - {Kind.NONE}
    if Kind.PATIENT in said:
        return Kind.PATIENT
    return said.pop() if len(said) == 1 else Kind.NONE
