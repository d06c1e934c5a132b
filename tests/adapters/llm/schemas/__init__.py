"""What providers take of tools."""
