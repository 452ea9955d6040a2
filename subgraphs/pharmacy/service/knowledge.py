"""What the safety check knows here: its tables, and what the clinic has added in the version that holds."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from cachetools import LRUCache
from sqlalchemy import func, select
from sqlmodel import col

from shared.audit.recorder import Action
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.commands.safety import ImportInteractions
from subgraphs.pharmacy.models import ClinicIngredient, Interaction, InteractionList, Part
from subgraphs.pharmacy.safety.codes import SafetySeverity
from subgraphs.pharmacy.safety.knowledge import Knowledge, OwnIngredient, shipped, with_own
from subgraphs.pharmacy.safety.pairs import CLINIC, InteractingPair, Side
from subgraphs.pharmacy.service.interactions import read_ingredients, read_pairs

_KNOWN = LRUCache[UUID, Knowledge](maxsize=20)
_LATEST = select(InteractionList).order_by(col(InteractionList.version).desc()).limit(1)
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended("interactions", 0)))


async def import_interactions(context: Context, command: ImportInteractions) -> InteractionList:
    """Take a clinic's pairs, ingredients or both in place of those before; raises InvalidInput with all that is wrong, by line.

    What is not given is that of the version before.
    """
    async with context.write() as work:
        await work.once(command)
        await work.session.execute(_LOCK)
        latest = await work.session.scalar(_LATEST)
        row = InteractionList(version=(latest.version if latest else 0) + 1, account_id=work.principal.subject)
        ingredients = await _ingredients_of(work, latest)
        if command.ingredients is not None:
            ingredients = list(_listed_ingredients(command.ingredients))
        base = with_own([_own(each) for each in ingredients])
        pairs = await _pairs_of(work, latest)
        if command.csv is not None:
            pairs = list(_listed_pairs(command.csv, base))
        work.session.add(row)
        await work.session.flush()
        _add(work, row, [*ingredients, *pairs])
        lowered = sum(base.lowers_high(_pair(each, base)) for each in pairs)
        work.audit(
            Action.CREATE,
            "InteractionList",
            [row.id],
            version=row.version,
            lowered=lowered,
            ingredients=len(ingredients),
        )
        work.done(row.id)
    return row


def _listed_ingredients(table: str) -> Iterator[ClinicIngredient]:
    for each in read_ingredients(table):
        own = each.ingredient
        yield ClinicIngredient(
            list_id=_NO_LIST, line=each.line, name=own.name, rxcui=own.rxcui, classes=list(own.classes)
        )


def _listed_pairs(table: str, base: Knowledge) -> Iterator[Interaction]:
    for each in read_pairs(table, base):
        pair = each.pair
        yield Interaction(
            list_id=_NO_LIST,
            line=each.line,
            first=pair.first.name,
            second=pair.second.name,
            severity=pair.severity,
            effect=pair.effect,
            reason=each.reason,
        )


_NO_LIST = UUID(int=0)  # until there is one


def _add(work: UnitOfWork, row: InteractionList, parts: Sequence[Part]) -> None:
    """Enter copies of parts in a list."""
    for each in parts:
        said = each.model_dump(exclude={"id", "created_at", "updated_at"}) | {"list_id": row.id}
        work.session.add(type(each)(**said))


async def knowledge(work: UnitOfWork) -> Knowledge:
    """What the check knows now. A version is read once, and kept: it never changes."""
    latest = await work.session.scalar(_LATEST)
    if latest is None:
        return shipped()
    if (kept := _KNOWN.get(latest.id)) is None:
        own = [_own(each) for each in await _ingredients_of(work, latest)]
        base = with_own(own) if own else shipped()
        pairs = [_pair(each, base) for each in await _pairs_of(work, latest)]
        kept = _KNOWN[latest.id] = base.extended(latest.version, pairs)
    return kept


async def _ingredients_of(work: UnitOfWork, row: InteractionList | None) -> Sequence[ClinicIngredient]:
    mine = col(ClinicIngredient.list_id) == (row.id if row else None)
    return (await work.session.scalars(select(ClinicIngredient).where(mine))).all()


async def _pairs_of(work: UnitOfWork, row: InteractionList | None) -> Sequence[Interaction]:
    mine = col(Interaction.list_id) == (row.id if row else None)
    return (await work.session.scalars(select(Interaction).where(mine))).all()


def _own(row: ClinicIngredient) -> OwnIngredient:
    return OwnIngredient(name=row.name, rxcui=row.rxcui, classes=tuple(row.classes))


def _pair(row: Interaction, base: Knowledge) -> InteractingPair:
    first, second = (base.side(name) or Side(name, frozenset({name})) for name in (row.first, row.second))
    return InteractingPair(
        origin=CLINIC,
        number=row.line,
        first=first,
        second=second,
        severity=SafetySeverity(row.severity),
        effect=row.effect,
        source=CLINIC,
    )
