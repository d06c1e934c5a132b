"""EC2: instances listed, described, started and stopped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from domain.shared.errors import ToolFailed
from domain.tools.context import PluginContext
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.builtin.aws.client import client, plain_words, regions
from plugins.builtin.clouds.orders import each_in_turn
from plugins.builtin.clouds.previews import start_and_stop

InstanceId = Annotated[str, Field(pattern=r"^i-[0-9a-f]{8,32}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]+$")]
InstanceIds = Annotated[list[InstanceId], Field(min_length=1, max_length=50)]
State = Literal["pending", "running", "shutting-down", "terminated", "stopping", "stopped"]

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as it is listed."""

    id: str
    name: str
    state: str
    type: str
    region: str
    zone: str
    private_ip: str | None
    public_ip: str | None
    launched: str


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk of an instance."""

    device: str
    volume: str | None


@dataclass(frozen=True, slots=True)
class InstanceDetails:
    """All about an instance."""

    instance: Instance
    image: str | None
    key_name: str | None
    vpc: str | None
    subnet: str | None
    security_groups: Sequence[str]
    disks: Sequence[Disk]
    role: str | None
    tags: Mapping[str, str]
    state_reason: str | None


@dataclass(frozen=True, slots=True)
class InstanceChange:
    """The change of an instance's state by a start or stop."""

    id: str
    region: str
    before: str
    now: str


@tool(effect="read", open_world=True, category="aws", timeout=60)
def list_ec2_instances(
    region: Region | None = None, state: State | None = None, *, context: ToolContext
) -> Sequence[Instance]:
    """List the EC2 instances (virtual machines) of the AWS account.

    Args:
        region: An AWS region, such as eu-west-1. Without it, all regions that are configured.
        state: Only instances in this state.
        context: gives the settings.

    """
    filters = [{"Name": "instance-state-name", "Values": [state]}] if state else []
    return [
        _instance(described, each)
        for each in regions(context, region)
        for described in instances(context, each, filters)
    ]


@tool(effect="read", open_world=True, category="aws", timeout=60)
def describe_ec2_instance(
    instance_id: InstanceId, region: Region | None = None, *, context: ToolContext
) -> InstanceDetails:
    """Tell all about one EC2 instance: network, disks, image, tags, and why it is in its state.

    Args:
        instance_id: Its id, such as i-0123456789abcdef0.
        region: Its region. Without it, all regions that are configured are searched.
        context: gives the settings.

    """
    located = _located(context, [instance_id], region)
    ((home, (described,)),) = located.items()
    return InstanceDetails(
        instance=_instance(described, home),
        image=described.get("ImageId"),
        key_name=described.get("KeyName"),
        vpc=described.get("VpcId"),
        subnet=described.get("SubnetId"),
        security_groups=[group["GroupName"] for group in described.get("SecurityGroups", ())],
        disks=[
            Disk(disk["DeviceName"], disk.get("Ebs", {}).get("VolumeId"))
            for disk in described.get("BlockDeviceMappings", ())
        ],
        role=described.get("IamInstanceProfile", {}).get("Arn"),
        tags=_tags(described),
        state_reason=described.get("StateReason", {}).get("Message"),
    )


def _seen(instance_ids: InstanceIds, region: Region | None, context: ToolContext) -> Sequence[str]:
    located = _located(context, instance_ids, region)
    found = [_instance(each, home) for home, some in located.items() for each in some]
    return [f"{each.name} ({each.id}) in {each.region}".lstrip() for each in found]


_start, _stop = start_and_stop("EC2 instances", _seen)


@tool(effect="write", open_world=True, category="aws", timeout=60, preview=_start)
def start_ec2_instances(
    instance_ids: InstanceIds, region: Region | None = None, *, context: ToolContext
) -> Sequence[InstanceChange]:
    """Start EC2 instances that are stopped. They cost money from then on.

    Args:
        instance_ids: Their ids. If one does not exist, none is started.
        region: Their region. Without it, all regions that are configured are searched.
        context: gives the settings.

    """
    return _ordered(context, instance_ids, region, "start_instances", "StartingInstances")


@tool(effect="destructive", open_world=True, category="aws", timeout=60, preview=_stop)
def stop_ec2_instances(
    instance_ids: InstanceIds, region: Region | None = None, *, context: ToolContext
) -> Sequence[InstanceChange]:
    """Stop (shut down) EC2 instances that are running.

    What runs on them ends; what is in memory and on instance-store disks is lost.

    Args:
        instance_ids: Their ids. If one does not exist, none is stopped.
        region: Their region. Without it, all regions that are configured are searched.
        context: gives the settings.

    """
    return _ordered(context, instance_ids, region, "stop_instances", "StoppingInstances")


def instances(
    context: PluginContext, region: str, filters: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Mapping[str, Any]]:
    """Yield the instances of a region, page by page, as AWS describes them."""
    with plain_words(region):
        pages = client(context, "ec2", region).get_paginator("describe_instances")
        for page in pages.paginate(Filters=list(filters), PaginationConfig={"PageSize": _PAGE}):
            for reservation in page["Reservations"]:
                yield from reservation["Instances"]


def _ordered(
    context: ToolContext, ids: Sequence[str], region: str | None, method: str, key: str
) -> Sequence[InstanceChange]:
    """Call a method once for each region of the instances, without waiting for the effect.

    ``key`` is that of the changes in the answer.
    """
    located = _located(context, ids, region)

    def order(one_region: str) -> Sequence[InstanceChange]:
        in_region = [each["InstanceId"] for each in located[one_region]]
        with plain_words(one_region):
            answer = getattr(client(context, "ec2", one_region), method)(InstanceIds=in_region)
        return [_change(each, one_region) for each in answer[key]]

    done = each_in_turn(located, order, lambda one_region: f"the instances in {one_region}")
    return [change for changes in done for change in changes]


def _located(
    context: PluginContext, ids: Sequence[str], region: str | None
) -> Mapping[str, list[Mapping[str, Any]]]:
    """Return the instances of these ids by region.

    Raises:
        ToolFailed: an instance does not exist; the message names it, and the searched regions.

    """
    searched = regions(context, region)
    filters = [{"Name": "instance-id", "Values": list(dict.fromkeys(ids))}]
    by_region = {each: list(instances(context, each, filters)) for each in searched}
    known = {each["InstanceId"] for some in by_region.values() for each in some}
    if missing := [each for each in ids if each not in known]:
        raise ToolFailed(f"There is no instance {', '.join(missing)} in {', '.join(searched)}.")
    return {each: some for each, some in by_region.items() if some}


def _instance(described: Mapping[str, Any], region: str) -> Instance:
    return Instance(
        id=described["InstanceId"],
        name=_tags(described).get("Name", ""),
        state=described["State"]["Name"],
        type=described["InstanceType"],
        region=region,
        zone=described.get("Placement", {}).get("AvailabilityZone", ""),
        private_ip=described.get("PrivateIpAddress"),
        public_ip=described.get("PublicIpAddress"),
        launched=described["LaunchTime"].isoformat(),
    )


def _tags(described: Mapping[str, Any]) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags", ())}


def _change(change: Mapping[str, Any], region: str) -> InstanceChange:
    before, now = change["PreviousState"]["Name"], change["CurrentState"]["Name"]
    return InstanceChange(change["InstanceId"], region, before=before, now=now)
