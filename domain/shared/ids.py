"""Identifiers: UUID version 7 (RFC 9562, section 5.7), so that they sort by time."""

import os
import time
from uuid import UUID


def new_id() -> str:
    """Return a new UUIDv7 in its canonical text form."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80
    value |= 0x7 << 76  # version
    value |= (random >> 68) << 64  # 12 random bits
    value |= 0b10 << 62  # variant
    value |= random & ((1 << 62) - 1)
    return str(UUID(int=value))
