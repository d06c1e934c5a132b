"""The way out: every address that Puerto is told to call by others passes the gate in here."""
