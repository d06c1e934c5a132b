"""The repositories of users, sessions, API keys, tickets and connected accounts."""
