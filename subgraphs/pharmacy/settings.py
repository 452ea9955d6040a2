"""The settings of pharmacy."""

from pydantic import Field

from shared.settings import Settings


class PharmacySettings(Settings):
    """What pharmacy needs to know beyond what every service does."""

    pharmacy_reservation_minutes: int = Field(
        7 * 24 * 60,
        ge=1,
        le=90 * 24 * 60,
        description="how many minutes stock stays reserved for what was prepared, and nobody has collected",
    )
    pharmacy_expiry_days: int = Field(
        90, ge=1, le=1000, description="how many days before a lot expires the pharmacy is told"
    )
