"""The repositories of what was used."""
