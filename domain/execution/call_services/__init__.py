"""What a tool can have done for it during its call: questions put to its user."""
