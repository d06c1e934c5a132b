"""``help(puerto)`` is a page: it names all that there is."""

import inspect
import re

import puerto
from plugins.host.loading import HOOK
from puerto import models, testing


def test_every_name_is_explained() -> None:
    page = inspect.getdoc(puerto) or ""
    assert set(puerto.__all__) <= set(re.findall(r"\w+", page))
    assert f"def {HOOK}(registry)" in page


def test_every_helper_for_tests_is_explained() -> None:
    page = inspect.getdoc(testing) or ""
    assert set(testing.__all__) <= set(re.findall(r"\w+", page))


def test_the_page_on_models_names_what_exists() -> None:
    named = set(re.findall(r"`(\w+)`", re.sub(r"``.*?``", "", inspect.getdoc(models) or "")))
    assert named
    assert named <= set(models.__all__)
