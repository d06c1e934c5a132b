"""The port to the buckets, which all workers share."""

from typing import Protocol

from domain.limits.policy import LimitPolicy, LimitVerdict


class Buckets(Protocol):
    """The token buckets by key. Whoever keeps them has the clock, too."""

    async def take(self, key: str, policy: LimitPolicy) -> LimitVerdict:
        """Take a token, if there is one; a key that is not known has a full bucket.

        Of many takers at once, on whatever workers, exactly as many get one as there are.

        Raises:
            Unavailable: the database does not answer.

        """
        ...
