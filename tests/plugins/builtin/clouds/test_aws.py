"""The plugin aws, through boto3, against moto's server."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.monitoring.alerts import Severity
from domain.shared.errors import InvalidArguments, ToolFailed
from domain.tools.tool import Effect
from plugins.builtin import aws as plugin
from plugins.builtin.aws import ec2
from plugins.builtin.aws.cloudwatch import get_cloudwatch_alarms, get_cloudwatch_metrics
from plugins.builtin.aws.costs import get_aws_costs
from plugins.builtin.aws.s3 import list_s3_buckets, list_s3_objects
from plugins.builtin.aws.watching import aws_alerts, aws_figures
from plugins.host.host import PluginHost
from tests.plugins.builtin.clouds.conftest import InCloud, Run
from tests.plugins.builtin.clouds.moto_server import OTHER, REGION, LocalAws

STRANGER = "i-00000000000000000"


def test_the_plugin_brings_its_tools_with_their_effects() -> None:
    host = PluginHost()
    info = host.register(plugin, "aws")
    assert info.reason == ""
    effects = {tool.spec.name: tool.spec.effect for tool in host.tools()}
    changing = {name for name, effect in effects.items() if effect is not Effect.READ}
    assert changing == {"start_ec2_instances", "stop_ec2_instances"}
    assert effects["stop_ec2_instances"] is Effect.DESTRUCTIVE
    assert {tool.spec.category for tool in host.tools()} == {"aws"}
    assert len(effects) == 9


async def test_instances_of_all_regions_and_pages(
    aws: LocalAws, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ec2, "_PAGE", 5)  # the least that AWS takes
    here = aws.run(*(f"web-{n}" for n in range(7)))
    (there,) = aws.run("db", region=OTHER)
    found = await run(ec2.list_ec2_instances)
    assert [each["id"] for each in found] == [*here, there]
    assert {(each["name"], each["region"], each["state"]) for each in found} > {
        ("web-0", REGION, "running"),
        ("db", OTHER, "running"),
    }
    assert [each["id"] for each in await run(ec2.list_ec2_instances, region=OTHER)] == [there]
    assert await run(ec2.list_ec2_instances, state="stopped") == []


async def test_an_instance_is_found_in_its_region_and_described(aws: LocalAws, run: Run) -> None:
    (instance,) = aws.run("db", region=OTHER)
    told = await run(ec2.describe_ec2_instance, instance_id=instance)
    assert (told["instance"]["id"], told["instance"]["region"]) == (instance, OTHER)
    assert told["tags"] == {"Name": "db"}
    assert told["disks"][0]["volume"].startswith("vol-")


async def test_stopping_and_starting_exactly_those(aws: LocalAws, run: Run) -> None:
    first, second = aws.run("one", "two")
    (third,) = aws.run("three", region=OTHER)
    for _ in range(2):  # the second time nothing changes
        changes = await run(ec2.stop_ec2_instances, instance_ids=[first, third, first])
        assert {each["id"] for each in changes} == {first, third}
        assert aws.states() == {first: "stopped", second: "running"}
        assert aws.states(OTHER) == {third: "stopped"}
    (change,) = await run(ec2.start_ec2_instances, instance_ids=[first], region=REGION)
    assert (change["before"], change["now"]) == ("stopped", "pending")
    assert aws.states()[first] == "running"


async def test_nothing_is_stopped_when_one_is_not_there(aws: LocalAws, run: Run) -> None:
    (instance,) = aws.run("one")
    with pytest.raises(ToolFailed, match=f"no instance {STRANGER} in {REGION}, {OTHER}"):
        await run(ec2.stop_ec2_instances, instance_ids=[instance, STRANGER])
    assert aws.states() == {instance: "running"}
    with pytest.raises(InvalidArguments):
        await run(ec2.stop_ec2_instances, instance_ids=[])


async def test_whoever_is_asked_sees_the_instances_by_name(aws: LocalAws, shown: Run) -> None:
    (first,) = aws.run("web")
    (second,) = aws.run("db", region=OTHER)
    preview = await shown(ec2.stop_ec2_instances, instance_ids=[first, second, first])
    assert preview.what == "Stop EC2 instances"
    assert preview.target == f"web ({first}) in {REGION}, db ({second}) in {OTHER}"
    assert (preview.amount, preview.reversible) == ("2 machines", True)
    assert "memory" in preview.details[0]
    preview = await shown(ec2.start_ec2_instances, instance_ids=[STRANGER])
    assert (preview.what, preview.target) == ("Start EC2 instances", "")
    assert preview.details == [f"There is no instance {STRANGER} in {REGION}, {OTHER}."]


async def test_what_an_operator_sets_is_used_at_once(aws: LocalAws, in_cloud: InCloud) -> None:
    aws.run("web")
    (there,) = aws.run("db", region=OTHER)

    async def listed(**stored: Any) -> list[str]:
        tool = ec2.list_ec2_instances
        found = await tool.run(tool.check({}), in_cloud("aws", **stored))
        return [each["id"] for each in found]

    assert await listed(regions=[OTHER]) == [there]
    iam = aws.client("iam")
    iam.create_user(UserName="set")
    key = iam.create_access_key(UserName="set")["AccessKey"]
    aws.post("reset-auth", b"0")
    try:
        with pytest.raises(ToolFailed, match="does not accept the credentials"):
            await listed()
        with pytest.raises(ToolFailed, match="must grant it"):
            await listed(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    finally:
        aws.post("reset-auth", b"Infinity")


def test_results_have_a_schema() -> None:
    properties: Any = (ec2.describe_ec2_instance.spec.output_schema or {})["properties"]
    assert properties["disks"]["type"] == "array"


async def test_buckets_and_pages_of_objects(aws: LocalAws, run: Run) -> None:
    s3 = aws.client("s3", OTHER)
    s3.create_bucket(Bucket="reports")
    for number in range(5):
        s3.put_object(Bucket="reports", Key=f"2026/{number}", Body=b"x" * number)
    s3.put_object(Bucket="reports", Key="other", Body=b"")
    assert [each["name"] for each in await run(list_s3_buckets)] == ["reports"]
    seen: list[Any] = []
    page: dict[str, Any] = {"next": None}
    while page.get("objects") is None or page["next"]:
        page = await run(
            list_s3_objects, bucket="reports", prefix="2026/", limit=2, after=page["next"]
        )
        seen += page["objects"]
    assert [(each["key"], each["size"]) for each in seen] == [(f"2026/{n}", n) for n in range(5)]
    with pytest.raises(ToolFailed, match="NoSuchBucket"):
        await run(list_s3_objects, bucket="nobodys")


async def test_alarms_and_metrics(aws: LocalAws, run: Run) -> None:
    aws.alarm("cpu", "ALARM")
    aws.alarm("disk", region=OTHER)
    names = [(each["name"], each["state"]) for each in await run(get_cloudwatch_alarms)]
    assert names == [("cpu", "ALARM"), ("disk", "OK")]
    (raised,) = await run(get_cloudwatch_alarms, state="ALARM")
    assert (raised["reason"], raised["metric"]) == ("Somebody says so.", "CPUUtilization")

    dimension = {"Name": "InstanceId", "Value": STRANGER}
    aws.client("cloudwatch").put_metric_data(
        Namespace="Ours",
        MetricData=[
            {
                "MetricName": "load",
                "Dimensions": [dimension],
                "Value": value,
                "Timestamp": datetime.now(UTC) - timedelta(minutes=5),
            }
            for value in (1.0, 4.0)
        ],
    )
    asked = {"name": "InstanceId", "value": STRANGER}
    here, there = await run(
        get_cloudwatch_metrics,
        namespace="Ours",
        metric="load",
        dimensions=[asked],
        statistic="Maximum",
    )
    assert ([point["value"] for point in here["points"]], there["points"]) == ([4.0], [])


async def test_costs_are_added_up(aws: LocalAws, run: Run) -> None:
    days = [
        {
            "TimePeriod": {"Start": "2026-01-01", "End": "2026-01-02"},
            "Groups": [
                {"Keys": [name], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "EUR"}}}
                for name, amount in (("S3", "0.104"), ("EC2", "10.10"))
            ],
        }
    ] * 2
    aws.post(
        "static/ce/cost-and-usage-results",
        json.dumps({"results": [{"ResultsByTime": days}]}).encode(),
    )
    told = await run(get_aws_costs, days=2)
    assert (told["total"], told["currency"]) == (20.41, "EUR")
    assert told["costs"] == [{"name": "EC2", "amount": 20.2}, {"name": "S3", "amount": 0.21}]


async def test_figures_and_alerts(aws: LocalAws, in_cloud: InCloud) -> None:
    context = in_cloud("aws")
    first, _ = aws.run("one", "two")
    aws.client("ec2").stop_instances(InstanceIds=[first])
    aws.client("ec2").terminate_instances(InstanceIds=aws.run("gone"))
    assert aws_figures(context=context) == {"aws_instances": 2, "aws_instances_running": 1}

    aws.alarm("cpu", "ALARM")
    aws.alarm("muted", "ALARM", OTHER)
    aws.client("cloudwatch", OTHER).disable_alarm_actions(AlarmNames=["muted"])
    aws.alarm("new", "INSUFFICIENT_DATA")
    aws.alarm("TargetTracking-table/x-AlarmLow", "ALARM")
    severities = {alert.title: alert.severity for alert in aws_alerts(context=context)}
    assert severities == {
        f"cpu ({REGION})": Severity.CRITICAL,
        f"muted ({OTHER})": Severity.WARNING,
        f"new ({REGION})": Severity.OK,
    }


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "has no credentials for AWS. Its"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS .us-east-1. did not answer"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "refused: Invalid endpoint"),
        ({"AWS_REGIONS": ""}, "No AWS region is configured: name one, or let the operator"),
    ],
)
async def test_what_the_operator_must_mend_is_said(
    aws: LocalAws,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    forget_clients: Callable[[], None],
    variables: dict[str, str],
    message: str,
) -> None:
    monkeypatch.setenv("AWS_REGIONS", OTHER)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
        if not value:
            monkeypatch.delenv(name)
    forget_clients()
    with pytest.raises(ToolFailed, match=message):
        await run(ec2.list_ec2_instances)


async def test_what_is_not_granted_is_said(
    aws: LocalAws,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    forget_clients: Callable[[], None],
) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="puerto")
    key = iam.create_access_key(UserName="puerto")["AccessKey"]
    aws.post("reset-auth", b"0")
    try:
        with pytest.raises(ToolFailed, match=r"does not accept the credentials.*AuthFailure"):
            await run(ec2.list_ec2_instances)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        forget_clients()
        with pytest.raises(ToolFailed, match=r"administrator.*must grant it.*DescribeInstances"):
            await run(ec2.list_ec2_instances)
        with pytest.raises(ToolFailed, match=r"administrator.*must grant it.*AccessDenied"):
            await run(list_s3_buckets)
    finally:
        aws.post("reset-auth", b"Infinity")
