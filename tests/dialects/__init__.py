"""Golden clients: what the API's documents show, by hand, against a real process."""
