"""What pharmacy does by the clock: prescriptions and lots expire, reservations end."""

from datetime import timedelta
from typing import cast

from shared.jobs import Job, in_batches
from shared.runtime import Runtime
from subgraphs.pharmacy.service import allocation, lots, prescriptions
from subgraphs.pharmacy.service.merging import MERGERS
from subgraphs.pharmacy.settings import PharmacySettings


async def expire_prescriptions(runtime: Runtime) -> None:
    """End prescriptions whose last day is over."""
    await in_batches(runtime, "expirePrescriptions", prescriptions.expire)


async def expire_lots(runtime: Runtime) -> None:
    """Let lots expire whose last day is over at their location."""
    await in_batches(runtime, "expireLots", lots.expire)


async def warn_of_expiry(runtime: Runtime) -> None:
    """Tell of lots that expire soon."""
    days = cast("PharmacySettings", runtime.settings).pharmacy_expiry_days
    await in_batches(runtime, "warnOfExpiry", lambda work: lots.warn(work, days))


async def free_reservations(runtime: Runtime) -> None:
    """Free stock that was reserved too long ago."""
    minutes = cast("PharmacySettings", runtime.settings).pharmacy_reservation_minutes
    await in_batches(runtime, "freeReservations", lambda work: allocation.free_old(work, minutes))


JOBS = (
    Job("expire-prescriptions", timedelta(minutes=10), expire_prescriptions),
    Job("expire-lots", timedelta(minutes=10), expire_lots),
    Job("warn-of-expiry", timedelta(hours=1), warn_of_expiry),
    Job("free-reservations", timedelta(seconds=30), free_reservations),
    Job("settle-mergers", timedelta(days=1), MERGERS.settle),
)
