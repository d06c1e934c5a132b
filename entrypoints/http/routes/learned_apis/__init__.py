"""Routes of learned APIs."""
