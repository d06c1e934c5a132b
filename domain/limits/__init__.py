"""Rate limits: how many requests a caller, and how many attempts an account, may have a minute."""
