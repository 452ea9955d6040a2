"""What GraphiQL offers in the local stack: the demo accounts to log in as, and examples."""

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from stack import local
from stack.demo.accounts import ACCOUNTS

EXAMPLES = Path(__file__).parent / "examples"
_LOG_IN = """mutation LogIn($email: String!, $password: String!) {
  logIn(input: { email: $email, password: $password }) {
    ... on LogInSuccess { accessToken expiresAt }
    ... on UserError { message }
  }
}"""


def presets(password: str) -> dict[str, Any]:
    """`logIn` answers one field with `accessToken` and `expiresAt`, or with `message`; examples have the dates of today."""
    return {
        "logIn": _LOG_IN,
        "accounts": [
            {"name": account.role.value, "variables": {"email": account.email, "password": password}}
            for account in ACCOUNTS
        ],
        "examples": [
            {"query": path.read_text(), "variables": json.dumps(_variables().get(path.stem, {}), indent=2)}
            for path in sorted(EXAMPLES.glob("*.graphql"))
        ],
    }


def offer(password: str) -> None:
    """Write them down for the router; only their owner may read them."""
    file = local.graphiql_file()
    file.touch(mode=0o600)
    file.write_text(json.dumps(presets(password)))


def _day(after: int) -> str:
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=after), time(), UTC).isoformat()


def _variables() -> dict[str, dict[str, Any]]:
    """By example; ids are for people to fill in."""
    return {
        "2-booking": {
            "practitioner": "Practitioner:…",
            "type": "AppointmentType:…",
            "from": _day(1),
            "to": _day(8),
            "input": {
                "patientId": "Patient:…",
                "practitionerId": "Practitioner:…",
                "typeId": "AppointmentType:…",
                "locationId": "Location:…",
                "startsAt": _day(1),
                "idempotencyKey": "a key of your own",
            },
        },
        "3-day": {"from": _day(0), "to": _day(1)},
    }
