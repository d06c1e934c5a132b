"""Learning APIs from their OpenAPI documents, and keeping them up to date."""
