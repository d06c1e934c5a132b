"""Proxies and certificates from the environment's variables, and their problems.

Desktops set ``ALL_PROXY=socks://...``, and certificate files move: such a variable must fail only
the requests that need it, with an error that names the variable.
"""

import os
import ssl
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies

if TYPE_CHECKING:
    import httpx2

_SOCKS: Final = frozenset({"socks5", "socks5h"})
_HTTP: Final = frozenset({"http", "https"})
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # the first that is set is used


def network_problems() -> list[str]:
    """Return a sentence for each proxy or certificate variable that cannot work."""
    problems: list[str] = []
    if getproxies():  # else importing httpx2 can be avoided
        proxies = _environment_proxies().items()
        problems += [_proxy_problem(pattern, url) for pattern, url in proxies if url is not None]
    if any(os.environ.get(name) for name in _CERTIFICATES):
        from adapters.http.transport.problems import BadEnvironment

        try:
            tls_context()
        except BadEnvironment as error:
            problems.append(str(error))
    return [problem for problem in problems if problem]


def _environment_proxies() -> dict[str, str | None]:
    from httpx2._utils import get_environment_proxies  # no public name gives NO_PROXY's rules

    return get_environment_proxies()


def tls_context(verify: "ssl.SSLContext | bool" = True) -> ssl.SSLContext:  # noqa: FBT002 - as in httpx2
    """Return an SSL context as httpx2 makes it. Blocking: call it in a thread.

    Raises:
        BadEnvironment: the environment names certificates that cannot be read.

    """
    import httpx2

    from adapters.http.transport.problems import BadEnvironment

    try:
        return httpx2.create_ssl_context(verify=verify)
    except OSError as error:
        raise BadEnvironment(_certificate_problem(error)) from error


def proxy_mounts(
    context: "ssl.SSLContext | bool", limits: "httpx2.Limits"
) -> "Mapping[str, httpx2.AsyncBaseTransport | None]":
    """Return the transports for the environment's proxies, by URL pattern.

    The hosts of NO_PROXY have None: no proxy is used.
    """
    import httpx2

    from adapters.http.transport.problems import RefusingTransport

    def through(pattern: str, url: str) -> httpx2.AsyncBaseTransport:
        if problem := _proxy_problem(pattern, url):
            return RefusingTransport(problem)
        try:
            return httpx2.AsyncHTTPTransport(verify=context, limits=limits, proxy=url)
        except OSError as error:
            return RefusingTransport(_certificate_problem(error))

    return {
        pattern: None if url is None else through(pattern, url)
        for pattern, url in _environment_proxies().items()
    }


def _proxy_problem(pattern: str, url: str) -> str:
    """Return why a proxy cannot be used; empty if it can. The URL's password is left out."""
    import httpx2

    variable = f"{pattern.partition(':')[0].upper()}_PROXY"
    try:
        scheme = httpx2.URL(url).scheme
    except httpx2.InvalidURL:
        return f"the variable {variable} names a proxy by what is no address"
    if scheme in _HTTP:
        return ""
    if scheme in _SOCKS:
        has_socks = find_spec("socksio") is not None
        return (
            ""
            if has_socks
            else (f"the variable {variable} names a SOCKS proxy, which needs the package socksio")
        )
    return (
        f"the variable {variable} names a proxy by the scheme {scheme[:20]}://, which is not known:"
        " http://, https://, socks5:// and socks5h:// are"
    )


def _certificate_problem(error: OSError) -> str:
    variable = next((name for name in _CERTIFICATES if os.environ.get(name)), "")
    why = error.strerror or str(error)
    if not variable:
        return f"the certificates of this machine cannot be read ({why})"
    return f"the variable {variable} names certificates that cannot be read ({why})"
