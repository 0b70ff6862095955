"""API keys: shown once, kept hashed, revoked for good."""

from pathlib import Path

import pytest

from voice_agent_cli.errors import NotFoundError
from voice_agent_cli.storage.keys import PREFIX, Keys
from voice_agent_cli.storage.sessions import FILE


def test_a_new_key_opens_and_its_secret_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    key, secret = keys.create("kiosk")
    assert secret.startswith(PREFIX)
    assert keys.find(secret) == key
    keys.close()
    assert secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE}*"))


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    (key, secret), (other, other_secret) = keys.create("one"), keys.create("two")
    revoked = keys.revoke(key.key_id)
    assert keys.revoke(key.key_id) == revoked
    assert keys.find(secret) is None
    assert keys.find(other_secret) == other
    assert keys.all() == (revoked, other)


@pytest.mark.parametrize("wrong", ["", "va_", "va_" + "x" * 43, "\ud800", "' OR 1=1 --"])
def test_what_is_no_key_opens_nothing(tmp_path: Path, wrong: str) -> None:
    keys = Keys(tmp_path)
    keys.create("one")
    assert keys.find(wrong) is None


def test_an_unknown_key_cannot_be_revoked(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="keys list"):
        Keys(tmp_path).revoke("key_0")


def test_a_key_is_refused_at_once_whoever_revokes_it(tmp_path: Path) -> None:
    here, elsewhere = Keys(tmp_path), Keys(tmp_path)
    key, secret = elsewhere.create("kiosk")
    assert here.find(secret) == here.find(secret) == key
    elsewhere.revoke(key.key_id)
    assert here.find(secret) is None
    other, another = here.create("mine")
    assert here.find(another) == other
    here.revoke(other.key_id)
    assert here.find(another) is None
    assert elsewhere.find(another) is None
