"""Requests signed as AWS wants it (Signature Version 4), by the signer of botocore.

It comes with the extra ``aws``, and is loaded when the first request is to be signed.
"""

import re
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from domain.learning.credentials import AwsKeys
from domain.shared.errors import ToolFailed
from domain.web.ports import WebRequest

_HOST: Final = re.compile(
    r"(?:.+\.)?(?P<service>[a-z0-9-]+)\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?"
)
_GLOBAL: Final = re.compile(r"(?:.+\.)?(?P<service>[a-z0-9-]+)\.amazonaws\.com")
_GLOBAL_REGION: Final = "us-east-1"


def signed(request: WebRequest, keys: AwsKeys, service: str) -> WebRequest:
    """Return a request with its signature; work for a thread, which may load the library.

    ``service`` is its name for signing, as the document has it; the credentials' own counts more,
    and the host's name is asked last.

    Raises:
        ToolFailed: the library is not installed, or nobody says which service or region it is.

    """
    try:
        from botocore.auth import S3SigV4Auth, SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
    except ImportError as error:
        raise ToolFailed(
            "The API wants requests that are signed for AWS, which needs: pip install 'puerto[aws]'"
        ) from error
    name, region = _where(request, keys, service)
    signer: Any = S3SigV4Auth if name == "s3" else SigV4Auth
    made = AWSRequest(request.method, request.url, headers=dict(request.headers), data=request.body)
    secret = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)
    signer(secret, name, region).add_auth(made)
    return replace(request, headers=tuple(made.headers.items()))


def _where(request: WebRequest, keys: AwsKeys, service: str) -> tuple[str, str]:
    """Return the service and the region that a request is signed for."""
    host = (urlsplit(request.url).hostname or "").lower()
    named = _HOST.fullmatch(host)
    everywhere = None if named else _GLOBAL.fullmatch(host)
    found = named or everywhere
    name = keys.service or service or (found["service"] if found else "")
    region = keys.region or (named["region"] if named else _GLOBAL_REGION if everywhere else "")
    if not name or not region:
        raise ToolFailed(
            f"Nobody says which service and region of AWS {host} is: "
            "give service and region with the credentials."
        )
    return name, region
