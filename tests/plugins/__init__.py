"""Tests of the plugin host and of the plugins that ship with the service."""
