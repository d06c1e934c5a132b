"""Settings of retention: after how many days old rows are deleted."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings

from domain.shared.idempotency import LIFE

_LONGEST: Final = 36_500
_ENDED_SESSIONS: Final = timedelta(days=30)
# A full bucket of a rate limit means nothing; so long, since its clock is the database's.
_FULL_BUCKETS: Final = timedelta(hours=1)


class RetentionSettings(BaseSettings):
    """Settings of retention, each ``retention_{kind}_days``; 0 keeps a kind for ever."""

    retention_events_days: int = Field(
        90,
        ge=0,
        le=_LONGEST,
        validation_alias="PUERTO_RETENTION_EVENTS_DAYS",
        description="Days after its end for which a run's events are kept; its conversation, its "
        "outcome and what it used stay. `0`: for ever.",
    )
    retention_artifacts_days: int = Field(
        0,
        ge=0,
        le=_LONGEST,
        validation_alias="PUERTO_RETENTION_ARTIFACTS_DAYS",
        description="Days for which the files are kept that tools made. `0`: as long as their "
        "conversation.",
    )
    retention_audit_days: int = Field(
        0,
        ge=0,
        le=_LONGEST,
        validation_alias="PUERTO_RETENTION_AUDIT_DAYS",
        description="Days for which decisions are kept in the audit log. `0`: for ever.",
    )
    retention_logs_days: int = Field(
        30,
        ge=0,
        le=_LONGEST,
        validation_alias="PUERTO_RETENTION_LOGS_DAYS",
        description="Days for which the database keeps records of the log, of the last "
        "`PUERTO_LOG_ENTRIES`. `0`: for ever.",
    )
    retention_deliveries_days: int = Field(
        30,
        ge=0,
        le=_LONGEST,
        validation_alias="PUERTO_RETENTION_DELIVERIES_DAYS",
        description="Days for which deliveries to webhooks are kept once they arrived or were "
        "parked. `0`: for ever.",
    )

    @property
    def retention_ages(self) -> Mapping[str, timedelta]:
        """The age limits by kind, of those that have one."""
        days = {
            "events": self.retention_events_days,
            "artifacts": self.retention_artifacts_days,
            "audit": self.retention_audit_days,
            "logs": self.retention_logs_days,
            "deliveries": self.retention_deliveries_days,
        }
        limited = {kind: timedelta(days=number) for kind, number in days.items() if number}
        return {**limited, "answers": LIFE, "buckets": _FULL_BUCKETS, "sessions": _ENDED_SESSIONS}
