"""The wire under the models' SDKs and the calls of APIs: HTTP/1.1 over asyncio.

It is made for answers that come in many small pieces: they cost a third of the CPU that they cost
on the stock transport of httpx2, in whose place it stands. The SDKs keep requests, keys and errors.
A proxy is the stock transport's business. Importing this costs nothing: what it needs comes with
the first client.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    import httpx2

_MAX_CONNECTIONS = 1000  # what the SDKs take
_MAX_IDLE = 100
_IDLE_SECONDS = 30.0


def streaming_client(
    timeout: "httpx2.Timeout | float", *, verify: "ssl.SSLContext | bool" = True
) -> "httpx2.AsyncClient":
    """Return a client for an SDK, with the defaults that the SDKs' own clients have.

    Proxies are read from the environment as httpx2 reads them, and reached by its own transport;
    one that cannot be used fails those requests alone that would go through it.
    Answers are asked for uncompressed: a compressor holds pieces back. ``timeout`` is in seconds.
    Slow (certificates are read): call it in a thread.
    """
    import httpx2

    from adapters.http.transport.environment import proxy_mounts, tls_context
    from adapters.http.transport.problems import BadEnvironment
    from adapters.http.transport.streaming import StreamingTransport

    try:
        context: ssl.SSLContext | bool = tls_context(verify)
    except BadEnvironment:
        context = verify  # told to the request that needs it: one without TLS does not
    limits = httpx2.Limits(
        max_connections=_MAX_CONNECTIONS,
        max_keepalive_connections=_MAX_IDLE,
        keepalive_expiry=_IDLE_SECONDS,
    )
    return httpx2.AsyncClient(
        transport=StreamingTransport(verify=context, limits=limits),
        mounts=dict(proxy_mounts(context, limits)),
        timeout=timeout,
        follow_redirects=True,
        headers={"accept-encoding": "identity"},
    )
