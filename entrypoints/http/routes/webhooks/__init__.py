"""Routes of webhooks: endpoints, and the deliveries to them."""
