"""Measurements: what one worker counted and timed since its last heartbeat stored it."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from domain.shared.json_values import storable
from domain.shared.text import shorten
from domain.telemetry.metrics import MEASURED, Metric

MOST_VALUES: Final = 100  # of an open label that are told apart
OTHER: Final = "other"
SUM: Final = "sum"  # the part of a histogram beside its buckets
INFINITE: Final = "+Inf"

_LABEL_LENGTH: Final = 100  # characters
_MEASURED: Final = {metric.name: metric for metric in MEASURED}


class Sample(NamedTuple):
    """One number of a metric, which adds up over workers.

    ``part`` is empty for a counter; for a histogram the upper bound of a bucket, whose number does
    not include those of lower ones, or `SUM`.
    """

    metric: str
    labels: tuple[str, ...]
    part: str


class Measurements:
    """The counters and histograms of one worker, of which only differences are stored.

    A label that can have any value is cut off at `MOST_VALUES` of them; further ones are `OTHER`.
    """

    def __init__(self) -> None:
        self._numbers: defaultdict[Sample, float] = defaultdict(float)
        self._values: defaultdict[str, set[str]] = defaultdict(set)  # of open labels, by metric
        self._parts: dict[str, tuple[str, ...]] = {}

    def count(self, metric: Metric, *labels: str, number: float = 1) -> None:
        """Add to a counter, whose labels' values are given in their order."""
        self._numbers[Sample(metric.name, self._bounded(metric, labels), "")] += number

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Add one value to a histogram."""
        labels = self._bounded(metric, labels)
        part = self._parts_of(metric)[bisect_left(metric.bounds, value)]
        self._numbers[Sample(metric.name, labels, part)] += 1
        self._numbers[Sample(metric.name, labels, SUM)] += value

    def take(self) -> Mapping[Sample, float]:
        """Return the changes since the last call, and reset them."""
        taken, self._numbers = self._numbers, defaultdict(float)
        return taken

    def give_back(self, samples: Mapping[Sample, float]) -> None:
        """Add changes back that were taken and could not be stored."""
        for sample, number in samples.items():
            self._numbers[sample] += number

    def recall(self, samples: Iterable[Sample]) -> None:
        """Tell the values of open labels in stored samples apart, so that restarts add none."""
        for sample in samples:
            metric = _MEASURED.get(sample.metric)
            if metric is not None and metric.open_label:
                labels = dict(zip(metric.labels, sample.labels, strict=False))
                self._values[metric.name].add(labels.get(metric.open_label, OTHER))

    def _bounded(self, metric: Metric, labels: tuple[str, ...]) -> tuple[str, ...]:
        if not metric.open_label:
            return labels
        place = metric.labels.index(metric.open_label)
        value, known = labels[place], self._values[metric.name]
        if value not in known:
            value = storable(shorten(value, _LABEL_LENGTH)) if len(known) < MOST_VALUES else OTHER
            known.add(value)
        return (*labels[:place], value, *labels[place + 1 :])

    def _parts_of(self, metric: Metric) -> tuple[str, ...]:
        if metric.name not in self._parts:
            self._parts[metric.name] = (*map(str, metric.bounds), INFINITE)
        return self._parts[metric.name]
