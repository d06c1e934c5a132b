"""Tests of passwords, tokens and kept secrets."""
