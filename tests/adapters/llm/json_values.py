"""Any JSON, for readers that must take or refuse whatever a server sends."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st


def json_of(keys: Sequence[str]) -> st.SearchStrategy[Any]:
    """Return a strategy for JSON values, small ones, whose objects have keys among these."""
    named = st.sampled_from(keys)
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(named, inner, max_size=3),
        max_leaves=8,
    )
