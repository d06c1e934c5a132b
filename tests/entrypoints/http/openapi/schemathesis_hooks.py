"""What Schemathesis has to be told of media types that are no text: files, as strings of bytes."""

import schemathesis
from schemathesis import DeserializationContext, Response


@schemathesis.deserializer("application/octet-stream", "application/zip")
def as_text(_context: DeserializationContext, response: Response) -> str:
    """Return the bytes as the string that the document says they are."""
    return response.content.decode("latin-1")
