"""The cases of understanding, spoken by machine voices and heard by the recognizer first.

The recognizer gets the words of one made-up catalogue: every product that is shown, held or
asked for in the cases, as the shop where the shopper stands would have it. What was heard is
kept in the user's cache, so that a measurement that was broken off goes on where it was.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import platformdirs

from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.errors import ModelError
from voice_agent_cli.hearing import open_recognizer
from voice_agent_cli.hearing.listen import transcribe
from voice_agent_cli.hearing.recognizer import Recognizer
from voice_agent_cli.hearing.spoken import say
from voice_agent_cli.quality.recognition import word_errors
from voice_agent_cli.quality.understanding import Case, Judged
from voice_agent_cli.settings import APPLICATION, Settings
from voice_agent_cli.shop.catalogue import SCHEMA, Catalogue
from voice_agent_cli.shop.codec import from_json
from voice_agent_cli.storage.database import connect

VOICES = ("slt", "rms", "awb", "kal16")
"""flite's voices that speak at 16 kHz, none of which is the assistant's."""
_PRICE = {"amount": "10.00", "currency": "USD"}


@dataclass(frozen=True)
class Heard:
    """A sentence, who spoke it, and what the recognizer made of it."""

    text: str
    voice: str
    heard: str
    confidence: float


def hear(cases: Sequence[Case], settings: Settings, progress: Callable[[int], None]) -> dict[str, Heard]:
    """Hear the sentences of some cases, each once: sentence -> what was heard.

    Args:
        progress: Told how many sentences were done, those known from before included.

    Raises:
        ModelError: flite is not installed, or the recognizer's model does not load.
    """
    if not shutil.which("flite"):
        raise ModelError("flite is not installed; type: apt install flite")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "cases.db"
        products = list(_products(cases))
        _put(products, database)
        recognizer = open_recognizer(settings, database)
        kept = _kept_in(recognizer, products)
        known = {row.text: row for row in _read(kept)}
        with kept.open("a", encoding="utf-8") as lines:
            lines.write("\n")  # after a line that was broken off
            for done, text in enumerate(dict.fromkeys(case.text for case in cases), 1):
                if text not in known:
                    known[text] = _heard(text, recognizer)
                    lines.write(json.dumps(known[text].__dict__) + "\n")
                    lines.flush()
                progress(done)
    return known


def as_heard(cases: Iterable[Case], heard: Mapping[str, Heard]) -> list[Case]:
    """The cases with what was heard in place of what was said."""
    return [replace(case, text=heard[case.text].heard) for case in cases]


def beside(typed: Sequence[Judged], spoken: Sequence[Judged], heard: Mapping[str, Heard]) -> dict[str, Any]:
    """By kind and for all: the share of words misheard, and of whole turns right, typed and spoken."""
    kinds: dict[str, list[tuple[Judged, Judged]]] = {}
    for pair in zip(typed, spoken, strict=True):
        kinds.setdefault(pair[0].case.kind, []).append(pair)
    kinds = {**dict(sorted(kinds.items())), "all": list(zip(typed, spoken, strict=True))}
    return {kind: _row(pairs, heard) for kind, pairs in kinds.items()}


def _row(pairs: Sequence[tuple[Judged, Judged]], heard: Mapping[str, Heard]) -> dict[str, float]:
    said = [(say(typed.case.text).split(), heard[typed.case.text].heard.split()) for typed, _ in pairs]
    words = sum(len(reference) for reference, _ in said)
    return {
        "cases": len(pairs),
        "word_error_rate": sum(word_errors(*both) for both in said) / (words or 1),
        "typed_right": sum(typed.all_right for typed, _ in pairs) / len(pairs),
        "spoken_right": sum(spoken.all_right for _, spoken in pairs) / len(pairs),
        "unasked_effects": sum(spoken.unasked_effect for _, spoken in pairs),
    }


def _heard(text: str, recognizer: Recognizer) -> Heard:
    """Speak and hear a sentence; the voice depends on the sentence alone."""
    voice = VOICES[sha256(text.encode()).digest()[0] % len(VOICES)]
    transcript = transcribe([_spoken(text, voice)], recognizer)
    return Heard(text, voice, transcript.text, round(transcript.confidence, 3))


def _spoken(text: str, voice: str) -> Samples:
    import soundfile

    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        command = ["flite", "-voice", voice, "-t", text, "-o", wav.name]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as error:
            raise ModelError(f"flite could not speak ({error}); type: flite -lv") from error
        samples, rate = soundfile.read(wav.name, dtype="int16")
    return resample(samples, rate, SAMPLE_RATE)


def _kept_in(recognizer: Recognizer, products: Sequence[Mapping[str, Any]]) -> Path:
    """One file for each recognizer and catalogue: with others, other words would be heard."""
    made_of = json.dumps([recognizer.engine, recognizer.model, products], sort_keys=True)
    folder = Path(platformdirs.user_cache_dir(APPLICATION)) / "quality"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"heard-{recognizer.engine}-{sha256(made_of.encode()).hexdigest()[:12]}.jsonl"


def _read(kept: Path) -> Iterator[Heard]:
    """What was heard before; a last line that was broken off is heard again."""
    for line in kept.read_text(encoding="utf-8").splitlines() if kept.exists() else ():
        try:
            yield Heard(**json.loads(line))
        except (ValueError, TypeError):
            continue


def _put(products: Sequence[Mapping[str, Any]], database: Path) -> None:
    db = connect(database, SCHEMA)
    try:
        Catalogue(db).put(from_json(product) for product in products)
    finally:
        db.close()


def _products(cases: Iterable[Case]) -> Iterator[dict[str, Any]]:
    """The products of the cases, each title once: shown, in the cart, named in a call, or looked for."""
    seen: set[str] = set()
    for case in cases:
        for number, product in enumerate(_of(case)):
            if product["title"].lower() not in seen:
                seen.add(product["title"].lower())
                yield {"id": f"case-{len(seen)}-{number}", "price": _PRICE, **product}


def _of(case: Case) -> Iterator[dict[str, Any]]:
    held = [line.get("product", line) for line in case.state.get("cart", ())]
    for known in (*case.state.get("shown", ()), *held):
        if known.get("title"):
            options = {
                "size": known.get("sizes") or [],
                "color": [known["color"]] if known.get("color") else [],
            }
            yield _product(known["title"], known.get("brand"), known.get("category"), options)
    for call in case.calls:
        named = call.arguments.get("product") or call.arguments.get("query")
        ids = {known.get("id") for known in (*case.state.get("shown", ()), *held)}
        if named and named not in ids:
            extras = str(call.arguments.get("options", {}).get("unnamed", "")).split(" | ")
            options = {name: [call.arguments[name]] for name in ("size", "color") if call.arguments.get(name)}
            yield _product(str(named), call.arguments.get("brand"), None, options, list(filter(None, extras)))


def _product(
    title: str,
    brand: str | None,
    category: str | None,
    options: Mapping[str, Sequence[str]],
    extras: Sequence[str] = (),
) -> dict[str, Any]:
    given = {name: [str(value) for value in values] for name, values in options.items() if values}
    product: dict[str, Any] = {
        "title": title,
        "vendor": brand or "",
        "category": category or "",
        "options": given,
    }
    if extras:
        product["modifiers"] = [{"name": "extras", "values": [{"value": value} for value in extras]}]
    return product
