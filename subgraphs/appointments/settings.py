"""The settings of appointments."""

from pydantic import Field, SecretStr

from shared.settings import Settings


class AppointmentsSettings(Settings):
    """What appointments need to know beyond what every service does."""

    calendar_base_url: str = Field(
        pattern=r"^https?://[^/]+",
        description="the public http(s) address of this service, which calendar feeds begin with",
    )
    appointments_feed_key: SecretStr = Field(
        min_length=32, description="a secret of this service, from which those of calendar feeds follow"
    )
