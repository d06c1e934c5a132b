"""Webhooks: endpoints of operators, and the signed deliveries of notices to them."""
