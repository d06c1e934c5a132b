"""Models: what is sent to them and comes back, retries, failover, prices."""
