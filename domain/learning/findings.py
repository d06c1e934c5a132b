"""Validation findings: the violations of the OpenAPI specification in a document, by line."""

from dataclasses import asdict, dataclass
from typing import Any

from domain.shared.errors import Unprocessable


@dataclass(frozen=True, slots=True)
class DocumentFinding:
    """One violation in a document.

    ``line`` and ``column``, from 1, are those of the key or the item; ``pointer`` is a JSON
    Pointer. ``rule`` is the code of the violated rule. ``file`` is the path of a referenced file,
    empty for the document itself.
    """

    line: int
    column: int
    pointer: str
    rule: str
    message: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """The violations in a document, in the order of lines; ``more``: the list was cut."""

    findings: tuple[DocumentFinding, ...] = ()
    more: bool = False


class InvalidDocument(Unprocessable):
    """A document breaks rules of its version; ``details.findings`` lists which, and where."""

    def __init__(self, report: DocumentReport) -> None:
        first, count = report.findings[0], len(report.findings)
        many = f"more than {count} things" if report.more else f"{count} things"
        what = "one thing is" if count == 1 else f"{many} are"
        place = f"line {first.line}" + (f" of {first.file}" if first.file else "")
        details: dict[str, Any] = {
            "findings": [asdict(each) for each in report.findings],
            "more": report.more,
        }
        message = f"The document is not valid: {what} wrong. In {place}: {first.message}"
        super().__init__(message, details=details)
        self.report = report
