"""A model that plays what was recorded: cassettes."""
