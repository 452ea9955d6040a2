"""What the safety check knows here: its tables, and the clinic's own pairs in the version that holds."""

from uuid import UUID

from cachetools import LRUCache
from sqlalchemy import func, select
from sqlmodel import col

from shared.audit.recorder import Action
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.commands.safety import ImportInteractions
from subgraphs.pharmacy.models import Interaction, InteractionList
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.knowledge import Knowledge, shipped
from subgraphs.pharmacy.safety.pairs import CLINIC, InteractingPair, Side
from subgraphs.pharmacy.service.interactions import read_pairs

_KNOWN = LRUCache[UUID, Knowledge](maxsize=20)
_LATEST = select(InteractionList).order_by(col(InteractionList.version).desc()).limit(1)
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended("interactions", 0)))


async def import_interactions(context: Context, command: ImportInteractions) -> InteractionList:
    """Take a clinic's pairs in place of those before; raises InvalidInput with all that is wrong, by line."""
    found = read_pairs(command.csv, shipped())
    async with context.write() as work:
        await work.once(command)
        await work.session.execute(_LOCK)
        latest = await work.session.scalar(_LATEST)
        row = InteractionList(version=(latest.version if latest else 0) + 1, account_id=work.principal.subject)
        work.session.add(row)
        await work.session.flush()
        for each in found:
            pair = each.pair
            work.session.add(
                Interaction(
                    list_id=row.id,
                    line=each.line,
                    first=pair.first.name,
                    second=pair.second.name,
                    severity=pair.severity,
                    effect=pair.effect,
                    reason=each.reason,
                )
            )
        lowered = sum(shipped().lowers_high(each.pair) for each in found)
        work.audit(Action.CREATE, "InteractionList", [row.id], version=row.version, lowered=lowered)
        work.done(row.id)
    return row


async def knowledge(work: UnitOfWork) -> Knowledge:
    """What the check knows now. A version is read once, and kept: it never changes."""
    latest = await work.session.scalar(_LATEST)
    if latest is None:
        return shipped()
    if (kept := _KNOWN.get(latest.id)) is None:
        rows = await work.session.scalars(select(Interaction).where(col(Interaction.list_id) == latest.id))
        kept = _KNOWN[latest.id] = shipped().extended(latest.version, [_pair(row) for row in rows])
    return kept


def _pair(row: Interaction) -> InteractingPair:
    first, second = (shipped().side(name) or Side(name, frozenset({name})) for name in (row.first, row.second))
    return InteractingPair(
        origin=CLINIC,
        number=row.line,
        first=first,
        second=second,
        severity=SafetySeverity(row.severity),
        effect=row.effect,
        source=CLINIC,
    )
