"""Mutations that are sent again under one idempotency key."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.harness.caller import Caller


async def check_repeating(
    caller: Caller,
    name: str,
    asked: str,
    given: dict[str, Any],
    other: dict[str, Any] | None,
    effects: Callable[[], Awaitable[int]],
) -> dict[str, Any]:
    """A mutation twice at once and once more under a key does once what it does, and answers the same; `other` is refused.

    `asked` is what is asked of its success, `effects` counts what it has done. Gives the answer.
    """
    kind = f"{name[0].upper()}{name[1:]}"
    query = f"""mutation($input: {kind}Input!) {{ {name}(input: $input) {{
        __typename ... on {kind}Success {{ {asked} }} ... on UserError {{ code message }} }} }}"""

    async def send(**changes: Any) -> dict[str, Any]:
        data = await caller.data(query, input=given | {"idempotencyKey": f"{name} 1"} | changes)
        return dict(data[name])

    before = await effects()
    first, second = await asyncio.gather(send(), send())
    assert first["__typename"] == f"{kind}Success", first
    done = await effects()
    assert done > before
    assert [second, await send()] == [first, first]
    if other is not None:
        assert (await send(**other))["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await effects() == done
    return first
