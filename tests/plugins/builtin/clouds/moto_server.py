"""A local AWS: moto's server, and what a process needs to take it for the real one."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

REGION: Final = "eu-west-1"
OTHER: Final = "us-east-1"


@dataclass(frozen=True)
class LocalAws:
    """The server, and the variables that lead there."""

    url: str

    @property
    def variables(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "any-will-do",
            "AWS_REGIONS": f"{REGION},{OTHER}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @cache  # noqa: B019  there is one server, and clients are slow to make
    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client of boto3's own making, for what a test sets up and looks at."""
        variables = self.variables
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )

    def post(self, path: str, body: bytes = b"") -> None:
        """Ask moto itself for something."""
        headers = {"Content-Type": "text/plain"}
        request = Request(f"{self.url}/moto-api/{path}", body, headers, method="POST")
        with urlopen(request, timeout=60):
            pass

    def reset(self) -> None:
        """Forget everything."""
        self.post("reset")

    def run(self, *names: str, region: str = REGION) -> Sequence[str]:
        """Start an instance of each name, and return their ids."""
        ec2 = self.client("ec2", region)
        return [
            ec2.run_instances(
                ImageId="ami-12345678",
                MinCount=1,
                MaxCount=1,
                TagSpecifications=[
                    {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}
                ],
            )["Instances"][0]["InstanceId"]
            for name in names
        ]

    def states(self, region: str = REGION) -> dict[str, str]:
        """Return the state of each instance."""
        answer = self.client("ec2", region).describe_instances()
        found = [each for some in answer["Reservations"] for each in some["Instances"]]
        return {each["InstanceId"]: each["State"]["Name"] for each in found}

    def alarm(self, name: str, state: str = "OK", region: str = REGION) -> None:
        """Make an alarm if there is none of the name, and put it in this state."""
        cloudwatch = self.client("cloudwatch", region)
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/EC2",
            MetricName="CPUUtilization",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=90,
            ComparisonOperator="GreaterThanThreshold",
        )
        self.set_alarm(name, state, region)

    def set_alarm(self, name: str, state: str, region: str = REGION) -> None:
        self.client("cloudwatch", region).set_alarm_state(
            AlarmName=name, StateValue=state, StateReason="Somebody says so."
        )


@contextmanager
def local_aws() -> Iterator[LocalAws]:
    """Run the server on a free port."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it logs each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield LocalAws(f"http://{host}:{port}")
    finally:
        server.stop()
