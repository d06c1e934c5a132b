"""From arguments to the wire, and from answers to results."""
