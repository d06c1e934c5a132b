"""Tests of the adapters, against real servers where they cross a wire."""
