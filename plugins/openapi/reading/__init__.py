"""Reader of OpenAPI documents: tolerant of what it accepts, strict in what it returns, limited."""

from plugins.openapi.reading.document import OpenApiDocument, read_document
from plugins.openapi.reading.limits import ReadingLimits
from plugins.openapi.reading.outside import Fetch, Fetched
from plugins.openapi.reading.problems import DocumentRefused, Reason, Skipped

__all__ = [
    "DocumentRefused",
    "Fetch",
    "Fetched",
    "OpenApiDocument",
    "ReadingLimits",
    "Reason",
    "Skipped",
    "read_document",
]
