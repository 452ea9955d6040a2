"""What compressing an answer costs, beside nothing: CPU time and bytes by content coding."""

import random
import time
import uuid
from dataclasses import dataclass
from typing import Any

import msgspec

from router.http.compression import CODINGS

_LENGTHS = (8, 100, 350, 3_500)  # of the list, and by it of the answer
_ATTEMPTS = 7
_CALLS = 20


@dataclass(frozen=True)
class Encoded:
    """One answer in one coding: bytes before and after, and CPU-ms, the least of some attempts."""

    coding: str
    plain: int
    encoded: int
    cpu_ms: float


def codings() -> list[Encoded]:
    """Lists of appointments, short and long, in each coding."""
    return [_encoded(name, _answer(length)) for length in _LENGTHS for name in CODINGS]


def _answer(length: int) -> bytes:
    chance = random.Random(0)
    return msgspec.json.encode({"data": {"appointments": {"nodes": [_appointment(chance) for _ in range(length)]}}})


def _appointment(chance: random.Random) -> dict[str, Any]:
    """Ids and times are all different; what they point at is one of few."""
    day, hour = chance.randint(1, 28), chance.randint(7, 18)
    return {
        "id": f"Appointment:{uuid.UUID(int=chance.getrandbits(128))}",
        "startsAt": f"2026-11-{day:02}T{hour:02}:{chance.choice(('00', '15', '30', '45'))}:00+00:00",
        "status": chance.choice(("BOOKED", "FULFILLED", "CANCELLED")),
        "type": {"display": chance.choice(("Check-up", "First visit", "Vaccination"))},
        "practitioner": {"name": {"text": f"Dr. {chance.choice('ABCDEFGH')}"}},
        "location": {"name": "Centre", "timeZone": "Europe/Berlin"},
        "note": None,
    }


def _encoded(name: str, answer: bytes) -> Encoded:
    encode = CODINGS[name].encode
    return Encoded(name, len(answer), len(encode(answer)), min(_cpu_ms(name, answer) for _ in range(_ATTEMPTS)))


def _cpu_ms(name: str, answer: bytes) -> float:
    encode = CODINGS[name].encode
    begin = time.thread_time()
    for _ in range(_CALLS):
        encode(answer)
    return (time.thread_time() - begin) * 1000 / _CALLS
