"""Metrics in Prometheus' text exposition format, version 0.0.4.

Written by hand: Prometheus' library counts within one process, and Puerto's figures come from the
database.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.telemetry.measurements import INFINITE, SUM, Sample
from domain.telemetry.metrics import Metric, MetricKind

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]
Row = tuple[str, Labels, float]  # what follows on the metric's name, labels, value


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its rows, which differ in their labels."""

    metric: Metric
    rows: Sequence[Row]


def labelled(metric: Metric, *samples: tuple[tuple[str, ...], float]) -> Family:
    """Return a family of samples: the values of the metric's labels, in their order, and one's."""
    rows = [("", dict(zip(metric.labels, labels, strict=True)), value) for labels, value in samples]
    return Family(metric, rows)


def single(metric: Metric, value: float) -> Family:
    """Return a family of one sample without labels."""
    return Family(metric, [("", {}, value)])


def measured(metrics: Iterable[Metric], samples: Mapping[Sample, float]) -> Iterator[Family]:
    """Yield the families of these metrics from the sums of all workers' samples."""
    series: defaultdict[str, dict[tuple[str, ...], dict[str, float]]] = defaultdict(dict)
    for sample, value in sorted(samples.items()):
        series[sample.metric].setdefault(sample.labels, {})[sample.part] = value
    for metric in metrics:
        fitting = {
            labels: parts
            for labels, parts in series[metric.name].items()
            if len(labels) == len(metric.labels)  # else another version's
        }
        if not metric.labels and not fitting:
            fitting = {(): {}}
        yield Family(metric, list(_rows(metric, fitting)))


def _rows(metric: Metric, series: Mapping[tuple[str, ...], Mapping[str, float]]) -> Iterator[Row]:
    for values, parts in series.items():
        labels = dict(zip(metric.labels, values, strict=True))
        if metric.kind is MetricKind.HISTOGRAM:
            yield from _histogram(metric, labels, parts)
        else:
            yield "", labels, parts.get("", 0)


def _histogram(metric: Metric, labels: Labels, parts: Mapping[str, float]) -> Iterator[Row]:
    """Yield the rows of a histogram; buckets of another version's bounds join the next higher."""
    buckets = sorted((float(part), value) for part, value in parts.items() if part != SUM)
    count = 0.0
    for bound in (*metric.bounds, float("inf")):
        while buckets and buckets[0][0] <= bound:
            count += buckets.pop(0)[1]
        le = INFINITE if bound == float("inf") else str(bound)
        yield "_bucket", {**labels, "le": le}, count
    yield "_sum", labels, parts.get(SUM, 0)
    yield "_count", labels, count


def exposition(families: Iterable[Family]) -> str:
    """Return the families in the text format."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    metric = family.metric
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for suffix, labels, value in family.rows:
        pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        name = f"{metric.name}{suffix}"
        yield f"{name}{{{pairs}}} {value!r}" if pairs else f"{name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
