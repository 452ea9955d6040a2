"""HAPI HL7v2 as a judge: an analyzer made of it sends to a laboratory that runs. Needs Java 11 and Maven."""

import asyncio
import shutil
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256

from tests.judges.node import ENVIRONMENT, HERE, WORK, write

JARS = WORK / "hapi"
TESTS = "tests/judges/hapi_sends.py"


async def judge(graphs: int, seed: int) -> bool:
    """Let HAPI's analyzer send all that is in its tests; whether each answer, and what came of it, is as it should be."""
    if shutil.which("mvn") is None or shutil.which("javac") is None:
        write("hapi: left out, since it needs Java 11 and Maven")
        return True
    await _make()
    return await _run(sys.executable, "-m", "pytest", "-v", "--no-header", TESTS) == 0


async def _make() -> None:
    """The analyzer and the jars that it needs, each as the lock has it."""
    shutil.rmtree(JARS, ignore_errors=True)
    goal = ("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={JARS}")
    if await _run("mvn", "-q", "-B", "-f", str(HERE / "hapi.pom.xml"), *goal):
        raise RuntimeError("Maven has not found HAPI")
    found = {path.name: sha256(path.read_bytes()).hexdigest() for path in JARS.glob("*.jar")}
    lines = (HERE / "hapi.lock").read_text().splitlines()
    if found != dict(line.split() for line in lines if not line.startswith("#")):
        raise RuntimeError("the jars are others than those of hapi.lock")
    if await _run("javac", "-cp", f"{JARS}/*", "-d", str(JARS), str(HERE / "Analyzer.java")):
        raise RuntimeError("the analyzer does not compile")


async def _run(*command: str) -> int:
    process = await asyncio.create_subprocess_exec(*command, cwd=HERE.parents[1], env=ENVIRONMENT)
    return await process.wait()


@dataclass(frozen=True)
class Result:
    """A result: what of, by a LOINC code, as OBX-2 has it, and what it says; repetitions are lines."""

    code: str
    value: str
    kind: str = "NM"
    status: str = "F"
    unit: str = ""
    note: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """As the analyzer reads it."""
        return self.code, self.kind, self.value, self.status, self.unit, self.note


class Analyzer:
    """HAPI's analyzer, by a connection of its own."""

    def __init__(self, process: asyncio.subprocess.Process, application: str) -> None:
        self._process, self.application = process, application

    async def send(
        self,
        control_id: str,
        patient: str,
        order: str,
        *results: Result,
        born: str = "19400201",
        sex: str = "O",
        reported: str = "20261130101500+0100",
    ) -> list[str]:
        """MSA-1, MSA-2 and the codes of the errors of the answer, as HAPI reads them."""
        given = [self.application, control_id, patient, born, sex, order, reported]
        given += [each for result in results for each in result.fields]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\t".join(b64encode(each.encode()).decode() for each in given).encode() + b"\n")
        async with asyncio.timeout(60):
            await self._process.stdin.drain()
            return (await self._process.stdout.readline()).decode().rstrip("\n").split("\t")


@asynccontextmanager
async def analyzer(port: int, application: str) -> AsyncIterator[Analyzer]:
    """An analyzer that is connected to a port of this machine."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *("java", "-cp", f"{JARS}/*:{JARS}", "Analyzer", str(port)),
        cwd=JARS,  # where HAPI keeps a file of the ids that it has given
        stdin=pipe,
        stdout=pipe,
        limit=1024 * 1024,
    )
    try:
        yield Analyzer(process, application)
    finally:
        process.kill()
        await process.wait()
