"""A clock that stands still until it is moved: the one that authors of plugins get."""

from puerto.testing.clock import FakeClock

__all__ = ["FakeClock"]
