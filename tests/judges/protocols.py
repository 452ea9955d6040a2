"""graphql-http's audit of GraphQL over HTTP, and the reference clients of graphql-sse and graphql-ws, as judges."""

import asyncio

from tests.judges.node import ENVIRONMENT, WORK
from tests.router.http.graph import running


async def judge(graphs: int, seed: int) -> bool:
    """Run them against a router of our own, which is always the same; whether all are content."""
    async with running({"telemetry": {"access_log": False}}) as graph:
        process = await asyncio.create_subprocess_exec("node", "protocols.mjs", graph.url, cwd=WORK, env=ENVIRONMENT)
        return await process.wait() == 0
