"""The rooms stay rooms: few files in each, one name for one thing, the trade's own words."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.pages import ROOT
from tests.test_dependencies import ROOMS

MOST_FILES = 20

# Names that stand in more than one module, and why.
TWICE = {
    "ConsentAnswered": "the event, and the body of the REST answer that generated clients name",
    "Explanation": "of an error, and of a policy's decision in the REST answer",
    "Instance": "a machine at AWS and at Google: each cloud has its own fields",
    "Order": "what a cloud was told to do: each has its own fields",
    "OwnCredentials": "the use case, and the REST body that generated clients name",
    "Problem": "the record, and its form in the OpenAPI document",
}

# Words that this project had for what the trade has a word for.
OLD_WORDS = re.compile(
    r"\b(ApiKeyring|Reins|Stroke|Vitals|\w+Desk|AtHand|Showcase|ApiShelf|Roster|NoticeBoard|Patience)\b"
)


# A client names the same things as the service, but its folders are held to the same rules.
WITH_CLIENTS = (*ROOMS, "clients")


def modules(rooms: Sequence[str] = WITH_CLIENTS) -> Iterator[Path]:
    """Yield the modules of the project's packages, but for migrations, which the ORM names."""
    for room in rooms:
        yield from (path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)


def test_a_folder_has_few_files() -> None:
    folders = Counter(path.parent.relative_to(ROOT).as_posix() for path in modules())
    assert {folder: count for folder, count in folders.items() if count > MOST_FILES} == {}


def test_a_class_name_stands_for_one_thing() -> None:
    places = defaultdict(list)
    for path in modules(ROOMS):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name for name, where in places.items() if len(where) > 1} == set(TWICE)


def test_the_words_are_the_trades_own() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {word}"
        for path in modules()
        for word in OLD_WORDS.findall(path.read_text())
    }
    assert found == set()
