"""The server process: its start, its end, its connections, its log."""
