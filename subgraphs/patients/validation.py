"""From inputs to columns, with all that is wrong said at once."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from shared.database.model import utc_now
from shared.graph.datatypes import AddressInput
from shared.graph.errors import InvalidField, InvalidInput, Refusal
from subgraphs.patients.inputs import (
    CommunicationPreferencesInput,
    ContactPointInput,
    DeceasedInput,
    DemographicsInput,
    EmergencyContactInput,
    OtherNameInput,
    PatientAddressInput,
    PatientIdentifierInput,
)
from subgraphs.patients.numbers import normal_email, normal_phone
from subgraphs.patients.types import ContactPointSystem

MAXIMUM_TEXT = 200
MAXIMUM_ITEMS = 20
# Names are ordered by an index, whose entries have less than 2704 bytes.
MAXIMUM_NAME = 80
MAXIMUM_NAMES = 5
EARLIEST_BIRTH = date(1850, 1, 1)

_COUNTRY = re.compile("[A-Z]{2}")
LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # BCP 47, without its registered exceptions
_TELEPHONES = {ContactPointSystem.PHONE, ContactPointSystem.SMS, ContactPointSystem.FAX}


@contextmanager
def reading() -> "Iterator[Reader]":
    """A reader of one input; leaving the block refuses the input if anything in it was wrong."""
    reader = Reader()
    yield reader
    if reader.problems:
        raise Refusal(InvalidInput(message="The input breaks a rule.", fields=reader.problems))


class Reader:
    """Turns parts of an input into columns and collects what is wrong with them. Paths are dotted, from the input's root."""

    def __init__(self) -> None:
        self.problems: list[InvalidField] = []

    def demographics(self, value: DemographicsInput) -> dict[str, Any]:
        """Columns of `patient`."""
        path = "demographics"
        if not EARLIEST_BIRTH <= value.birth_date <= utc_now().date():
            self._wrong(f"{path}.birthDate", f"It is a day from {EARLIEST_BIRTH} to today.")
        return {
            **self._name(value, path),
            "other_names": [
                {"use": name.use and name.use.value, **self._name(name, f"{path}.otherNames.{index}")}
                for index, name in self._several(value.other_names, f"{path}.otherNames", MAXIMUM_NAMES)
            ],
            "birth_date": value.birth_date,
            "gender": value.gender.value,
            "marital_status": value.marital_status and value.marital_status.value,
        }

    def contact_points(self, values: Sequence[ContactPointInput], country: str | None) -> dict[str, Any]:
        """Columns of `patient`; `country` is that of telephone numbers that name none."""
        points = []
        for index, point in self._several(values, "contactPoints"):
            value = self._text(point.value, f"contactPoints.{index}.value")
            if point.system in _TELEPHONES:
                value = self._phone(value, f"contactPoints.{index}.value", country)
            elif point.system is ContactPointSystem.EMAIL:
                value = self._email(value, f"contactPoints.{index}.value")
            points.append({"system": point.system.value, "value": value, "use": point.use and point.use.value})
        return {"contact_points": points}

    def addresses(self, values: Sequence[PatientAddressInput]) -> dict[str, Any]:
        """Columns of `patient`."""
        addresses = [
            {"use": item.use and item.use.value, **self._address(item.address, f"addresses.{index}.address")}
            for index, item in self._several(values, "addresses")
        ]
        return {"addresses": addresses}

    def emergency_contacts(self, values: Sequence[EmergencyContactInput], country: str | None) -> dict[str, Any]:
        """Columns of `patient`; `country` is that of telephone numbers that name none."""
        contacts = []
        for index, contact in self._several(values, "emergencyContacts"):
            path = f"emergencyContacts.{index}"
            if not contact.phone and not contact.email:
                self._wrong(path, "It needs a telephone number or an email address.")
            contacts.append(
                {
                    "name": self._text(contact.name, f"{path}.name"),
                    "relationship": contact.relationship.value,
                    "phone": self._phone(contact.phone, f"{path}.phone", country) if contact.phone else None,
                    "email": self._email(contact.email, f"{path}.email") if contact.email else None,
                }
            )
        return {"emergency_contacts": contacts}

    def preferences(self, value: CommunicationPreferencesInput) -> dict[str, Any]:
        """Columns of `patient`."""
        path = "communicationPreferences"
        if value.language is not None and not LANGUAGE.fullmatch(value.language):
            self._wrong(f"{path}.language", "It is a language tag of BCP 47, such as en-US.")
        channels = [channel.value for channel in value.channels]
        if len(set(channels)) < len(channels):
            self._wrong(f"{path}.channels", "Each is named once.")
        return {"language": value.language, "preferred_channels": channels, "reminders": value.reminders}

    def deceased(self, value: DeceasedInput) -> dict[str, Any]:
        """Columns of `patient`."""
        if value.at is not None and (not value.deceased or value.at > utc_now()):
            self._wrong("deceased.at", "It is given only for one who has died, and is past.")
        return {"deceased": value.deceased, "deceased_at": value.at}

    def identifiers(self, values: Sequence[PatientIdentifierInput]) -> dict[tuple[str, str], str | None]:
        """Their types by system and value."""
        return {
            (
                self._text(item.system, f"identifiers.{index}.system"),
                self._text(item.value, f"identifiers.{index}.value"),
            ): self._optional(item.type, f"identifiers.{index}.type")
            for index, item in self._several(values, "identifiers")
        }

    def _name(self, value: DemographicsInput | OtherNameInput, path: str) -> dict[str, Any]:
        return {
            "family": self._text(value.family, f"{path}.family", MAXIMUM_NAME),
            "given": [
                self._text(given, f"{path}.given.{index}", MAXIMUM_NAME)
                for index, given in self._several(value.given, f"{path}.given", MAXIMUM_NAMES)
            ],
            "prefix": self._optional(value.prefix, f"{path}.prefix"),
        }

    def _address(self, value: AddressInput, path: str) -> dict[str, Any]:
        if value.country is not None and not _COUNTRY.fullmatch(value.country):
            self._wrong(f"{path}.country", "It is a country code of ISO 3166-1, such as US.")
        return {
            "line": [
                self._text(line, f"{path}.line.{index}") for index, line in self._several(value.line, f"{path}.line")
            ],
            "city": self._optional(value.city, f"{path}.city"),
            "state": self._optional(value.state, f"{path}.state"),
            "postal_code": self._optional(value.postal_code, f"{path}.postalCode"),
            "country": value.country,
        }

    def _phone(self, value: str, path: str, country: str | None) -> str:
        return normal_phone(value, country) or self._wrong(path, "It is a telephone number with its country's prefix.")

    def _email(self, value: str, path: str) -> str:
        return normal_email(value) or self._wrong(path, "It is an email address.")

    def _several(self, values: Sequence[Any], path: str, maximum: int = MAXIMUM_ITEMS) -> Iterator[tuple[int, Any]]:
        if len(values) > maximum:
            self._wrong(path, f"There may be {maximum}.")
        return enumerate(values[:maximum])

    def _text(self, value: str, path: str, maximum: int = MAXIMUM_TEXT) -> str:
        text = " ".join(value.split())
        if not 1 <= len(text) <= maximum:
            return self._wrong(path, f"It has 1 to {maximum} characters.")
        return text

    def _optional(self, value: str | None, path: str) -> str | None:
        return self._text(value, path) if value and value.strip() else None

    def _wrong(self, path: str, message: str) -> str:
        self.problems.append(InvalidField(path=path.split("."), message=message))
        return ""
