"""Kinds of value that commands are made of: each is checked, bounded and brought to one form where it is read."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Annotated, Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from shared.errors import Problem
from shared.ids import parse_id

TEXT_LENGTH = Problem("TEXT_LENGTH", "It has {minimum} to {maximum} characters.")
CHARACTER = Problem("CHARACTER", "It holds a character that is no part of a text.")
INVALID_ID = Problem("INVALID_ID", "It is no id of {resource}.")
EMAIL = Problem("EMAIL", "It is an email address.")
TELEPHONE = Problem("TELEPHONE", "It is a telephone number with its country's prefix.")
LANGUAGE = Problem("LANGUAGE", "It is a language tag of BCP 47, such as en-US.")
COUNTRY = Problem("COUNTRY", "It is a country code of ISO 3166-1, such as US.")
TIME_ZONE = Problem("TIME_ZONE", "It is a canonical name of the IANA time zone database, such as Europe/Berlin.")
PARTIAL_DATE = Problem("PARTIAL_DATE", "It is a year or a month, such as 1980 or 1980-05.")
KNOWN_DATE = Problem("KNOWN_DATE", "It is a day, a month or a year, such as 1980-05-04, 1980-05 or 1980.")
FUTURE_TIME = Problem("FUTURE_TIME", "It is not in the future.")
LOCAL_TIME = Problem("LOCAL_TIME", "It is a time by the clock on the wall, without a time zone.")

_AHEAD = timedelta(minutes=5)  # how far clocks may differ

MAXIMUM_TEXT = 200
MAXIMUM_LONG_TEXT = 2000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]")
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # BCP 47, without its registered exceptions
_COUNTRY = re.compile("[A-Z]{2}")
_PARTIAL_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2]))?")  # https://hl7.org/fhir/R4/datatypes.html#date


def wrong(problem: Problem, **parameters: Any) -> PydanticCustomError:
    """What a validator of a command's field raises."""
    return PydanticCustomError(problem.code, problem.message, parameters)


def text(maximum: int = MAXIMUM_TEXT, minimum: int = 1, *, lines: bool = False) -> Any:
    """A validator of text within bounds. White space is one blank, but for `lines`, whose breaks stay."""

    def check(value: str) -> str:
        result = value.strip() if lines else " ".join(value.split())
        if _CONTROL.search(value):
            raise wrong(CHARACTER)
        if not minimum <= len(result) <= maximum:
            raise wrong(TEXT_LENGTH, minimum=minimum, maximum=maximum)
        return result

    return AfterValidator(check)


def id_of(resource: str) -> Any:
    """A validator of ids of a type of the graph, which become keys."""

    def parse(value: object) -> object:
        if not isinstance(value, str):
            return value
        key = parse_id(value, resource)
        if key is None:
            raise wrong(INVALID_ID, resource=resource)
        return key

    return BeforeValidator(parse)


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _matching(pattern: re.Pattern[str], problem: Problem) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise wrong(problem)
        return value

    return check


def normal_phone(value: str, country: str | None = None) -> str | None:
    """A telephone number in E.164's form, with `;ext=` and its extension as in RFC 3966 if it has one.

    None if it is none, or has no country's prefix and no country is known.
    """
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{written};ext={number.extension}" if number.extension else written


def normal_email(value: str) -> str | None:
    """An email address in its normal form; None if it is none. Whether anybody reads it is not checked."""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _email(value: str) -> str:
    found = normal_email(value)
    if found is None:
        raise wrong(EMAIL)
    return found


def _phone(value: str) -> str:
    found = normal_phone(value)
    if found is None:
        raise wrong(TELEPHONE)
    return found


@cache
def time_zones() -> Mapping[str, str]:
    """The names of the time zone database, each with the canonical one: a zone's own, or a place's in `zone.tab`.

    Links are other names of zones. `Factory` is no zone; what a system has besides, such as `localtime`, is no name.
    """
    files = resources.files("tzdata") / "zoneinfo"
    lines = [line.split(" ") for line in (files / "tzdata.zi").read_text().splitlines()]
    places = [line.split("\t")[2] for line in (files / "zone.tab").read_text().splitlines() if not line.startswith("#")]
    zones = {words[1] for words in lines if words[0] == "Z"} - {"Factory"} | {"UTC", *places}
    links = {words[2]: words[1] for words in lines if words[0] == "L"}
    return links | {zone: zone for zone in zones}


def _time_zone(value: str) -> str:
    if time_zones().get(value) != value:
        raise wrong(TIME_ZONE)
    return value


def _local_time(value: time) -> time:
    if value.tzinfo is not None:
        raise wrong(LOCAL_TIME)
    return value


def _past(value: datetime) -> datetime:
    if value > datetime.now(UTC) + _AHEAD:
        raise wrong(FUTURE_TIME)
    return value


def is_known_date(value: str) -> bool:
    """Whether a text is a date as precise as it is known: https://hl7.org/fhir/R4/datatypes.html#date."""
    if len(value) < len("1980-05-04"):
        return _PARTIAL_DATE.fullmatch(value) is not None
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _known_date(value: str) -> str:
    if not is_known_date(value):
        raise wrong(KNOWN_DATE)
    return value


def language_tag(value: str) -> bool:
    """Whether a text is a language tag (BCP 47)."""
    return bool(_LANGUAGE.fullmatch(value))


def share_a_name(one: tuple[str, Sequence[str]], other: tuple[str, Sequence[str]]) -> bool:
    """Whether two names, family and given, have their family name or first given name in common."""
    (family, given), (other_family, other_given) = one, other
    firsts = {name.casefold() for name in given[:1]} & {name.casefold() for name in other_given[:1]}
    return family.casefold() == other_family.casefold() or bool(firsts)


Text = Annotated[str, text()]
LongText = Annotated[str, text(MAXIMUM_LONG_TEXT, lines=True)]
ClientKey = Annotated[str, text()]
Email = Annotated[str, AfterValidator(_email)]
Phone = Annotated[str, AfterValidator(_phone)]
Language = Annotated[str, AfterValidator(_matching(_LANGUAGE, LANGUAGE))]
PartialDate = Annotated[str, AfterValidator(_matching(_PARTIAL_DATE, PARTIAL_DATE))]
KnownDate = Annotated[str, AfterValidator(_known_date)]
Country = Annotated[str, AfterValidator(_matching(_COUNTRY, COUNTRY))]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
PastTime = Annotated[datetime, AfterValidator(_past)]
LocalTime = Annotated[time, AfterValidator(_local_time)]
OptionalText = Annotated[Text | None, BeforeValidator(_blank_is_none)]
"""Text, or nothing where it is blank."""
