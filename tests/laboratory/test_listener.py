"""The service listens where its settings say; what it answers is stored, and what was not answered comes again."""

import asyncio
from dataclasses import replace

import pytest
from pydantic import ValidationError
from sqlalchemy import func
from sqlmodel import col, select

from shared.ids import new_id
from subgraphs.laboratory.hl7.message import Message
from subgraphs.laboratory.hl7.mllp import listening
from subgraphs.laboratory.listener import open_listener
from subgraphs.laboratory.models import InboundMessage
from subgraphs.laboratory.service.inbound import receive
from subgraphs.laboratory.settings import LaboratorySettings
from tests.harness.databases import stored
from tests.harness.serving import free_socket
from tests.laboratory.conftest import Lab, loinc
from tests.laboratory.inbound import potassium, sender

_SECONDS = 10


async def exchange(port: int, content: bytes) -> str | None:
    """MSA-1 of the answer to a message; None without an answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\x0b" + content + b"\x1c\r")
    async with asyncio.timeout(_SECONDS):
        try:
            answer = await reader.readuntil(b"\x1c\r")
        except asyncio.IncompleteReadError:
            return None
        finally:
            writer.close()
    return Message(answer[1:-2]).segments[1].first(1).text


async def count(lab: Lab) -> int:
    async with stored(lab.database) as session:
        mine = col(InboundMessage.laboratory_id) == lab.location
        return int(await session.scalar(select(func.count()).where(mine)) or 0)


async def test_it_listens_where_its_settings_say(lab: Lab) -> None:
    bound = free_socket()
    port = bound.getsockname()[1]
    bound.close()
    runtime = lab.clinic.service("laboratory").runtime
    settings = runtime.settings.model_copy(update={"laboratory_mllp_address": f"127.0.0.1:{port}"})
    analyzer = await sender(lab)
    content = analyzer.message(new_id(), potassium(loinc()), order="4711")
    async with open_listener(replace(runtime, settings=settings)):
        assert [await exchange(port, each) for each in (content, b"what?", content)] == ["AE", "AR", "AE"]
    assert await count(lab) == 1
    with pytest.raises(ConnectionRefusedError):
        await exchange(port, content)


def test_an_address_is_host_and_port() -> None:
    with pytest.raises(ValidationError, match="laboratory_mllp_address"):
        LaboratorySettings(laboratory_mllp_address="somewhere", database_url="postgresql://x")


async def test_what_ends_between_commit_and_answer_is_answered_when_it_comes_again(lab: Lab) -> None:
    analyzer = await sender(lab)
    content = analyzer.message(new_id(), potassium(loinc()), order="4711")
    ends = [True]

    async def answer(asked: bytes) -> bytes:
        answered = await receive(lab.database, asked)
        if ends.pop():
            raise ConnectionResetError
        return answered

    async with listening("127.0.0.1", 0, answer) as server:
        port = server.sockets[0].getsockname()[1]
        assert await exchange(port, content) is None
        assert await count(lab) == 1
        ends.append(False)
        assert await exchange(port, content) == "AE"
        assert await count(lab) == 1
