"""Accounts: users and roles, authentication, sessions, tickets, administration."""
