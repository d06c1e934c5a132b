"""Routes of connected accounts, and the pages that people see when they come back."""
