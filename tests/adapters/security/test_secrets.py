"""Secrets in the data folder."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.security.secrets import MIN_LENGTH, SecretStore
from domain.accounts.secrets import fingerprint, new_secret
from domain.shared.errors import Unavailable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "secrets"
    secret = SecretStore(folder).get("jwt_secret")
    assert len(secret) >= MIN_LENGTH
    assert SecretStore(folder).get("jwt_secret") == secret
    assert mode(folder / "jwt_secret") == 0o600
    assert mode(folder) == 0o700


def test_secrets_differ_by_name_and_by_folder(tmp_path: Path) -> None:
    stores = [SecretStore(tmp_path / "one"), SecretStore(tmp_path / "two")]
    found = {store.get(name) for store in stores for name in ("jwt_secret", "encryption_key")}
    assert len(found) == 4


def test_all_who_start_at_once_agree_and_leave_nothing_behind(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        barrier = threading.Barrier(8)

        def ask(barrier: threading.Barrier = barrier, folder: Path = folder) -> str:
            barrier.wait()
            return SecretStore(folder).get("jwt_secret")

        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(ask) for _ in range(8)]
        assert len({future.result() for future in asked}) == 1
        assert [path.name for path in folder.iterdir()] == ["jwt_secret"]


@pytest.mark.parametrize("bits", [0o644, 0o640, 0o620, 0o604])
def test_a_secret_open_to_others_is_refused_with_the_remedy(tmp_path: Path, bits: int) -> None:
    store = SecretStore(tmp_path)
    secret = store.get("jwt_secret")
    (tmp_path / "jwt_secret").chmod(bits)
    with pytest.raises(Unavailable) as caught:
        store.get("jwt_secret")
    assert f"chmod 600 {tmp_path / 'jwt_secret'}" in caught.value.message
    assert secret not in caught.value.message
    (tmp_path / "jwt_secret").chmod(0o600)
    assert store.get("jwt_secret") == secret


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b" " * 100])
def test_a_damaged_secret_is_neither_used_nor_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "jwt_secret"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Unavailable, match="damaged"):
        SecretStore(tmp_path).get("jwt_secret")
    assert path.read_bytes() == content


def test_a_place_that_cannot_hold_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable) as caught:
        SecretStore(tmp_path / "file").get("jwt_secret")
    assert str(tmp_path / "file") in caught.value.message
    assert "\n" not in caught.value.message


def test_new_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) for secret in made} == {43}


def test_a_fingerprint_is_the_sha256_and_takes_what_any_caller_sends() -> None:
    assert fingerprint("abc").startswith("ba7816bf8f01cfea414140de5dae2223")
    assert len(fingerprint("\ud800 ñ")) == 64
