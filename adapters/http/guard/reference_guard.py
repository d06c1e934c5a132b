"""The SSRF guard for references in learned documents: an allow-list of hosts, and no others."""

from collections.abc import Sequence
from typing import Final

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guard.urls import UrlTarget, read_url
from domain.shared.errors import AddressRefused
from domain.web.open_hosts import OpenHost

SETTING: Final = "PUERTO_REFERENCE_HOSTS"


class ReferenceGuard(SsrfGuard):
    """Allows only listed hosts, and of these only what the general SSRF guard allows."""

    def __init__(self, open_hosts: Sequence[OpenHost], listed: Sequence[OpenHost]) -> None:
        super().__init__(open_hosts)
        self._listed = tuple(listed)

    def check(self, url: str) -> UrlTarget:
        """Read a URL, and refuse it if its host is not in the list.

        Raises:
            AddressRefused: it is malformed, not in the list, or not open.

        """
        target = read_url(url)
        if not any(_is_about(rule, target) for rule in self._listed):
            raise AddressRefused(
                f"Documents may not refer to {target.authority}. An operator allows that by adding "
                f"it to {SETTING}.",
                details={"host": target.host, "port": target.port, "setting": SETTING},
            )
        return super().check(url)


def _is_about(rule: OpenHost, target: UrlTarget) -> bool:
    if target.address is not None and rule.holds(target.address, target.port):
        return True
    return rule.names(target.host, target.port)
