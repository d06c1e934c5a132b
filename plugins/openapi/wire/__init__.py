"""Wire format: serialization of arguments to an HTTP request, and of the response to a result."""
