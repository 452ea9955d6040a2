"""Domain events as CloudEvents 1.0 in JSON.

`caregraph.<domain>.<what-happened>.v<version>` names a type. What is published is never changed: a new shape is a new
version. Events carry identifiers and codes only, never a name, free text or a clinical value.
"""

import re
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.database.model import utc_now
from shared.ids import new_id

CONTENT_TYPE = "application/cloudevents+json"

_TYPE = re.compile(r"^caregraph\.(?P<domain>[a-z]+)\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*$")


class Event(BaseModel):
    """The data of an event. A subclass names its type, and the field that is its key: what has one key stays in order.

    The publisher's class says all that the event carries; a consumer declares what it needs of it in a class of its own.
    What is `fleeting` leaves the outbox as soon as it is published.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    type: ClassVar[str]
    key: ClassVar[str]
    fleeting: ClassVar[bool]

    def __init_subclass__(cls, type: str = "", key: str = "", fleeting: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not _TYPE.match(type):
            raise TypeError(f"{type} is not caregraph.<domain>.<what-happened>.v<version>")
        cls.type, cls.key, cls.fleeting = type, key, fleeting

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if cls.key not in cls.model_fields:
            raise TypeError(f"{cls.__name__} has no field `{cls.key}` to be its key")

    @classmethod
    def domain(cls) -> str:
        """The domain in whose topic it is: the publisher's, or one of its own for what few may read."""
        return cls.type.split(".")[1]


E = TypeVar("E", bound=Event)


class InvalidEvent(Exception):
    """A message is not the event that it says it is; the text names fields, never values."""


class CloudEvent(BaseModel):
    """The envelope, structured mode (CloudEvents 1.0, JSON format)."""

    specversion: str = Field("1.0", pattern=r"^1\.0$")
    id: UUID = Field(default_factory=new_id)
    source: str
    type: str
    subject: str
    time: datetime = Field(default_factory=utc_now)
    datacontenttype: str = "application/json"
    traceparent: str | None = None
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event, traceparent: str | None = None) -> "CloudEvent":
        """The envelope around an event's data."""
        data = event.model_dump(mode="json", by_alias=True)
        subject = str(getattr(event, event.key))
        return cls(source=f"/{event.domain()}", type=event.type, subject=subject, data=data, traceparent=traceparent)

    def encode(self) -> bytes:
        """As bytes on the wire."""
        return orjson.dumps({**self.model_dump(mode="json", exclude_none=True, exclude={"data"}), "data": self.data})

    @classmethod
    def decode(cls, raw: bytes) -> "CloudEvent":
        """From bytes on the wire; raises InvalidEvent."""
        try:
            return cls.model_validate(orjson.loads(raw))
        except (ValidationError, ValueError) as error:
            raise InvalidEvent(f"not a CloudEvent: {_fields(error)}") from None


def read_data(envelope: CloudEvent, kind: type[E]) -> E:
    """The data of an event as a consumer's class; raises InvalidEvent."""
    try:
        return kind.model_validate(envelope.data)
    except ValidationError as error:
        raise InvalidEvent(f"{envelope.type}: {_fields(error)}") from None


def _fields(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "not JSON"
    return ", ".join(f"{'.'.join(map(str, item['loc']))} ({item['type']})" for item in error.errors())
