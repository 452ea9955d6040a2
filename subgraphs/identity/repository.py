"""What identity reads for its callers, each statement beginning with what `policy` lets them see."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from shared.database.driver import Fetch
from shared.database.paging import ListOfEach, Order
from shared.graph.context import Context
from subgraphs.identity import policy
from subgraphs.identity.models import Account, AccountOrderField, Activity, RecoveryCode, Role, Session
from subgraphs.identity.roles import DESCRIPTIONS, KINDS, SCOPES, kind_of

ACCOUNTS = {
    AccountOrderField.EMAIL: Order((col(Account.email), col(Account.id))),
    AccountOrderField.LAST_LOG_IN_AT: Order((col(Account.last_log_in_order), col(Account.id))),
    AccountOrderField.CREATED_AT: Order((col(Account.id),)),
}
SESSIONS = Order((col(Session.id),), descending=True)
ACTIVITIES = Order((col(Activity.id),), descending=True)

BUILT_IN: dict[str, frozenset[str]] = {role.value: scopes for role, scopes in SCOPES.items()}


def search_accounts(principal: Principal, search: str | None, role: str | None) -> Select[Account]:
    """Accounts whose email address contains a text, and which have a role."""
    statement = policy.accounts(principal)
    if search:
        statement = statement.where(col(Account.email).contains(search.lower(), autoescape=True))
    if role is not None:
        statement = statement.where(col(Account.roles).contains([role]))
    return statement


def _live_sessions(principal: Principal) -> Select[Session]:
    """Sessions that have neither ended nor lapsed."""
    return policy.sessions(principal).where(col(Session.ended_at).is_(None), col(Session.expires_at) > func.now())


LIVE_SESSIONS = ListOfEach(_live_sessions, col(Session.account_id))
ACTIVITY = ListOfEach(policy.activities, col(Activity.account_id))


async def recovery_codes(context: Context, account_ids: Sequence[UUID]) -> list[int]:
    """How many recovery codes accounts have left, in order."""
    visible = (
        policy.accounts(context.principal).with_only_columns(col(Account.id)).where(col(Account.id).in_(account_ids))
    )
    account_id = col(RecoveryCode.account_id)
    statement = select(account_id, func.count()).where(account_id.in_(visible)).group_by(account_id)
    found = dict(await context.fetch(statement))
    return [found.get(identifier, 0) for identifier in account_ids]


async def roles(fetch: Fetch) -> list[Role]:
    """All roles by name: those that come with CareGraph as they are defined here, and those that were added here."""
    stored = {role.name: role for role in await fetch(select(Role))}
    built_in = {
        name.value: Role(name=name.value, kind=KINDS[name].value, description=DESCRIPTIONS[name], scopes=sorted(scopes))
        for name, scopes in SCOPES.items()
    }
    return [role for _, role in sorted((built_in | stored).items())]


async def granted(fetch: Fetch, names: Iterable[str]) -> tuple[Kind, list[str]]:
    """What the holder of some roles is, and may do."""
    return granted_by(await roles(fetch), names)


def granted_by(known: Iterable[Role], names: Iterable[str]) -> tuple[Kind, list[str]]:
    """The same, by all roles that there are."""
    wanted = set(names)
    held = [role for role in known if role.name in wanted]
    return kind_of(Kind(role.kind) for role in held), sorted({scope for role in held for scope in role.scopes})
