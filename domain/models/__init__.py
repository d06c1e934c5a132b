"""Language models: requests and answers, retries, failover, circuit breaker, prices."""
