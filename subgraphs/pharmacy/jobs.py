"""What pharmacy does by the clock: prescriptions and lots expire, reservations end."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import cast

from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import UnitOfWork, system_work
from subgraphs.pharmacy.service import allocation, lots, prescriptions
from subgraphs.pharmacy.service.merging import MERGERS
from subgraphs.pharmacy.settings import PharmacySettings


async def _all(runtime: Runtime, operation: str, batch: Callable[[UnitOfWork], Awaitable[int]]) -> None:
    """Do something in batches, each in a transaction, until there is nothing left."""
    found = 1
    while found:
        async with system_work(runtime.database, operation) as work:
            found = await batch(work)


async def expire_prescriptions(runtime: Runtime) -> None:
    """End prescriptions whose last day is over."""
    await _all(runtime, "expirePrescriptions", prescriptions.expire)


async def expire_lots(runtime: Runtime) -> None:
    """Let lots expire whose last day is over at their location."""
    await _all(runtime, "expireLots", lots.expire)


async def warn_of_expiry(runtime: Runtime) -> None:
    """Tell of lots that expire soon."""
    days = cast("PharmacySettings", runtime.settings).pharmacy_expiry_days
    await _all(runtime, "warnOfExpiry", lambda work: lots.warn(work, days))


async def free_reservations(runtime: Runtime) -> None:
    """Free stock that was reserved too long ago."""
    minutes = cast("PharmacySettings", runtime.settings).pharmacy_reservation_minutes
    await _all(runtime, "freeReservations", lambda work: allocation.free_old(work, minutes))


JOBS = (
    Job("expire-prescriptions", timedelta(minutes=10), expire_prescriptions),
    Job("expire-lots", timedelta(minutes=10), expire_lots),
    Job("warn-of-expiry", timedelta(hours=1), warn_of_expiry),
    Job("free-reservations", timedelta(seconds=30), free_reservations),
    Job("settle-mergers", timedelta(days=1), MERGERS.settle),
)
