"""Access control of the HTTP API: authentication, tickets, CORS, Host check, connection limits."""
