"""Reading answers of providers, whatever the dialect: bodies, events, JSON, ends."""
