"""An analyzer that sends what the tests say, and what became of it."""

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from shared.ids import parse_id
from subgraphs.laboratory.hl7.message import Message
from subgraphs.laboratory.service.inbound import receive
from tests.laboratory.conftest import Lab, Member, does
from tests.laboratory.hl7_messages import Field, obx, oru

BORN, SEX = "19400201", "O"  # of those whom `Lab.patient` makes
MESSAGE = """id version status cause content discardReason patient { id } analyzer { id }
  results { nodes { position status cause said analysis { id status } } }"""
_numbers = count(1)


@dataclass(frozen=True)
class Sender:
    """An analyzer of a laboratory."""

    lab: Lab
    id: str
    application: str

    @property
    def head(self) -> dict[str, Field]:
        """What its messages' headers say of it."""
        return {"_3": self.application, "_4": ["FLOOR", "x"]}

    def message(self, patient: UUID, *results: str, order: str, control_id: str = "", **fields: Any) -> bytes:
        """Results of a patient's order."""
        head = self.head | ({"_10": control_id} if control_id else {})
        person: dict[str, Field] = {"_3": [str(patient)], "_7": BORN, "_8": SEX}
        return oru(*results, order=order, head=head, **person | fields)

    async def send(self, content: bytes) -> tuple[str, list[tuple[str, str]]]:
        """MSA-1 of the answer, and code and segment of each ERR."""
        answer = Message(await receive(self.lab.database, content))
        assert answer.segments[1].name == "MSA"
        return answer.segments[1].first(1).text, [(each.first(3)[1], each.first(2)[1]) for each in answer.segments[2:]]

    async def sent(self, content: bytes, verdict: str) -> dict[str, Any]:
        """The message as the technician sees it, once it was sent and answered so."""
        assert (await self.send(content))[0] == verdict
        (found,) = [
            each for each in await self.messages() if each["controlId"] == Message(content).header.first(10).text
        ]
        return found

    async def messages(self, caller: Any = None, **arguments: Any) -> list[dict[str, Any]]:
        """All messages that somebody sees, the newest first."""
        asked = ", ".join(f"{name}: {value}" for name, value in arguments.items())
        query = f"{{ inboundMessages{f'({asked})' if asked else ''} {{ nodes {{ controlId {MESSAGE} }} }} }}"
        found = await (caller or self.lab.technician.caller).data(query)
        return list(found["inboundMessages"]["nodes"])

    async def repair(self, message: dict[str, Any], by: Member | None = None, **fields: Any) -> dict[str, Any]:
        """The payload of a repair."""
        technician = (by or self.lab.technician).caller
        given = {"id": message["id"], "version": message["version"]} | fields
        return await does(technician, "repairInboundMessage", f"inboundMessage {{ {MESSAGE} }}", **given)

    async def repaired(self, message: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """The message after a repair that has to succeed."""
        payload = await self.repair(message, **fields)
        assert payload["__typename"] == "RepairInboundMessageSuccess", payload
        return dict(payload["inboundMessage"])


async def sender(lab: Lab) -> Sender:
    """A new analyzer of the laboratory."""
    application = f"AN{next(_numbers)}"
    saved = await lab.admin.did(
        "saveAnalyzer",
        "analyzer { id }",
        name="Cobas",
        laboratoryId=lab.place,
        application=application,
        facility="FLOOR",
    )
    return Sender(lab, saved["id"], application)


def potassium(loinc: str, value: str = "5.1", **fields: Any) -> str:
    """A result of potassium."""
    return obx(value, _3=[loinc, "Potassium", "LN"], **fields)


def outcome(message: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Status and cause of each result."""
    return [(each["status"], each["cause"]) for each in message["results"]["nodes"]]


def key(text: str, kind: str) -> UUID:
    """The key in an id."""
    found = parse_id(text, kind)
    assert found is not None
    return found
