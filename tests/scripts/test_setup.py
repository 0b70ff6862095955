"""What ``scripts/run`` says on a bare machine: each thing that is missing is one line with what to type.

The functions of ``scripts/setup`` run in a folder of their own with a PATH that holds only what a
test puts there, so that nothing is installed and nothing is downloaded.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORDINARY = (
    *("awk", "bash", "cat", "cut", "dirname", "getconf", "grep", "mkdir", "mv", "readlink", "rm"),
    *("sha256sum", "tail", "tr", "uname"),
)
TRY = 'set -euo pipefail\n. "$(dirname "$(readlink -f "$0")")/setup"\n"$@"\n'


class Bare:
    """A checkout with nothing made, and a machine where only what was put exists."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = folder / "bin"
        self.tools.mkdir(parents=True)
        (folder / "scripts").mkdir()
        shutil.copy(ROOT / "scripts" / "setup", folder / "scripts" / "setup")
        (folder / "scripts" / "try").write_text(TRY)
        (folder / ".venv" / "bin").mkdir(parents=True)
        for name in ORDINARY:
            (self.tools / name).symlink_to(shutil.which(name) or name)
        self.put("id", "echo 1000")
        self.put("df", "echo head; echo disk 9 9 9000000")
        self.put("ldconfig", "true")
        self.put("dpkg-query", "false")

    def put(self, name: str, script: str) -> None:
        """A program of the machine; ``.venv/…`` for one of the checkout."""
        path = self.folder / name if name.startswith(".venv") else self.tools / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def has(self, name: str) -> None:
        (self.tools / name).symlink_to(shutil.which(name) or name)

    def do(self, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": str(self.tools), "HOME": str(self.folder), "LC_ALL": "C"}
        script = str(self.folder / "scripts" / "try")
        command = [str(self.tools / "bash"), script, *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    if os.name != "posix" or not shutil.which("bash"):
        pytest.skip("the set-up is a bash script")
    return Bare(tmp_path / "checkout")


def assert_told(done: "subprocess.CompletedProcess[str]", line: str) -> None:
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"voice-agent: {line}"


def test_a_missing_compiler_is_told_before_anything_is_built(bare: Bare) -> None:
    done = bare.do("build_llama", "llama-cpp-python==1", str(bare.folder / "wheels"))
    assert_told(
        done, "a C++ compiler is needed to build llama.cpp; type: sudo apt-get install -y build-essential"
    )
    assert not (bare.folder / "wheels.part").exists()


def test_root_gets_the_compiler_installed_and_is_told_where_that_fails(bare: Bare) -> None:
    bare.put("id", "echo 0")
    bare.put("apt-get", f'echo "$@" >>{bare.folder}/asked; exit 100')
    (bare.folder / ".cache" / "voice-agent").mkdir(parents=True)
    done = bare.do("build_llama", "llama-cpp-python==1", str(bare.folder / "wheels"))
    assert (bare.folder / "asked").read_text() == "update\n"
    assert_told(
        done, "a C++ compiler is needed to build llama.cpp; type: sudo apt-get install -y build-essential"
    )


def test_too_little_memory_is_told_before_the_kernel_ends_the_compiler(bare: Bare) -> None:
    bare.put("awk", "echo 0")
    done = bare.do("build_llama", "llama-cpp-python==1", str(bare.folder / "wheels"))
    assert_told(done, "1 GB of free memory is needed to build llama.cpp; close something and run this again")


def test_no_more_compilers_run_than_there_is_memory_for(bare: Bare) -> None:
    bare.put("getconf", "echo 16")
    bare.put("awk", "echo 3")
    assert bare.do("build_jobs").stdout == "3\n"
    bare.put("awk", "echo 64")
    assert bare.do("build_jobs").stdout == "16\n"


def test_missing_system_libraries_are_told_and_stop_nothing(bare: Bare) -> None:
    done = bare.do("system_packages", "pulseaudio")
    missing = "libportaudio2 libgomp1 espeak-ng pulseaudio"
    assert done.returncode == 0
    assert done.stderr == (
        f"voice-agent: go on without {missing}; to have them, type: sudo apt-get install -y {missing}\n"
    )


def test_what_is_there_is_not_asked_for(bare: Bare) -> None:
    bare.put("ldconfig", "echo libportaudio.so.2 libgomp.so.1")
    bare.put("espeak-ng", "true")
    bare.put("dpkg-query", "echo install ok installed")
    done = bare.do("system_packages", "pulseaudio")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_python_is_told(bare: Bare) -> None:
    line = "Python 3.11 or newer with venv is needed; type: sudo apt-get install -y python3 python3-venv"
    assert_told(bare.do("make_venv"), line)
    bare.put("python3", "exit 1")  # too old, or without venv
    assert_told(bare.do("make_venv"), line)


def test_a_full_disk_is_told_before_anything_is_downloaded(bare: Bare) -> None:
    bare.put("df", "echo head; echo disk 9 9 150000")
    done = bare.do("need_disk")
    assert_told(
        done,
        f"2 GB of disk are needed at {bare.folder} and 150 MB are free; make room and run this again",
    )


def test_a_registry_that_is_not_reached_is_told_with_where_to_look(bare: Bare) -> None:
    bare.put(".venv/bin/python", "echo 'ERROR: connection refused'; exit 1")
    (bare.folder / "constraints.txt").write_text("typer==1 \\\n    --hash=sha256:0\n")
    done = bare.do("install_pinned", "constraints.txt")
    log = bare.folder / ".venv" / "setup.log"
    assert_told(
        done,
        f"the packages of constraints.txt could not be installed (all of it: {log}); "
        "check the network and `pip config list`, then run this again",
    )
    assert "ERROR: connection refused" in done.stderr, "the end of the log is shown"


def test_where_uv_fails_pip_is_tried(bare: Bare) -> None:
    bare.put("uv", "exit 1")
    bare.put(".venv/bin/python", "echo pip took over")
    assert bare.do("python_install", "typer").returncode == 0
    assert "pip took over" in (bare.folder / ".venv" / "setup.log").read_text()


def test_a_second_run_starts_at_once_until_what_is_wanted_changes(bare: Bare) -> None:
    for name in ("pyproject.toml", "constraints.txt", "models/registry.toml"):
        (bare.folder / name).parent.mkdir(exist_ok=True)
        (bare.folder / name).write_text("same\n")
    for name in (".venv/bin/python", ".venv/bin/voice-agent"):
        bare.put(name, "exit 0")
    set_up = ("eval", "install_llama() { :; }; set_up constraints.txt .stamp")
    assert bare.do(*set_up).stderr.endswith("voice-agent: ready\n")
    again = bare.do(*set_up)
    assert (again.returncode, again.stderr) == (0, "")
    (bare.folder / "constraints.txt").write_text("another\n")
    assert "setting up" in bare.do(*set_up).stderr


def test_a_set_up_that_lacks_models_goes_on_and_resumes_at_the_next_start(bare: Bare) -> None:
    for name in ("pyproject.toml", "constraints.txt", "models/registry.toml"):
        (bare.folder / name).parent.mkdir(exist_ok=True)
        (bare.folder / name).write_text("same\n")
    bare.put(".venv/bin/python", "exit 0")
    bare.put(".venv/bin/voice-agent", "exit 1")
    set_up = ("eval", "install_llama() { :; }; set_up constraints.txt .stamp")
    for _ in range(2):
        done = bare.do(*set_up)
        assert done.returncode == 0
        assert done.stderr.endswith("going on without what is missing; the next start resumes here\n")
