"""The face package and the front door."""
