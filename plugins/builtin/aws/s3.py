"""S3: buckets and their objects, listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.builtin.aws.client import client, plain_words, regions

BucketName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket as it is listed."""

    name: str
    created: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it is listed; its size is in bytes."""

    key: str
    size: int
    modified: str
    storage_class: str


@dataclass(frozen=True, slots=True)
class Objects:
    """A page of objects; ``next`` is the token of the page after it, if there is one."""

    objects: Sequence[StoredObject]
    next: str | None


@tool(effect="read", open_world=True, category="aws", timeout=60)
def list_s3_buckets(*, context: ToolContext) -> Sequence[Bucket]:
    """List the S3 buckets (storage) of the AWS account, in all regions."""
    home = regions(context)[0]
    with plain_words(home):
        pages = client(context, "s3", home).get_paginator("list_buckets")
        return [
            Bucket(each["Name"], each["CreationDate"].isoformat())
            for page in pages.paginate(PaginationConfig={"PageSize": _PAGE})
            for each in page["Buckets"]
        ]


@tool(effect="read", open_world=True, category="aws", timeout=60)
def list_s3_objects(
    bucket: BucketName,
    prefix: str = "",
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
    after: str | None = None,
    *,
    context: ToolContext,
) -> Objects:
    """List the objects (files) in an S3 bucket, by key.

    Args:
        bucket: The bucket's name.
        prefix: Only objects whose key begins so, such as logs/2026/.
        limit: How many at most.
        after: Where to go on: `next` of the page before.
        context: gives the settings.

    """
    query: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": limit}
    if after is not None:
        query["ContinuationToken"] = after
    home = regions(context)[0]
    with plain_words(home):
        page = client(context, "s3", home).list_objects_v2(**query)
    objects = [
        StoredObject(
            each["Key"],
            each["Size"],
            each["LastModified"].isoformat(),
            each.get("StorageClass", "STANDARD"),
        )
        for each in page.get("Contents", ())
    ]
    return Objects(objects, page.get("NextContinuationToken"))
