"""Tests of the plugins aws, azure and gcp."""
