"""Settings of learned APIs: allowed hosts, the size limit of documents, the refresh interval."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings

from entrypoints.settings.values import check_open_host, split_list

Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(check_open_host)], ...], BeforeValidator(split_list)
]


class LearnedApiSettings(BaseSettings):
    """Settings of learned APIs."""

    max_document_bytes: int = Field(
        16 * 1024 * 1024,
        ge=1024,
        le=50_000_000,
        validation_alias="PUERTO_MAX_DOCUMENT_BYTES",
        description="Largest OpenAPI document that is learned, in bytes, sent or fetched.",
    )
    open_hosts: Hosts = Field(
        (),
        validation_alias="PUERTO_OPEN_HOSTS",
        description="Hosts outside of the public internet that learned APIs and plugins may call, "
        "separated by commas: `intranet.example`, `*.intranet.example`, `10.0.0.5:8080`, "
        "`10.1.0.0/16`. Not set: none.",
    )
    refresh_hours: float = Field(
        0.0,
        ge=0,
        le=8760,
        validation_alias="PUERTO_REFRESH_HOURS",
        description="After how many hours the document of a learned API that has an address is "
        "read again. What breaks something waits to be accepted. 0: only when asked.",
    )
    reference_hosts: Hosts = Field(
        (),
        validation_alias="PUERTO_REFERENCE_HOSTS",
        description="Hosts whose documents are fetched where a learned document refers to them, "
        "separated by commas: `specs.example`, `*.specs.example`, `specs.example:8443`. Those "
        "outside of the public internet must be in `PUERTO_OPEN_HOSTS`, too. Not set: none.",
    )
