"""From arguments to a request as it goes over the wire, and from the response to a result."""
