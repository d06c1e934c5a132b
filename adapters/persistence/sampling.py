"""Serialization of the sampling parameters of a conversation and of the configuration."""

from adapters.persistence.engine.formats import SAMPLING
from domain.conversations.sampling import DEFAULTS, Sampling, sampling_of


def write_sampling(sampling: Sampling) -> str | None:
    """Serialize the parameters that are set; None if none is."""
    return SAMPLING.write(sampling.given()) if sampling != DEFAULTS else None


def read_sampling(text: str | None) -> Sampling:
    """Deserialize parameters; what cannot be read sets none."""
    return sampling_of(SAMPLING.readable(text, {})) if text else DEFAULTS
