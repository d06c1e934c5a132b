"""Users: who they are, how they log in, what administrators may change."""
