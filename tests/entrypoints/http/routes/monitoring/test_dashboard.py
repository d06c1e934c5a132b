"""What the dashboard and the documentation ask Prometheus for exists."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.telemetry.metrics import METRICS, MetricKind
from tests.support.pages import ROOT

DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "puerto.json").read_text())
PAGE = (ROOT / "docs" / "how-to" / "monitoring.md").read_text()
LABELS = {
    f"{metric.name}{suffix}": {*metric.labels, *(["le"] if suffix == "_bucket" else [])}
    for metric in METRICS
    for suffix in (("_bucket", "_sum", "_count") if metric.kind is MetricKind.HISTOGRAM else ("",))
}


def expressions_of(dashboard: Any) -> Iterator[str]:
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


EXPRESSIONS = [
    *expressions_of(DASHBOARD),
    *re.findall(r"^\| `(.*puerto_.*)` \|", PAGE, re.MULTILINE),
    *re.findall(r"^histogram_quantile.*$", PAGE, re.MULTILINE),
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_names_metrics_and_labels_that_exist(expression: str) -> None:
    names = re.findall(r"puerto_\w+", expression)
    assert names
    assert set(names) <= LABELS.keys()
    groups = re.findall(r"by \(([^)]*)\)", expression)
    grouped = {word for group in groups for word in group.split(", ")}
    matched = set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expression))
    assert grouped | matched <= set.union(*(LABELS[name] for name in names))


def test_every_panel_has_an_id_a_place_and_legends_of_its_labels() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places)
    targets = [target for panel in panels for target in panel.get("targets", ())]
    assert len(targets) > 20
    for target in targets:
        names = re.findall(r"puerto_\w+", target["expr"])
        known = set.union(*(LABELS[name] for name in names))
        groups = re.findall(r"by \(([^)]*)\)", target["expr"])
        if groups:
            known &= {word for group in groups for word in group.split(", ")}
        assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= known


@pytest.mark.long
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_understands_every_expression(tmp_path: Path) -> None:
    rules = [
        {"record": f"puerto:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(EXPRESSIONS)
    ]
    file = tmp_path / "rules.json"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "puerto", "rules": rules}]}))
    command = ["promtool", "check", "rules", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
