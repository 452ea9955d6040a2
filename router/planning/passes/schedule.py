"""Puts fetches into stages such that those of one subgraph meet in as few requests as possible.

A fetch may start once those it waits for are done, and may wait as long as the plan does not get deeper by it. Every
stage thus has, for each subgraph, one request with the entity fetches that are due, and those that need not wait.
"""

from collections import defaultdict

from router.planning.graph import Fetch


def schedule(fetches: list[Fetch]) -> list[list[list[Fetch]]]:
    """Stages of requests of fetches."""
    earliest = _earliest(fetches)
    latest = _latest(fetches, earliest)
    stage_of: dict[Fetch, int] = {}
    for stage in range(max(latest.values(), default=-1) + 1):
        ready = [
            fetch
            for fetch in fetches
            if fetch not in stage_of and all(one in stage_of and stage_of[one] < stage for one in fetch.after)
        ]
        due = {(fetch.subgraph, fetch.root) for fetch in ready if latest[fetch] <= stage}
        for fetch in ready:
            later = _meets_later(fetch, fetches, stage_of, earliest, latest, stage)
            if (fetch.subgraph, fetch.root) in due or not later:
                stage_of[fetch] = stage
    requests: dict[tuple[int, object], list[Fetch]] = defaultdict(list)
    for fetch in fetches:
        together = fetch.subgraph if fetch.root is None else (fetch.subgraph, fetch.number)
        requests[stage_of[fetch], together].append(fetch)
    count = max(stage_of.values(), default=-1) + 1
    return [[found for (stage, _), found in requests.items() if stage == number] for number in range(count)]


def _earliest(fetches: list[Fetch]) -> dict[Fetch, int]:
    found: dict[Fetch, int] = {}

    def level(fetch: Fetch) -> int:
        if fetch not in found:
            found[fetch] = 1 + max((level(one) for one in fetch.after), default=-1)
        return found[fetch]

    for fetch in fetches:
        level(fetch)
    return found


def _latest(fetches: list[Fetch], earliest: dict[Fetch, int]) -> dict[Fetch, int]:
    last = max(earliest.values(), default=0)
    found: dict[Fetch, int] = {}
    for fetch in sorted(fetches, key=lambda one: -earliest[one]):
        waiting = [found[one] - 1 for one in fetches if fetch in one.after]
        found[fetch] = min(waiting, default=last)
    return found


def _meets_later(
    fetch: Fetch,
    fetches: list[Fetch],
    stage_of: dict[Fetch, int],
    earliest: dict[Fetch, int],
    latest: dict[Fetch, int],
    stage: int,
) -> bool:
    """Whether another fetch of the subgraph cannot start yet, but will while this one may still wait."""
    return fetch.root is None and any(
        one is not fetch
        and one.root is None
        and one.subgraph == fetch.subgraph
        and one not in stage_of
        and stage < earliest[one] <= latest[fetch]
        for one in fetches
    )
