"""Puts fetches into waves such that those of one subgraph meet in as few requests as possible.

A fetch may start once those it waits for are done, and may wait as long as the plan does not get deeper by it. Every
wave thus has, for each subgraph, one request with the entity fetches that are due, and those that need not wait.
"""

from collections import defaultdict

from router.planning.graph import FetchStep


def schedule(fetches: list[FetchStep]) -> list[list[list[FetchStep]]]:
    """Waves of requests of fetches."""
    earliest = _earliest(fetches)
    latest = _latest(fetches, earliest)
    wave_of: dict[FetchStep, int] = {}
    pending = list(fetches)
    wave = 0
    while pending:
        ready = [fetch for fetch in pending if all(wave_of.get(one, wave) < wave for one in fetch.after)]
        blocked: dict[str, list[int]] = defaultdict(list)
        for fetch in pending:
            if fetch.root is None and earliest[fetch] > wave:
                blocked[fetch.subgraph].append(earliest[fetch])
        due = {fetch.subgraph for fetch in ready if fetch.root is None and latest[fetch] <= wave}
        for fetch in ready:
            meets_later = any(other <= latest[fetch] for other in blocked[fetch.subgraph])
            if fetch.root is not None or fetch.subgraph in due or not meets_later:
                wave_of[fetch] = wave
        pending = [fetch for fetch in pending if fetch not in wave_of]
        wave += 1
    requests: dict[tuple[int, object], list[FetchStep]] = defaultdict(list)
    for fetch in fetches:
        alone = fetch.root is not None or fetch.contexts
        together = (fetch.subgraph, fetch.number) if alone else fetch.subgraph
        requests[wave_of[fetch], together].append(fetch)
    waves: list[list[list[FetchStep]]] = [[] for _ in range(wave)]
    for (number, _), found in requests.items():
        waves[number].append(found)
    return [found for found in waves if found]


def _earliest(fetches: list[FetchStep]) -> dict[FetchStep, int]:
    found: dict[FetchStep, int] = {}

    def level(fetch: FetchStep) -> int:
        if fetch not in found:
            found[fetch] = 1 + max((level(one) for one in fetch.after), default=-1)
        return found[fetch]

    for fetch in fetches:
        level(fetch)
    return found


def _latest(fetches: list[FetchStep], earliest: dict[FetchStep, int]) -> dict[FetchStep, int]:
    last = max(earliest.values(), default=0)
    found = dict.fromkeys(fetches, last)
    for fetch in sorted(fetches, key=lambda one: -earliest[one]):
        for before in fetch.after:
            found[before] = min(found[before], found[fetch] - 1)
    return found
