"""Tests of learning APIs from OpenAPI documents."""
