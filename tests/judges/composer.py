"""Apollo's composer as the judge of ours: verdict, error codes and API schema of every fixture and of random graphs."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from router.composition import Composition, compose
from tests.judges.changes import changed, reduced
from tests.judges.node import Node, node, write
from tests.router.composition.broken import BROKEN
from tests.router.composition.graphs import VALID, Graph, subgraphs
from tests.router.execution.authored import subgraphs_of
from tests.router.execution.world import Generator

CHANGES = (0, 1, 1, 1, 2, 3)  # of a random graph, one of these many
SHOWN = 5  # disagreements with their SDL
CRASH = "known: refused here, Apollo's composer fails without a code"
ANSWERED = "known: Apollo's composer refuses what its own planner answers"
UNANSWERED = "known: Apollo's composer takes what its own planner cannot answer"
CONNECTORS = "known: connectors are refused here"
TWICE = "known: Apollo's composer takes what is defined twice"
FOLLOWING = "known: Apollo's composer merges types of different kinds, and reports what is wrong with the result"


async def judge(graphs: int, seed: int) -> bool:
    """Compare all fixtures and so many random graphs; whether nothing differs but what is known."""
    fixtures = [*VALID.values(), *(graph for _, graph in BROKEN)]
    async with node("composer.mjs") as apollo:
        agreed = [
            await _judge(apollo, "fixtures", iter(fixtures)),
            await _judge(apollo, "random", _random(graphs, seed)),
        ]
    return all(agreed)


def _random(graphs: int, seed: int) -> Iterator[Graph]:
    """Worlds and fixtures by turns, most of them with changes."""
    for number in range(seed, seed + graphs):
        rng = random.Random(number)
        graph = subgraphs_of(Generator(rng).world()) if number % 2 else rng.choice(list(VALID.values()))
        for _ in range(rng.choice(CHANGES)):
            graph = changed(graph, rng)
        yield graph


async def _judge(apollo: Node, what: str, graphs: Iterator[Graph]) -> bool:
    outcomes: Counter[str] = Counter()
    for graph in graphs:
        outcome = await _outcome(apollo, graph)
        outcomes[outcome] += 1
        if outcome.startswith("differs") and outcomes[outcome] <= SHOWN:
            small = await _reduced(apollo, graph, outcome) if what == "random" else graph
            write(await _shown(apollo, small, outcome))
    write(f"composer  {what}: {outcomes.total()} graphs")
    for outcome, count in sorted(outcomes.items()):
        write(f"  {count:5} {outcome}")
    return not any(outcome.startswith("differs") for outcome in outcomes)


async def _outcome(apollo: Node, graph: Graph) -> str:
    ours = compose(subgraphs(graph))
    return _compared(ours, await _asked(apollo, graph, ours))


async def _asked(apollo: Node, graph: Graph, ours: Composition) -> dict[str, Any]:
    services = [{"name": one.name, "url": one.url, "sdl": one.sdl} for one in subgraphs(graph)]
    impossible = [found[1] for one in ours.errors if (found := re.search(r"answers (\{.*?\}): ", one.message))]
    job = {"supergraph": ours.supergraph_sdl, "api": ours.api_schema_sdl, "impossible": impossible}
    return await apollo.ask({"subgraphs": services, **job})


def _compared(ours: Composition, theirs: dict[str, Any]) -> str:
    our_codes = {error.code.name for error in ours.errors}
    their_codes = {"a crash"} if "crash" in theirs else set(theirs.get("codes", ()))
    if our_codes == their_codes:
        if len(set(theirs.get("schemas", ()))) > 1:
            return "differs in the API schema"
        return "agrees: refused" if our_codes else "agrees: composed"
    told = (
        f"differs: {' '.join(sorted(our_codes)) or 'composed'}, Apollo: {' '.join(sorted(their_codes)) or 'composed'}"
    )
    return next(_reasons(ours, our_codes, their_codes, theirs), told)


def _reasons(ours: Composition, our_codes: set[str], their_codes: set[str], theirs: dict[str, Any]) -> Iterator[str]:
    """Why Apollo's composer may differ and be wrong."""
    unsatisfiable = {"SATISFIABILITY_ERROR"}
    if our_codes and "crash" in theirs:
        yield CRASH
    if not our_codes and their_codes == unsatisfiable and theirs["answered"]:
        yield ANSWERED
    if not their_codes and our_codes == unsatisfiable and not theirs["answered"]:
        yield UNANSWERED
    if our_codes == {"UNSUPPORTED_FEATURE"}:
        yield CONNECTORS
    if not their_codes and all("can only be defined once" in error.message for error in ours.errors):
        yield TWICE
    if "TYPE_KIND_MISMATCH" in our_codes and our_codes < their_codes:
        yield FOLLOWING


async def _reduced(apollo: Node, graph: Graph, outcome: str) -> Graph:
    """The graph without what the outcome does not need."""
    loop = asyncio.get_running_loop()

    def still(smaller: Graph) -> bool:
        return asyncio.run_coroutine_threadsafe(_outcome(apollo, smaller), loop).result() == outcome

    return await asyncio.to_thread(reduced, graph, still)


async def _shown(apollo: Node, graph: Graph, outcome: str) -> str:
    """The graph, and what both say of it."""
    ours = compose(subgraphs(graph))
    theirs = await _asked(apollo, graph, ours)
    told = [*map(str, ours.errors), *(f"Apollo: {one}" for one in theirs.get("messages", theirs.get("schemas", ())))]
    return "\n".join([outcome, *(f"# {name}\n{sdl}" for name, sdl in graph.items()), *told, ""])
