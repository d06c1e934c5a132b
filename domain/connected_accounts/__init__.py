"""Connected accounts: each user's own access to a service that a plugin's tools use."""
