"""Flights begin a few at a time, in order, each once, and none that nobody waits for."""

import asyncio

from router.http.flights import Flight, Runway
from router.http.protocol import Exchange

MANY = 100


def waiting(flight: Flight) -> Exchange:
    """A client's request that has been read."""
    exchange = Exchange.__new__(Exchange)
    flight.join(exchange)
    return exchange


async def test_flights_begin_in_order_and_not_all_in_one_turn() -> None:
    served: list[Flight] = []
    turns: list[int] = []

    async def serve(flight: Flight, exchange: Exchange) -> None:
        assert flight.exchanges == [exchange]
        served.append(flight)

    runway = Runway(serve)
    flights = [Flight({}, None) for _ in range(MANY)]
    for flight in flights:
        runway.add(flight, waiting(flight))
    while len(served) < MANY:
        before = len(served)
        await asyncio.sleep(0)
        turns.append(len(served) - before)
    assert served == flights
    assert max(turns) < MANY / 3

    late = Flight({}, None)
    runway.add(late, waiting(late))
    await asyncio.sleep(0)
    assert served[-1] is late


async def test_what_nobody_waits_for_does_not_begin() -> None:
    served: list[Flight] = []

    async def serve(flight: Flight, exchange: Exchange) -> None:
        served.append(flight)

    runway = Runway(serve)
    flights = [Flight({}, None) for _ in range(MANY)]
    exchanges = []
    for flight in flights:
        exchanges.append(waiting(flight))
        runway.add(flight, exchanges[-1])
    for exchange in exchanges[MANY // 2 :]:
        assert exchange.gone is not None
        exchange.gone(exchange)
    for _ in range(MANY):
        await asyncio.sleep(0)
    assert served == flights[: MANY // 2]
