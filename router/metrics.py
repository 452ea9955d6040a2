"""Counts and durations for Prometheus, for what happens many times a request.

The library's own take locks, at several microseconds an observation. These are counted by one thread, the event loop's.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import REGISTRY, Histogram
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

_BOUNDS = Histogram.DEFAULT_BUCKETS  # in seconds, ends with infinity


class Counts(Collector):
    """A counter with labels."""

    def __init__(self, name: str, documentation: str, labels: tuple[str, ...]) -> None:
        self._about = (name, documentation)
        self._labels = labels
        self._counts: dict[tuple[str, ...], int] = defaultdict(int)
        REGISTRY.register(self)

    def add(self, *labels: str) -> None:
        self._counts[labels] += 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(*self._about, labels=self._labels)
        for labels, count in self._counts.items():
            family.add_metric(labels, count)
        yield family


class Durations(Collector):
    """A histogram with labels."""

    def __init__(self, name: str, documentation: str, labels: tuple[str, ...]) -> None:
        self._about = (name, documentation)
        self._labels = labels
        self._sums: dict[tuple[str, ...], float] = defaultdict(float)
        self._counts: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * len(_BOUNDS))
        REGISTRY.register(self)

    def observe(self, seconds: float, *labels: str) -> None:
        self._sums[labels] += seconds
        self._counts[labels][bisect_left(_BOUNDS, seconds)] += 1

    def collect(self) -> Iterator[HistogramMetricFamily]:
        family = HistogramMetricFamily(*self._about, labels=self._labels)
        for labels, counts in self._counts.items():
            buckets = zip(map(floatToGoString, _BOUNDS), accumulate(counts), strict=True)
            family.add_metric(labels, list(buckets), self._sums[labels])
        yield family
