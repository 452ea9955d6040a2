"""Entries that were found to be one: what a service keeps of the merged one goes to the survivor, in whatever order it hears.

Events of a chain A→B→C are on partitions of their own, so B→C may come first. `merger` names for each merged entry the one
that stands for it in the end, so that every step of a chain, and what comes late, leads there at once.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.database.tables import Merger, Withholding
from shared.runtime import Runtime
from shared.unit_of_work import UnitOfWork, hold_entry, system_work

Hook = Callable[[UnitOfWork, UUID, UUID], Awaitable[None]]

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('merger', 0))")


@dataclass(frozen=True)
class Mergers:
    """How a service follows mergers: which columns name who may be merged; in them the survivor takes the merged one's place.

    `prepare` takes the domain's own locks; `resolve` mends what would be in conflict. Both are given the merged one and the
    survivor.
    """

    columns: Sequence[Any] = ()
    prepare: Hook | None = None
    resolve: Hook | None = None

    async def follow(self, work: UnitOfWork, merged: UUID, survivor: UUID) -> None:
        """Let the survivor stand for the merged one; a repetition changes nothing."""
        await work.session.execute(_ONE_AT_A_TIME)
        survivor = await _end_of_chain(work, survivor)
        if survivor == merged:
            return
        if self.prepare is not None:
            await self.prepare(work, merged, survivor)
        await hold_entry(work.session, merged)
        await _note(work, merged, survivor)
        if self.resolve is not None:
            await self.resolve(work, merged, survivor)
            await work.session.flush()
        # What the merged one withholds is not open until the domain that decides says so of the survivor.
        for column in (*self.columns, col(Withholding.patient_id)):
            moved = update(column.class_).where(column == merged).values({column.key: survivor})
            await work.session.execute(moved)

    async def settle(self, runtime: Runtime) -> None:
        """Give survivors what merged ones still have, as older versions have left it."""
        left = or_(*(select(column).where(column == col(Merger.merged_id)).exists() for column in self.columns))
        async with system_work(runtime.database, "settle mergers") as work:
            pairs = select(col(Merger.merged_id), col(Merger.survivor_id)).where(left)
            found = (await work.session.execute(pairs)).all()
        for merged, survivor in found:
            async with system_work(runtime.database, "settle mergers") as work:
                await self.follow(work, merged, survivor)


async def _end_of_chain(work: UnitOfWork, key: UUID) -> UUID:
    return await work.session.scalar(select(col(Merger.survivor_id)).where(col(Merger.merged_id) == key)) or key


async def _note(work: UnitOfWork, merged: UUID, survivor: UUID) -> None:
    """Name the survivor for the merged one, and for all those for whom that one stood."""
    earlier = update(Merger).where(col(Merger.survivor_id) == merged).values(survivor_id=survivor)
    await work.session.execute(earlier)
    noted = insert(Merger).values(merged_id=merged, survivor_id=survivor)
    changed = {"survivor_id": noted.excluded.survivor_id}
    await work.session.execute(noted.on_conflict_do_update(index_elements=["merged_id"], set_=changed))
