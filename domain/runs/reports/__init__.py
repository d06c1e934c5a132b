"""What is told of a run besides its events: log lines, and notices."""
