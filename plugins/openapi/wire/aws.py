"""AWS Signature Version 4 of requests, by the signer of botocore.

botocore comes with the extra ``aws``, and is imported when the first request is signed.
"""

import re
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from domain.learning.api.credentials import AwsKeys
from domain.shared.errors import ToolFailed
from domain.web.ports import WebRequest

_HOST: Final = re.compile(
    r"(?:.+\.)?(?P<service>[a-z0-9-]+)\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?"
)
_GLOBAL: Final = re.compile(r"(?:.+\.)?(?P<service>[a-z0-9-]+)\.amazonaws\.com")
_GLOBAL_REGION: Final = "us-east-1"


def signed(request: WebRequest, keys: AwsKeys, service: str) -> WebRequest:
    """Return the signed request. Must be called in a thread, since it may import botocore.

    ``service`` is the signing name in the document; that in the credentials takes precedence, and
    the host name is the fallback.

    Raises:
        ToolFailed: botocore is not installed, or the service or region is not known.

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
    regional = _HOST.fullmatch(host)
    global_match = None if regional else _GLOBAL.fullmatch(host)
    match = regional or global_match
    name = keys.service or service or (match["service"] if match else "")
    region = keys.region or (
        regional["region"] if regional else _GLOBAL_REGION if global_match else ""
    )
    if not name or not region:
        raise ToolFailed(
            f"Nobody says which service and region of AWS {host} is: "
            "give service and region with the credentials."
        )
    return name, region
