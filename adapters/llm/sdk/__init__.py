"""What all providers' SDKs have in common here."""
