"""Secrets at rest: what opens them, and what does not."""

import pytest

from adapters.security.encryption import AesCipher
from domain.shared.errors import Unavailable

SECRET, OLDER = "a secret of thirty-two characters", "another one of thirty-two letters"
DATA, PLACE = b'{"key": "value"}', "keys of ann"


def test_only_its_key_in_its_place_opens_it() -> None:
    cipher = AesCipher(lambda: SECRET)
    sealed = cipher.seal(DATA, PLACE)

    assert DATA not in sealed
    assert cipher.open(sealed, PLACE) == DATA
    assert AesCipher(lambda: SECRET).open(sealed, PLACE) == DATA
    assert cipher.seal(DATA, PLACE) != sealed
    with pytest.raises(Unavailable, match="ENCRYPTION_KEY"):
        AesCipher(lambda: OLDER).open(sealed, PLACE)
    with pytest.raises(Unavailable, match="damaged"):
        cipher.open(sealed, "keys of bob")


def test_a_new_key_opens_what_the_one_before_it_sealed() -> None:
    sealed = AesCipher(lambda: OLDER).seal(DATA, PLACE)
    cipher = AesCipher(lambda: SECRET, [OLDER])

    assert cipher.open(sealed, PLACE) == DATA
    assert not cipher.is_current(sealed)
    again = cipher.seal(DATA, PLACE)
    assert cipher.is_current(again)
    assert AesCipher(lambda: SECRET).open(again, PLACE) == DATA


@pytest.mark.parametrize("at", [0, 1, 9, 21, -1])
def test_what_is_damaged_does_not_open(at: int) -> None:
    cipher = AesCipher(lambda: SECRET)
    sealed = bytearray(cipher.seal(DATA, PLACE))
    sealed[at] ^= 1

    with pytest.raises(Unavailable):
        cipher.open(bytes(sealed), PLACE)
    with pytest.raises(Unavailable):
        cipher.open(b"", PLACE)
