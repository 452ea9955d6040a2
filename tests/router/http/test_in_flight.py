"""Executions begin a few at a time, in order, each once, and none that nobody waits for."""

import asyncio

from router.http.in_flight import ExecutionScheduler, InFlightExecution
from router.http.protocol import Exchange

MANY = 100


def waiting(execution: InFlightExecution) -> Exchange:
    """A client's request that has been read."""
    exchange = Exchange.__new__(Exchange)
    execution.join(exchange)
    return exchange


async def test_executions_begin_in_order_and_not_all_in_one_turn() -> None:
    served: list[InFlightExecution] = []
    turns: list[int] = []

    async def serve(execution: InFlightExecution, exchange: Exchange) -> None:
        assert execution.exchanges == [exchange]
        served.append(execution)

    scheduler = ExecutionScheduler(serve)
    executions = [InFlightExecution({}, None) for _ in range(MANY)]
    for execution in executions:
        scheduler.add(execution, waiting(execution))
    while len(served) < MANY:
        before = len(served)
        await asyncio.sleep(0)
        turns.append(len(served) - before)
    assert served == executions
    assert max(turns) < MANY / 3

    late = InFlightExecution({}, None)
    scheduler.add(late, waiting(late))
    await asyncio.sleep(0)
    assert served[-1] is late


async def test_what_nobody_waits_for_does_not_begin() -> None:
    served: list[InFlightExecution] = []

    async def serve(execution: InFlightExecution, exchange: Exchange) -> None:
        served.append(execution)

    scheduler = ExecutionScheduler(serve)
    executions = [InFlightExecution({}, None) for _ in range(MANY)]
    exchanges = []
    for execution in executions:
        exchanges.append(waiting(execution))
        scheduler.add(execution, exchanges[-1])
    for exchange in exchanges[MANY // 2 :]:
        assert exchange.on_disconnect is not None
        exchange.on_disconnect(exchange)
    for _ in range(MANY):
        await asyncio.sleep(0)
    assert served == executions[: MANY // 2]
