"""What may be done without asking, what must be asked, what is refused; the audit."""
