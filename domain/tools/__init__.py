"""Tools: what they are, their arguments, their results, how they are found."""
