"""Runs operations on an engine, without HTTP."""

import json
from typing import Any

from router.authorization.access import ANONYMOUS, Access
from router.engine import Engine, Prepared, RequestContext


async def run(
    engine: Engine, query: str, variables: dict[str, Any] | None = None, access: Access = ANONYMOUS
) -> dict[str, Any]:
    """The response, decoded."""
    return await run_prepared(engine, engine.prepare(query, access=access), variables)


async def run_prepared(engine: Engine, prepared: Prepared, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The response, decoded."""
    result = await engine.execute(prepared, variables, RequestContext())
    response: dict[str, Any] = json.loads(result.body)
    assert (result.executed, result.failed) == ("data" in response, "errors" in response)
    return response
