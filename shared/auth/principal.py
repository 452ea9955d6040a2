"""The caller, as a verified token describes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What a caller is here; policies are written in these terms, and what is not said is denied."""

    STAFF = "staff"
    PATIENT = "patient"
    PARTNER = "partner"
    SERVICE = "service"
    NONE = "none"


class Forbidden(Exception):
    """The caller lacks a scope that the use case needs."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs the scope {scope}")
        self.scope = scope


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. `patient` and `practitioner` are the caller's own records, where they have one."""

    subject: UUID
    session: UUID
    roles: frozenset[str]
    scopes: frozenset[str]
    patient: UUID | None = None
    practitioner: UUID | None = None

    def can(self, scope: str) -> bool:
        """Whether the caller's token carries a scope, `<resource>:<action>`."""
        return scope in self.scopes

    def require(self, scope: str) -> None:
        """Raise Forbidden unless the caller's token carries a scope."""
        if scope not in self.scopes:
            raise Forbidden(scope)


_NOBODY = UUID(int=0)


def anonymous() -> Principal:
    """A caller without a token: may do what needs no scope."""
    return Principal(_NOBODY, _NOBODY, frozenset(), frozenset())


def system(scopes: Iterable[str] = ()) -> Principal:
    """The service itself, in consumers and jobs."""
    return Principal(_NOBODY, _NOBODY, frozenset({"SYSTEM"}), frozenset(scopes))
