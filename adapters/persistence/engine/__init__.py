"""The database beneath the repositories: connections, SQL of both engines, news."""
