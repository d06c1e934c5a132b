"""Who may talk to the service: tokens, tickets, origins, host names."""
