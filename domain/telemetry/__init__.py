"""Telemetry: what runs do and how long it takes, told to whoever measures or traces."""
