"""What every request meets before the application, and every answer after it, refusals included.

Litestar's own middleware does not run where it finds no route; this wraps the application whole.
"""

from __future__ import annotations

from taskcore_http.edge.edge import Edge
from taskcore_http.edge.exchange import (
    Exchange,
    Guard,
    Header,
    Observer,
    Stamp,
    exchange_of,
    leave_mount,
    mount_of,
)

__all__ = [
    "Edge",
    "Exchange",
    "Guard",
    "Header",
    "Observer",
    "Stamp",
    "exchange_of",
    "leave_mount",
    "mount_of",
]
