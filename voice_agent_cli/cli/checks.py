"""What ``doctor`` checks. What could take the process down with it runs in a child process."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry
from voice_agent_cli.settings import Settings

ENGINES = "llama_cpp onnxruntime piper pocketsphinx vosk webrtcvad tokenizers soundfile soxr".split()
NEEDED_MEMORY = 700_000_000
NEEDED_DISK = 200_000_000
CHILD_SECONDS = 120
SAMPLE_SHOP = "sample"
LLAMA_BASELINE = "-DGGML_NATIVE=OFF -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON"

_IMPORTS = """
import importlib, json, sys
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = f"{type(error).__name__}: {error}"
print(json.dumps(failed))
"""
_DEVICES = """
import json, sounddevice
devices = sounddevice.query_devices()
print(json.dumps([[device["max_input_channels"], device["max_output_channels"]] for device in devices]))
"""
_PROMPT = """
import sys
from llama_cpp import Llama
model, adapter = sys.argv[1:]
llm = Llama(model, lora_path=adapter or None, n_ctx=64, verbose=False)
llm.eval(llm.tokenize(b"add the second one in a size ten to my cart"))
"""


@dataclass(frozen=True)
class Finding:
    """One checked thing. ``mend`` is what to type when it is not ``ok``; empty where the message says it."""

    name: str
    state: Literal["ok", "warning", "broken"]
    message: str
    mend: str = ""


def engines(_: Settings) -> Finding:
    """Whether every engine's library loads."""
    child = _run(_IMPORTS, *ENGINES)
    if child.returncode != 0:
        return Finding("engines", "broken", f"loading them ends with {_ending(child)}", "scripts/run doctor")
    failed = json.loads(child.stdout.splitlines()[-1])
    if not failed:
        return Finding("engines", "ok", ", ".join(ENGINES))
    name, reason = next(iter(failed.items()))
    library = "libgomp1" if "libgomp" in reason else ""
    mend = f"sudo apt-get install -y {library}" if library else f"pip install --force-reinstall {name}"
    return Finding("engines", "broken", f"{name} does not load ({reason})", mend)


def audio(_: Settings) -> Finding:
    """PortAudio, and a microphone and a speaker. Without them WAV files and ``--text`` still work."""
    child = _run(_DEVICES)
    if child.returncode != 0:
        return Finding(
            "audio",
            "warning",
            "the audio library PortAudio does not load; only WAV files and --text work",
            "sudo apt-get install -y libportaudio2",
        )
    devices = json.loads(child.stdout.splitlines()[-1])
    lacking = [
        kind for kind, column in (("microphone", 0), ("speaker", 1)) if not any(d[column] for d in devices)
    ]
    if lacking:
        return Finding(
            "audio",
            "warning",
            f"no {' and no '.join(lacking)} found; use --input FILE.wav, --output FILE.wav or --text",
        )
    return Finding("audio", "ok", f"{len(devices)} devices")


def hearing(settings: Settings) -> Finding:
    """The recognizer that will hear."""
    if settings.hearing.engine == "pocketsphinx":
        return Finding("hearing", "ok", "PocketSphinx")
    try:
        model = registry.path(settings.hearing.model, settings.models_dir)
    except ModelError as error:
        mend = f"voice-agent models pull {settings.hearing.model}"
        if settings.hearing.engine == "vosk":
            return Finding("hearing", "broken", error.message)
        return Finding("hearing", "warning", "PocketSphinx hears: Vosk's model is not here", mend)
    return Finding("hearing", "ok", f"Vosk with {model.name}")


def understanding(settings: Settings) -> Finding:
    """The LLM, proven by a prompt of several tokens: a wrongly built llama.cpp dies only there."""
    if settings.understanding.engine == "openai_compatible":
        return _server(settings)
    model = registry.path(settings.understanding.model, settings.models_dir)
    adapter = settings.understanding.adapter
    adapter_path = str(registry.path(adapter, settings.models_dir)) if adapter else ""
    child = _run(_PROMPT, str(model), adapter_path)
    if child.returncode == 0:
        return Finding("understanding", "ok", f"llama.cpp with {model.name}")
    if child.returncode < 0:
        return Finding(
            "understanding",
            "broken",
            f"llama.cpp dies at a prompt ({_ending(child)}): it was built for another processor",
            f'CMAKE_ARGS="{LLAMA_BASELINE}" pip install --force-reinstall --no-cache-dir --no-deps '
            "--no-binary llama-cpp-python llama-cpp-python==0.3.36",
        )
    return Finding("understanding", "broken", f"llama.cpp cannot run {model.name}: {_ending(child)}")


def speaking(settings: Settings) -> Finding:
    """The voice that will speak, by letting it."""
    from voice_agent_cli.speaking.voice import open_voice

    voice = open_voice(settings)
    seconds = len((speech := voice.synthesize("Ready.")).samples) / speech.sample_rate
    name = type(voice).__name__.removesuffix("Voice")
    if name == "Espeak" and settings.speaking.engine == "auto":
        mend = f"voice-agent models pull {settings.speaking.voice}"
        return Finding("speaking", "warning", "eSpeak NG speaks: Piper's voice is not here", mend)
    return Finding("speaking", "ok", f"{name} ({seconds:.1f} s spoken as a test)")


def models(settings: Settings) -> Finding:
    """Every byte of every model that is here, and the default ones that are not."""
    states = {model: registry.verify(model, settings.models_dir) for model in registry.models()}
    damaged = [model.name for model, state in states.items() if state == "damaged"]
    absent = [model.name for model, state in states.items() if state == "absent" and model.default == "yes"]
    if damaged or absent:
        said = "; ".join(
            f"{', '.join(names)} {word}"
            for names, word in ((damaged, "damaged"), (absent, "absent"))
            if names
        )
        return Finding("models", "broken", said, f"voice-agent models pull {' '.join(damaged + absent)}")
    here = [model.name for model, state in states.items() if state == "ready"]
    return Finding("models", "ok", f"{len(here)} whole: {', '.join(here)}")


def catalogue(settings: Settings) -> Finding:
    """The shop that is open, and its database."""
    path = settings.data_dir / "shops" / f"{settings.shop.name}.db"
    if not path.exists():
        if settings.shop.name == SAMPLE_SHOP:
            return Finding("catalogue", "ok", "the sample shop is made at its first use")
        message = f"there is no shop called {settings.shop.name}"
        return Finding("catalogue", "broken", message, "voice-agent catalog import FILE")
    return _sound("catalogue", path)


def database(settings: Settings) -> Finding:
    """Where sessions and keys are kept."""
    folder = settings.data_dir
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(existing, os.W_OK):
        return Finding(
            "database", "broken", f"{existing} cannot be written", f"sudo chown -R $USER {existing}"
        )
    path = folder / "voice-agent.db"
    return (
        _sound("database", path)
        if path.exists()
        else Finding("database", "ok", f"{path} is made at its first use")
    )


def memory(_: Settings) -> Finding:
    """Free memory for the engines together."""
    try:
        fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return Finding("memory", "ok", "not known on this system")
    state: Literal["ok", "warning"] = "ok" if free >= NEEDED_MEMORY else "warning"
    advice = "" if state == "ok" else f", {NEEDED_MEMORY // 1_000_000} MB are needed; close something"
    return Finding("memory", state, f"{free // 1_000_000} MB free{advice}")


def disk(settings: Settings) -> Finding:
    """Free disk where the databases grow."""
    existing = next(place for place in (settings.data_dir, *settings.data_dir.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < NEEDED_DISK:
        return Finding("disk", "broken", f"{free // 1_000_000} MB free at {existing}; make room")
    return Finding("disk", "ok", f"{free // 1_000_000} MB free at {existing}")


CHECKS: dict[str, Callable[[Settings], Finding]] = {
    check.__name__: check
    for check in (engines, audio, models, hearing, understanding, speaking, catalogue, database, memory, disk)
}


def _sound(name: str, path: Path) -> Finding:
    try:
        with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict == "ok":
        return Finding(name, "ok", f"{path} is sound")
    return Finding(name, "broken", f"{path}: {verdict}", f"mv {path} {path}.damaged")


def _server(settings: Settings) -> Finding:
    import httpx

    url = settings.understanding.url
    try:
        key = settings.secret("understanding.api_key")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        httpx.get(f"{url.rstrip('/')}/models", headers=headers, timeout=5).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding("understanding", "broken", f"understanding.url = {url!r} does not answer: {error}")
    return Finding("understanding", "ok", url)


def _run(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=CHILD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer within {CHILD_SECONDS} s")


def _ending(child: "subprocess.CompletedProcess[str]") -> str:
    if child.returncode < 0:
        return signal.Signals(-child.returncode).name
    return (child.stderr.strip().splitlines() or ["no message"])[-1]
