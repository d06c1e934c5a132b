"""Tests of the HTTP face, over real use cases."""
