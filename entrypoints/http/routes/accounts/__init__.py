"""Routes of accounts: login, registration, API keys."""
