"""Tests of `entrypoints.http.dialects`."""
