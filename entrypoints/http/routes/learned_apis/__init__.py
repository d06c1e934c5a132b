"""The routes of learned APIs."""
