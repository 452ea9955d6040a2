"""Each thing that matters to an account's safety goes to its activity log and to the audit trail, together."""

from typing import Any
from uuid import UUID

from shared.audit.recorder import Action, AuditOutcome
from shared.database.tables import AuditEntry
from shared.graph.context import Client
from shared.unit_of_work import UnitOfWork
from subgraphs.identity.models import Account, Activity, ActivityKind

_ADMINISTERED = {ActivityKind.INVITED, ActivityKind.ACCOUNT_CHANGED, ActivityKind.ACCOUNT_ENABLED}
_DENIALS = {
    ActivityKind.LOG_IN_FAILED,
    ActivityKind.LOCKED_OUT,
    ActivityKind.SECOND_FACTOR_FAILED,
    ActivityKind.REFRESH_TOKEN_REUSED,
}


def record(
    work: UnitOfWork, account: Account, kind: ActivityKind, client: Client, session_id: UUID | None = None
) -> None:
    """Enter what happened to an account."""
    actor = work.principal.subject
    work.session.add(
        Activity(
            account_id=account.id,
            kind=kind.value,
            session_id=session_id,
            actor_id=actor if actor.int and actor != account.id else None,
            address=client.address,
            user_agent=client.user_agent,
        )
    )
    audit(work, kind, account)


def audit(work: UnitOfWork, kind: ActivityKind, account: Account | None = None) -> None:
    """Enter what happened in the audit trail alone, for an attempt to reach an account that does not exist."""
    entry = work.recorder.entry(
        Action.EXECUTE,
        "Account",
        [account.id] if account else None,
        [account.patient_id] if account and account.patient_id else None,
        outcome=AuditOutcome.DENIED if kind in _DENIALS else AuditOutcome.SUCCESS,
        detail={"activity": kind.value} | (_rights(account) if account and kind in _ADMINISTERED else {}),
    )
    work.session.add(AuditEntry(**entry))


def _rights(account: Account) -> dict[str, Any]:
    """What an account is from now on."""
    practitioner = str(account.practitioner_id) if account.practitioner_id else None
    return {"roles": sorted(account.roles), "practitioner": practitioner}
