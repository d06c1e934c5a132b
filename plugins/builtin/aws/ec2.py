"""EC2: instances listed, described, started and stopped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from domain.shared.errors import ToolFailed
from plugins.authoring.tool import tool
from plugins.builtin.aws.client import client, plain_words, regions
from plugins.builtin.clouds.orders import each_in_turn

InstanceId = Annotated[str, Field(pattern=r"^i-[0-9a-f]{8,32}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]+$")]
InstanceIds = Annotated[list[InstanceId], Field(min_length=1, max_length=50)]
State = Literal["pending", "running", "shutting-down", "terminated", "stopping", "stopped"]

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Instance:
    """What a list shows of an instance."""

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
class Change:
    """What a start or stop did to an instance."""

    id: str
    region: str
    before: str
    now: str


@tool(effect="read", open_world=True, category="aws", timeout=60)
def list_ec2_instances(
    region: Region | None = None, state: State | None = None
) -> Sequence[Instance]:
    """List the EC2 instances (virtual machines) of the AWS account.

    Args:
        region: An AWS region, such as eu-west-1. Without it, all regions that are configured.
        state: Only instances in this state.

    """
    filters = [{"Name": "instance-state-name", "Values": [state]}] if state else []
    return [_shown(found, each) for each in regions(region) for found in instances(each, filters)]


@tool(effect="read", open_world=True, category="aws", timeout=60)
def describe_ec2_instance(instance_id: InstanceId, region: Region | None = None) -> dict[str, Any]:
    """Tell all about one EC2 instance: network, disks, image, tags, and why it is in its state.

    Args:
        instance_id: Its id, such as i-0123456789abcdef0.
        region: Its region. Without it, all regions that are configured are searched.

    """
    ((place, (found,)),) = _located([instance_id], region).items()
    shown = _shown(found, place)
    return {
        "instance": shown,
        "image": found.get("ImageId"),
        "key_name": found.get("KeyName"),
        "vpc": found.get("VpcId"),
        "subnet": found.get("SubnetId"),
        "security_groups": [group["GroupName"] for group in found.get("SecurityGroups", ())],
        "disks": [
            {"device": disk["DeviceName"], "volume": disk.get("Ebs", {}).get("VolumeId")}
            for disk in found.get("BlockDeviceMappings", ())
        ],
        "role": found.get("IamInstanceProfile", {}).get("Arn"),
        "tags": _tags(found),
        "state_reason": found.get("StateReason", {}).get("Message"),
    }


@tool(effect="write", open_world=True, category="aws", timeout=60)
def start_ec2_instances(
    instance_ids: InstanceIds, region: Region | None = None
) -> Sequence[Change]:
    """Start EC2 instances that are stopped. They cost money from then on.

    Args:
        instance_ids: Their ids. If one does not exist, none is started.
        region: Their region. Without it, all regions that are configured are searched.

    """
    return _ordered(instance_ids, region, "start_instances", "StartingInstances")


@tool(effect="destructive", open_world=True, category="aws", timeout=60)
def stop_ec2_instances(instance_ids: InstanceIds, region: Region | None = None) -> Sequence[Change]:
    """Stop (shut down) EC2 instances that are running.

    What runs on them ends; what is in memory and on instance-store disks is lost.

    Args:
        instance_ids: Their ids. If one does not exist, none is stopped.
        region: Their region. Without it, all regions that are configured are searched.

    """
    return _ordered(instance_ids, region, "stop_instances", "StoppingInstances")


def instances(
    region: str, filters: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Mapping[str, Any]]:
    """Yield the instances of a region, page by page, as AWS describes them."""
    with plain_words(region):
        pages = client("ec2", region).get_paginator("describe_instances")
        for page in pages.paginate(Filters=list(filters), PaginationConfig={"PageSize": _PAGE}):
            for reservation in page["Reservations"]:
                yield from reservation["Instances"]


def _ordered(ids: Sequence[str], region: str | None, method: str, told: str) -> Sequence[Change]:
    """Tell AWS what to do, once for each region, and do not wait until it is done."""
    located = _located(list(dict.fromkeys(ids)), region)

    def order(place: str) -> Sequence[Change]:
        there = [each["InstanceId"] for each in located[place]]
        with plain_words(place):
            answer = getattr(client("ec2", place), method)(InstanceIds=there)
        return [_change(each, place) for each in answer[told]]

    done = each_in_turn(located, order, lambda place: f"the instances in {place}")
    return [change for changes in done for change in changes]


def _located(ids: Sequence[str], region: str | None) -> Mapping[str, list[Mapping[str, Any]]]:
    """Return the instances of these ids by region.

    Raises:
        ToolFailed: one is nowhere; the message names it, and where it was looked for.

    """
    places = regions(region)
    filters = [{"Name": "instance-id", "Values": list(ids)}]
    found = {each: list(instances(each, filters)) for each in places}
    known = {each["InstanceId"] for some in found.values() for each in some}
    if missing := [each for each in ids if each not in known]:
        raise ToolFailed(f"There is no instance {', '.join(missing)} in {', '.join(places)}.")
    return {place: some for place, some in found.items() if some}


def _shown(found: Mapping[str, Any], region: str) -> Instance:
    return Instance(
        id=found["InstanceId"],
        name=_tags(found).get("Name", ""),
        state=found["State"]["Name"],
        type=found["InstanceType"],
        region=region,
        zone=found.get("Placement", {}).get("AvailabilityZone", ""),
        private_ip=found.get("PrivateIpAddress"),
        public_ip=found.get("PublicIpAddress"),
        launched=found["LaunchTime"].isoformat(),
    )


def _tags(found: Mapping[str, Any]) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}


def _change(told: Mapping[str, Any], region: str) -> Change:
    before, now = told["PreviousState"]["Name"], told["CurrentState"]["Name"]
    return Change(told["InstanceId"], region, before=before, now=now)
