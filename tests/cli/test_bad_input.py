"""What goes wrong is one clear line with the right exit code, in a real process, and nothing is lost."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from voice_agent_cli.shop.shops import ensure_shop

Run = Callable[..., "subprocess.CompletedProcess[str]"]
LATTE = ("tool", "add_to_cart", "Latte", "--size", "small")


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the coffee bar, and a latte in the cart."""
    folder = tmp_path_factory.mktemp("stocked")
    ensure_shop(folder, "coffee-bar")
    assert process(folder, *LATTE).returncode == 0
    return folder


@pytest.fixture
def folder(stocked: Path, tmp_path: Path) -> Path:
    shutil.copytree(stocked, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def run(folder: Path) -> Run:
    def start(*arguments: str, **more: Any) -> "subprocess.CompletedProcess[str]":
        return process(folder, *arguments, **more)

    return start


def process(
    folder: Path,
    *arguments: str,
    settings: dict[str, str] | None = None,
    before: tuple[str, ...] = (),
    **more: Any,
) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "VOICE_AGENT_DATA_DIR": str(folder),
        "VOICE_AGENT_SHOP_NAME": "coffee-bar",
        **(settings or {}),
    }
    command = [*before, sys.executable, "-m", "voice_agent_cli.cli.app", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, **more)


def assert_one_line(done: "subprocess.CompletedProcess[str]", code: int, says: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("voice-agent: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def cart_of(folder: Path) -> list[tuple[str, int]]:
    done = process(folder, "tool", "view_cart", "--json")
    return [(line["title"], line["quantity"]) for line in json.loads(done.stdout)["result"]["cart"]["lines"]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["talk", "--loud"], "No such option: --loud"),
        (["talk", "--input"], "requires an argument"),
        (["tool", "search_products", "tea", "--colour", "red"], "No such option: --colour"),
        (["bench", "startup", "--rounds", "many"], "valid integer"),
        (["bench", "startup", "--rounds", "0"], "greater than or equal to 1"),
        (["say"], "Missing argument"),
    ],
)
def test_a_wrong_use_is_told_in_its_last_line_and_exits_with_2(
    run: Run, arguments: list[str], says: str
) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("quantity", ["0", "-1", "10000", "1.5", "ten thousand"])
def test_a_quantity_out_of_bounds_is_refused_and_changes_nothing(
    run: Run, folder: Path, quantity: str
) -> None:
    assert_one_line(run(*LATTE, "--quantity", quantity), 2, "quantity: ")
    assert cart_of(folder) == [("Latte", 1)]


@pytest.mark.parametrize("price", ["cheap", "-5", "nan"])
def test_a_price_that_is_none_is_refused(run: Run, price: str) -> None:
    assert_one_line(run("tool", "search_products", "coffee", "--max-price", price), 2, "max_price: ")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"shop": {"currency": "USD"}, "products": []}', "{", "\0" * 40]
)
def test_an_empty_catalogue_is_refused_and_the_shop_stays(run: Run, folder: Path, content: str) -> None:
    source = folder / "products.json"
    source.write_text(content)
    assert_one_line(
        run("catalog", "import", str(source), "--shop", "coffee-bar"),
        2,
        "products.json" if content != "{" else "not the JSON of a catalogue",
    )
    assert len(run("catalog", "list", "--shop", "coffee-bar").stdout.splitlines()) == 10


def test_a_shop_that_is_empty_finds_nothing_and_says_so(run: Run, folder: Path) -> None:
    source = folder / "products.json"
    source.write_text("[]")
    run("catalog", "import", str(source), "--shop", "empty")
    done = run("tool", "search_products", "shoes", "--shop", "empty")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing found" in done.stdout


@pytest.fixture
def locked(folder: Path) -> Iterator[None]:
    holder = sqlite3.connect(folder / "shops" / "coffee-bar.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    yield
    holder.close()


@pytest.mark.usefixtures("locked")
def test_a_locked_database_is_told_and_what_was_in_it_stays(run: Run, folder: Path) -> None:
    assert_one_line(run(*LATTE), 1, "coffee-bar.db is locked by another program; close it or try again")
    assert cart_of(folder) == [("Latte", 1)]


def test_a_database_that_cannot_be_written_is_told_and_can_still_be_read(run: Run, folder: Path) -> None:
    database = folder / "shops" / "coffee-bar.db"
    database.chmod(0o444)
    database.parent.chmod(0o555)
    try:
        done = run(*LATTE, before=as_nobody_special())
        assert_one_line(done, 1, "coffee-bar.db cannot be written; make it and its folder writable")
    finally:
        database.parent.chmod(0o755)
    assert cart_of(folder) == [("Latte", 1)]


def as_nobody_special() -> tuple[str, ...]:
    """For root, to whom no file is read-only: a process without that power."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root, and setpriv is missing (util-linux)")
    powers = "-dac_override,-dac_read_search,-fowner"
    return ("setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}")


@pytest.mark.parametrize("database", ["shops/coffee-bar.db", "voice-agent.db"])
@pytest.mark.parametrize("command", [("talk", "--text"), ("talk", "--input", "answer.wav")])
def test_a_file_that_is_no_database_is_named_and_left_alone(
    run: Run, folder: Path, database: str, command: tuple[str, ...]
) -> None:
    (folder / database).write_bytes(b"a shopping list\n" * 400)
    for log in ("-wal", "-shm"):
        (folder / f"{database}{log}").unlink(missing_ok=True)
    write_silence(folder / "answer.wav")
    done = run(*command, cwd=folder, input="")
    assert_one_line(done, 1, f"{Path(database).name} is not a database; move it away or name another file")
    assert (folder / database).read_bytes() == b"a shopping list\n" * 400


def write_silence(path: Path) -> None:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))


def test_a_damaged_database_is_named_and_left_alone(run: Run, folder: Path) -> None:
    database = folder / "shops" / "coffee-bar.db"
    whole = database.read_bytes()
    damaged = whole[:4096] + b"\xa5" * (len(whole) - 8192) + whole[-4096:]
    database.write_bytes(damaged)
    assert_one_line(run("tool", "search_products", "latte"), 1, "coffee-bar.db is damaged; restore it from")
    assert database.read_bytes() == damaged


def test_a_full_disk_is_told_and_what_was_there_stays(run: Run, folder: Path) -> None:
    """A disk of its own, with hardly any room left."""
    disk = folder / "disk"
    disk.mkdir()
    size = sum(file.stat().st_size for file in (folder / "shops").iterdir()) // 1024 + 24
    script = (
        f"mount -t tmpfs -o size={size}k none {disk} && cp -r {folder}/shops {disk} && "
        f"cat /dev/zero > {disk}/rest 2>/dev/null; "
        'VOICE_AGENT_DATA_DIR="$1"; export VOICE_AGENT_DATA_DIR; shift; "$@"; code=$?; '
        f"rm {disk}/rest; cp {disk}/shops/* {folder}/shops; exit $code"
    )
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("a disk of its own needs root")
    done = run(*LATTE, before=("unshare", "-m", "sh", "-c", script, "sh", str(disk)))
    assert_one_line(done, 1, "the disk is full; free some space")
    assert cart_of(folder) == [("Latte", 1)]


def test_a_file_that_may_not_grow_is_told_and_what_was_there_stays(run: Run, folder: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))

    assert_one_line(run(*LATTE, preexec_fn=limit), 1, "coffee-bar.db")
    assert cart_of(folder) == [("Latte", 1)]


def test_an_answer_that_cannot_be_written_is_told_before_anything_is_loaded(run: Run, folder: Path) -> None:
    write_silence(folder / "asked.wav")
    done = run("talk", "--input", str(folder / "asked.wav"), "--output", str(folder / "none" / "out.wav"))
    assert_one_line(done, 1, "out.wav: cannot be written")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "command"),
    [
        ("UNDERSTANDING_MODEL", ("understand", "hello")),
        ("UNDERSTANDING_ADAPTER", ("understand", "hello")),
        ("SPEAKING_VOICE", ("say", "hello", "--output", "out.wav")),
        ("HEARING_MODEL", ("transcribe", "hello.wav")),
    ],
)
@pytest.mark.parametrize("content", [b"no model\n", b"GGUF\x03\0\0\0" + b"\xff" * 9_000])
def test_a_model_file_that_is_none_is_told(
    run: Run, folder: Path, setting: str, command: tuple[str, ...], content: bytes
) -> None:
    (folder / "model.bin").write_bytes(content)
    write_silence(folder / "hello.wav")
    chosen = {
        f"VOICE_AGENT_{setting}": str(folder / "model.bin"),
        "VOICE_AGENT_SPEAKING_ENGINE": "piper",
        "VOICE_AGENT_HEARING_ENGINE": "vosk",
    }
    assert_one_line(run(*command, settings=chosen, cwd=folder), 1, "model.bin")


@pytest.mark.parametrize("setting", ["UNDERSTANDING_MODEL", "SPEAKING_VOICE", "HEARING_MODEL"])
def test_a_model_that_was_never_pulled_is_told_with_the_line_that_pulls_it(
    run: Run, folder: Path, setting: str
) -> None:
    command = {
        "UNDERSTANDING_MODEL": ("understand", "hello"),
        "SPEAKING_VOICE": ("say", "hello", "--output", "out.wav"),
        "HEARING_MODEL": ("transcribe", "hello.wav"),
    }[setting]
    write_silence(folder / "hello.wav")
    empty = {
        "VOICE_AGENT_MODELS_DIR": str(folder / "models"),
        "VOICE_AGENT_SPEAKING_ENGINE": "piper",
        "VOICE_AGENT_HEARING_ENGINE": "vosk",
    }
    assert_one_line(run(*command, settings=empty, cwd=folder), 1, "voice-agent models pull")
