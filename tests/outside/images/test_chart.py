"""The chart: what Helm makes of it, and what Kubernetes would say to that."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML brings no types

from entrypoints.settings.loading import load_settings
from tests.outside.images.tools import program, run
from tests.support.service import ROOT

CHART = ROOT / "deploy" / "helm" / "puerto"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
SECRET = ("--set", "existingSecret=agent")
INGRESS = (
    "--set=ingress.enabled=true,ingress.host=agent.example.com,ingress.tlsSecret=tls",
    "--set=ingress.path=/puerto,publicUrl=https://agent.example.com/puerto",
)

pytestmark = pytest.mark.long


def rendered(*options: str, status: int = 0) -> str:
    return run(program("helm"), "template", "agent", CHART, *options, status=status)


def objects(*options: str) -> dict[str, Any]:
    """Return what Helm makes, by kind."""
    made = yaml.safe_load_all(rendered(*SECRET, *options))
    return {each["kind"]: each for each in made if each is not None}


def pod(*options: str) -> Any:
    return objects(*options)["Deployment"]["spec"]["template"]["spec"]


def environment_of(spec: Any) -> dict[str, str]:
    """Return the settings of a pod's container that are no secrets."""
    return {each["name"]: each["value"] for each in spec["containers"][0]["env"] if "value" in each}


def test_helm_finds_no_fault() -> None:
    run(program("helm"), "lint", "--strict", CHART, *SECRET)


@pytest.mark.parametrize(
    "options",
    [
        (),
        INGRESS,
        ("--set=replicas=1,preStopSeconds=0,settings.PUERTO_MAX_STEPS=5",),
        ("--set=image.pullSecrets[0].name=r,nodeSelector.disk=ssd,podLabels.a=b",),
    ],
    ids=["plain", "ingress", "one replica", "placed"],
)
@pytest.mark.parametrize("version", ["1.29", "1.35"])
def test_kubernetes_takes_it(tmp_path: Path, options: tuple[str, ...], version: str) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(rendered(*SECRET, *options))
    check = (program("kubernetes-validate"), "-k", version, "--strict")
    run(*check, manifest)
    manifest.write_text(manifest.read_text().replace("replicas:", "replicaz:"))
    run(*check, manifest, status=1)  # else it looks at nothing


def test_a_pod_has_the_time_that_a_stop_takes() -> None:
    for grace, pause in ((10, 5), (60, 0), (0, 20)):
        spec = pod(f"--set=graceSeconds={grace},preStopSeconds={pause}")
        assert spec["terminationGracePeriodSeconds"] == pause + 2 * grace + 15
        settings = load_settings(environment_of(spec), env_file=None)
        assert settings.grace_seconds == grace


def test_no_pod_leaves_before_another_is_ready() -> None:
    made = objects()
    assert made["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    budget, labels = made["PodDisruptionBudget"]["spec"], made["Deployment"]["spec"]["template"]
    selected = budget["selector"]["matchLabels"].items()
    assert selected <= labels["metadata"]["labels"].items()
    assert made["Service"]["spec"]["selector"].items() == selected
    assert "PodDisruptionBudget" not in objects("--set=replicas=1")  # it could never be drained


def test_a_pod_has_no_right_that_it_does_not_need() -> None:
    made = objects()
    spec = made["Deployment"]["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not spec["automountServiceAccountToken"]
    assert not made["ServiceAccount"]["automountServiceAccountToken"]
    # They would be variables such as PUERTO_PORT, with which Puerto does not start.
    assert not spec["enableServiceLinks"]
    for container in (*spec["initContainers"], *spec["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["image"] == f"puerto:{VERSION}"


def test_secrets_are_a_reference_alone() -> None:
    (container,) = pod()["containers"]
    named = {each["name"]: each.get("valueFrom") for each in container["env"]}
    for name in ("DATABASE_URL", "JWT_SECRET", "ENCRYPTION_KEY"):
        assert named[name] == {"secretKeyRef": {"name": "agent", "key": name}}
    assert container["envFrom"] == [{"secretRef": {"name": "agent"}}]
    assert "existingSecret" in rendered(status=1)
    assert "JWT_SECRET" in rendered(*SECRET, "--set=settings.JWT_SECRET=x", status=1)


def test_settings_reach_the_service_as_they_are(tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(
        "settings:\n  PUERTO_MAX_BODY_BYTES: 16777216\n  PUERTO_ANONYMOUS_SECONDS: 7.5\n"
        "  TRUSTED_PROXIES: 10.0.0.0/8, 127.0.0.1\npublicUrl: https://agent.example.com\n"
    )
    settings = load_settings(environment_of(pod(f"--values={values}")), env_file=None)
    assert settings.max_body_bytes == 16_777_216
    assert settings.anonymous_seconds == 7.5
    assert len(settings.trusted_proxies) == 2
    assert settings.public_address == "https://agent.example.com"


def test_probes_ask_what_answers() -> None:
    (container,) = pod()["containers"]
    paths = {
        name: container[f"{name}Probe"]["httpGet"]["path"]
        for name in ("startup", "liveness", "readiness")
    }
    assert paths == {
        "startup": "/api/live",
        "liveness": "/api/live",
        "readiness": "/api/ready",
    }


def test_an_ingress_lets_streams_through() -> None:
    ingress = objects(*INGRESS)["Ingress"]
    annotations = ingress["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/puerto"
    assert "ingress" in rendered(*SECRET, "--set=ingress.enabled=true", status=1)
