"""The service listens where its settings say; what it answers is stored, and what was not answered comes again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import ValidationError
from sqlalchemy import func
from sqlmodel import col, select

from shared.ids import new_id
from subgraphs.laboratory.hl7.message import Message
from subgraphs.laboratory.hl7.mllp import listening
from subgraphs.laboratory.listener import open_listener
from subgraphs.laboratory.models import CriticalNotice, InboundMessage, InboundResult, LabResult
from subgraphs.laboratory.service.inbound import receive
from subgraphs.laboratory.settings import LaboratorySettings
from tests.harness.databases import stored
from tests.harness.serving import free_socket
from tests.laboratory.conftest import Lab, loinc
from tests.laboratory.inbound import potassium, sender

_SECONDS = 10
_DIES_BEFORE_IT_ANSWERS = """
import asyncio, sys
from shared.command import main
from subgraphs.laboratory import listener

store = listener.receive

async def receive(database, content):
    await store(database, content)
    print("STORED", flush=True)
    await asyncio.Event().wait()

listener.receive = receive
sys.argv = ["laboratory", "subgraphs.laboratory.app"]
main()
"""


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


@asynccontextmanager
async def service_that_never_answers(lab: Lab, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of the laboratory's service, which listens at a port, stores what comes, says so, and then hangs."""
    settings = lab.clinic.service("laboratory").settings.model_dump(exclude_none=True)
    given = {
        name.upper(): getattr(value, "get_secret_value", lambda value=value: str(value))()
        for name, value in settings.items()
    }
    bound = free_socket()
    given |= {"LABORATORY_MLLP_ADDRESS": f"127.0.0.1:{port}", "PORT": str(bound.getsockname()[1])}
    bound.close()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DIES_BEFORE_IT_ANSWERS, env=os.environ | given, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_process_that_is_killed_between_commit_and_answer_doubles_nothing(lab: Lab) -> None:
    test = await lab.test(loinc=(code := loinc()))
    await lab.range(test, criticalHigh=6)
    patient, _ = await lab.patient()
    order = await lab.received(await lab.doctor(patient), patient, test)
    analyzer = await sender(lab)
    content = analyzer.message(patient, potassium(code, "6.4"), order=order["number"])
    bound = free_socket()
    port = bound.getsockname()[1]
    bound.close()
    async with service_that_never_answers(lab, port) as process:
        asked = asyncio.create_task(exchange_once_it_listens(port, content))
        assert process.stdout is not None
        async with asyncio.timeout(30):
            while b"STORED" not in await process.stdout.readline():
                assert not process.stdout.at_eof()
        os.kill(process.pid, signal.SIGKILL)
        assert await asked is None
    runtime = lab.clinic.service("laboratory").runtime
    settings = runtime.settings.model_copy(update={"laboratory_mllp_address": f"127.0.0.1:{port}"})
    async with open_listener(replace(runtime, settings=settings)):
        assert [await exchange(port, content) for _ in range(2)] == ["AA", "AA"]
    assert await count(lab) == 1
    async with stored(lab.database) as session:
        for model in (LabResult, CriticalNotice, InboundResult):
            mine = select(func.count()).select_from(model).where(col(model.patient_id) == patient)
            assert await session.scalar(mine) == 1
    told = [each for each in await lab.told("critical-raised") if each["patientId"] == str(patient)]
    assert len(told) == 1


async def exchange_once_it_listens(port: int, content: bytes) -> str | None:
    """MSA-1 of the answer; None if the other side is gone before it."""
    while True:
        try:
            return await exchange(port, content)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
        except ConnectionResetError:
            return None
