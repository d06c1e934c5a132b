"""The repositories of webhooks: endpoints, deliveries, and the outbox that others write to."""
