"""The database layer under the repositories: connections, both SQL dialects, signals."""
