"""What changed from one version of a learned API to the next."""
