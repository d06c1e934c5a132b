"""A run is its events: the records, their fold, and what comes next."""
