"""Password hashing, access tokens (JWT), encryption at rest, and random secrets."""
