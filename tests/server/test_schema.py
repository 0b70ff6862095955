"""The OpenAPI document tells the truth: schemathesis walks it with every check on."""

import asyncio
import itertools
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
async def test_schemathesis_finds_nothing(open_scene: Any, tmp_path: Path) -> None:
    hours = itertools.count(1_700_000_000, 4000)  # no limit is reached: its own tests do that
    scene = await open_scene(clock=lambda: float(next(hours)))
    await scene.talk()  # the models are loaded
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{scene.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {scene.api_key}", "--checks", "all", "--max-examples", "25"),
        # "End a session" keeps its record: reading it afterwards is meant, and no use after free.
        *("--exclude-checks", "use_after_free"),
        *("--seed", "1", "--continue-on-failure", "--request-timeout", "20", "--no-color"),
    ]
    child = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await child.communicate()
    assert child.returncode == 0, told.decode()[-8000:]
