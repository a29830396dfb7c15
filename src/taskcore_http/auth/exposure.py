"""Without authentication a server is for its own machine."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskcore_http.settings import Settings


def require_safe(settings: Settings, address: str) -> None:
    """Return if the server may listen on the IP address; raise ``ValueError`` if it must not."""
    if settings.auth == "off" and not settings.insecure_no_auth and not _is_loopback(address):
        raise ValueError(
            f"with authentication off it would be open to anybody on {settings.host}: "
            "set TASKCORE_AUTH=jwt, or say --insecure-no-auth"
        )


def _is_loopback(address: str) -> bool:
    ip = ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback
