"""The repositories of runs, their events, leases and consents."""
