"""The HTTP/1.1 transport over asyncio, for the models' SDKs and the calls of APIs.

It replaces httpx2's own transport for responses streamed in many small pieces: they cost a third of
the CPU. The SDKs still make the requests and raise their errors. Connections by a proxy use
httpx2's own transport. Importing this package is cheap: its dependencies are imported by the first
client.
"""

from typing import TYPE_CHECKING

from adapters.http.trace_context import add_trace_context

if TYPE_CHECKING:
    import ssl

    import httpx2

_MAX_CONNECTIONS = 1000  # what the SDKs take
_MAX_IDLE = 100
_IDLE_SECONDS = 30.0


def streaming_client(
    timeout: "httpx2.Timeout | float", *, verify: "ssl.SSLContext | bool" = True
) -> "httpx2.AsyncClient":
    """Return a client for an SDK, with the defaults of the SDKs' own clients.

    Proxies are read from the environment as in httpx2, and used by its own transport; an unusable
    proxy fails only the requests that would go through it. Responses are requested uncompressed: a
    compressor buffers pieces. ``timeout`` is in seconds. Blocking (it reads certificates): call it
    in a thread.
    """
    import httpx2

    from adapters.http.transport.environment import proxy_mounts, tls_context
    from adapters.http.transport.problems import BadEnvironment
    from adapters.http.transport.streaming import StreamingTransport

    try:
        context: ssl.SSLContext | bool = tls_context(verify)
    except BadEnvironment:
        context = verify  # a request that needs TLS will raise; others do not need it
    limits = httpx2.Limits(
        max_connections=_MAX_CONNECTIONS,
        max_keepalive_connections=_MAX_IDLE,
        keepalive_expiry=_IDLE_SECONDS,
    )
    return httpx2.AsyncClient(
        transport=StreamingTransport(verify=context, limits=limits),
        mounts=dict(proxy_mounts(context, limits)),
        timeout=timeout,
        event_hooks={"request": [add_trace_context]},
        follow_redirects=True,
        headers={"accept-encoding": "identity"},
    )
