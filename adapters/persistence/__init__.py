"""Persistence: the repositories, by Tortoise ORM on SQLite or PostgreSQL, and migrations."""

from adapters.persistence.engine.database import Database
from adapters.persistence.engine.postgresql import PoolLimits
from adapters.persistence.migrate import migrate, plan
from adapters.persistence.store import Store

__all__ = ["Database", "PoolLimits", "Store", "migrate", "plan"]
