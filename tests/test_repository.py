"""What must hold for every file of the repository."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Written in pieces, so that this file does not name what it looks for.
INDEX_HOSTS = re.compile(
    rb"(pypi|pythonhosted|npmjs|yarnpkg|jsdelivr|debian)\.(org|com|net|io)\b", re.IGNORECASE
)
MACHINE_PATHS = re.compile(rb"/(root|work)/[A-Za-z.]|file:///(opt|home|root)")
REQUIREMENT = re.compile(r"^([a-z0-9-]+)==(\S+)")


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listing.decode().split("\0") if name and (path := ROOT / name).is_file()]


def pinned(name: str) -> dict[str, set[str]]:
    """Package -> its pinned versions (a package may have one per Python)."""
    pins: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if match := REQUIREMENT.match(line):
            pins.setdefault(match[1], set()).add(match[2])
    return pins


@pytest.mark.parametrize("pattern", [INDEX_HOSTS, MACHINE_PATHS])
def test_no_file_names_a_package_index_or_a_path_of_one_machine(pattern: re.Pattern[bytes]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]!r}"
        for path in tracked()
        if (hit := pattern.search(path.read_bytes()))
    ]
    assert found == []


def test_imports_point_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-dev.txt", "constraints-build.txt"])
def test_every_installed_package_is_pinned_with_hashes_and_nothing_trains(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = pinned(name)
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert all(REQUIREMENT.match(line) for line in requirements)
    assert text.count("sha256:") >= len(requirements)
    assert not {"torch", "transformers", "nvidia"} & pins.keys()


def test_every_dependency_is_pinned_and_the_dev_set_pins_the_same_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    normal, dev = pinned("constraints.txt"), pinned("constraints-dev.txt")
    for requirement in project["project"]["dependencies"]:
        assert re.split(r"[<>=\[; ]", requirement)[0].lower() in normal, f"{requirement}: run scripts/lock"
    for requirement in project["dependency-groups"]["dev"]:
        assert re.split(r"[<>=\[; ]", requirement)[0].lower() in dev, f"{requirement}: run scripts/lock"
    assert {name: dev[name] for name in normal} == normal


@pytest.mark.parametrize("script", ["run", "test", "setup", "lock"])
def test_the_scripts_are_bash_that_parses(script: str) -> None:
    subprocess.run(["bash", "-n", ROOT / "scripts" / script], check=True)


@pytest.mark.slow
def test_a_wheel_carries_settings_and_models(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    assert {
        "voice_agent_cli/_data/config/default.toml",
        "voice_agent_cli/_data/models/registry.toml",
    } <= names
    assert not any(name.startswith(("config/", "models/", "tests/")) for name in names)
