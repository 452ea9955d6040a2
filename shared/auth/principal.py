"""The caller, as a verified token describes them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Forbidden(Exception):
    """The caller lacks a scope that the use case needs."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs the scope {scope}")
        self.scope = scope


class Kind(StrEnum):
    """What a caller is here; policies are written in these terms, and what is not said is denied."""

    STAFF = "staff"
    PATIENT = "patient"
    PARTNER = "partner"
    SERVICE = "service"
    NONE = "none"

    @classmethod
    def of(cls, claim: object) -> "Kind":
        """The kind that a token's claim names; NONE if it names no kind."""
        return next((kind for kind in cls if kind == claim), cls.NONE)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller; who is of no kind can nothing. `patient` and `practitioner` are their own records, where they have one.

    `locations` are where they work. `second_factor_at` is when they last gave a code of their second factor.
    """

    subject: UUID
    session: UUID
    roles: frozenset[str]
    scopes: frozenset[str]
    patient: UUID | None = None
    practitioner: UUID | None = None
    kind: Kind = Kind.NONE
    locations: frozenset[UUID] = frozenset()
    second_factor_at: datetime | None = None

    def can(self, scope: str) -> bool:
        """Whether the caller may use a scope, `<resource>:<action>`."""
        return self.kind is not Kind.NONE and scope in self.scopes

    def require(self, scope: str) -> None:
        """Raise Forbidden unless the caller may use a scope."""
        if not self.can(scope):
            raise Forbidden(scope)

    def is_staff(self, scope: str) -> bool:
        """Whether the caller works here with a scope."""
        return self.kind is Kind.STAFF and scope in self.scopes

    def proved_within(self, age: timedelta) -> bool:
        """Whether the caller gave a code of a second factor not longer than this ago."""
        return self.second_factor_at is not None and datetime.now(UTC) - self.second_factor_at <= age


_NOBODY = UUID(int=0)


def anonymous() -> Principal:
    """A caller without a token: may do what needs no scope."""
    return Principal(_NOBODY, _NOBODY, frozenset(), frozenset())


def system() -> Principal:
    """The service itself, in consumers and jobs."""
    return Principal(_NOBODY, _NOBODY, frozenset({"SYSTEM"}), frozenset(), kind=Kind.SERVICE)
