"""Settings of the laboratory."""

from pydantic import Field

from shared.settings import Settings


class LaboratorySettings(Settings):
    """What the laboratory needs to know beyond what every service does."""

    laboratory_mllp_address: str | None = Field(
        None,
        pattern=r"^[^/\s]+:[0-9]{1,5}$",
        description="host:port where results in HL7 v2 are taken by MLLP; it does not listen if absent",
    )
