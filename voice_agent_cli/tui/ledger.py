"""One session as a screen shows it: events go in, what is on the panels comes out. No drawing here."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from voice_agent_cli.events import (
    AgentInterrupted,
    AgentResponse,
    AudioLevel,
    AudioOutput,
    ErrorEvent,
    SessionEnded,
    SessionReady,
    SpeechStarted,
    ToolFinished,
    ToolStarted,
    Transcription,
    TurnMetrics,
    Understood,
    Word,
)
from voice_agent_cli.tui.notices import Link, Loaded, Microphone, Notice, Resumed

Part = Literal["turns", "heard", "level", "products", "cart", "latency", "engine"]
STAGES = ("end_point", "recognize", "understand", "tools", "speak")
BY_HAND = "hand-"
_MOST_TURNS = 500
_SILENCE_DBFS = -96.0


@dataclass
class Spoken:
    """One piece of the answer's speech."""

    text: str
    at_ms: float
    duration_ms: int


@dataclass
class Turn:
    """One turn, from the first sound (or key) to the last; every time is ``at_ms`` of the session."""

    turn_id: str
    at_ms: float
    words: str = ""
    is_final: bool = False
    is_typed: bool = False
    confidence: float | None = None
    heard: tuple[Word, ...] = ()
    heard_ms: float = 0.0
    calls: tuple[Mapping[str, Any], ...] = ()
    question: str | None = None
    understood_ms: float = 0.0
    latency_ms: float = 0.0
    running: str = ""
    tools: list[ToolFinished] = field(default_factory=list)
    reply: str = ""
    replied_ms: float = 0.0
    intent: str = ""
    spoken: list[Spoken] = field(default_factory=list)
    interrupted: str | None = None
    metrics: TurnMetrics | None = None
    errors: list[str] = field(default_factory=list)

    @property
    def is_by_hand(self) -> bool:
        return self.turn_id.startswith(BY_HAND)

    @property
    def is_past(self) -> bool:
        """Whether it is from the record of a session that was resumed."""
        return self.turn_id.startswith("past-")


@dataclass(frozen=True)
class Latency:
    """Milliseconds to the first sound over the turns so far, and the middle of each stage."""

    history: tuple[float, ...]
    p50: float
    p95: float
    stages_p50: Mapping[str, float]


class Ledger:
    """``take`` every notice in order; it returns the parts of the screen that changed."""

    def __init__(self) -> None:
        self.session_id = ""
        self.is_over = False
        self.turns: list[Turn] = []
        self.products: tuple[Mapping[str, Any], ...] = ()
        self.found_by = ""
        self.detail: Mapping[str, Any] | None = None
        self.cart: Mapping[str, Any] | None = None
        self.ordered: Mapping[str, Any] | None = None
        self.dbfs = _SILENCE_DBFS
        self.is_speech = False
        self.partial = ""
        self.is_hearing = False
        self.microphone = Microphone("off")
        self.link = Link("here")
        self.loaded: dict[str, Loaded] = {}

    def take(self, notice: Notice) -> set[Part]:
        taken = _TAKEN.get(type(notice))
        return taken(self, notice) if taken else set()

    def turn(self, turn_id: str) -> Turn | None:
        """The turn of that id, the newest looked at first."""
        return next((turn for turn in reversed(self.turns) if turn.turn_id == turn_id), None)

    def latency(self) -> Latency:
        measured = [turn.metrics for turn in self.turns if turn.metrics is not None]
        history = tuple(metrics.first_audio_ms for metrics in measured)
        stages = {
            stage: statistics.median([metrics.stages.get(stage, 0.0) for metrics in measured])
            for stage in STAGES
            if measured
        }
        return Latency(history, percentile(history, 50), percentile(history, 95), stages)

    def _open(self, turn_id: str, at_ms: float) -> Turn:
        """The turn of that id; a typed one gets its id with the first thing that comes of it."""
        known = self.turn(turn_id)
        if known is not None:
            return known
        for turn in self.turns:
            if turn.is_typed and not turn.turn_id and not turn_id.startswith(BY_HAND):
                turn.turn_id = turn_id
                return turn
        turn = Turn(turn_id, at_ms)
        self.turns.append(turn)
        del self.turns[:-_MOST_TURNS]
        return turn

    def _ready(self, _: SessionReady) -> set[Part]:
        self.is_over = False
        return {"engine"}

    def _ended(self, event: SessionEnded) -> set[Part]:
        self.is_over = event.session_id == self.session_id
        self.is_hearing, self.partial, self.dbfs = False, "", _SILENCE_DBFS
        return {"engine", "heard", "level"}

    def _level(self, event: AudioLevel) -> set[Part]:
        self.dbfs, self.is_speech = event.dbfs, event.is_speech
        return {"level"}

    def _speech(self, _: SpeechStarted) -> set[Part]:
        self.is_hearing, self.partial = True, ""
        return {"heard"}

    def _words(self, event: Transcription) -> set[Part]:
        if not event.is_final:
            self.partial = event.text
            return {"heard"}
        self.is_hearing, self.partial = False, ""
        if not event.text:
            return {"heard"}
        if event.turn_id is None:
            self.turns.append(Turn("", event.at_ms, event.text, is_final=True, is_typed=True))
            return {"turns", "heard"}
        turn = self._open(event.turn_id, event.at_ms)
        turn.words, turn.is_final, turn.confidence = event.text, True, event.confidence
        turn.heard, turn.heard_ms = event.words or (), event.at_ms
        return {"turns", "heard"}

    def _understood(self, event: Understood) -> set[Part]:
        turn = self._open(event.turn_id, event.at_ms)
        turn.calls, turn.question = event.calls, event.question
        turn.latency_ms, turn.understood_ms = event.latency_ms, event.at_ms
        return {"turns"}

    def _tool_began(self, event: ToolStarted) -> set[Part]:
        self._open(event.turn_id, event.at_ms).running = event.tool
        return {"turns"}

    def _tool_done(self, event: ToolFinished) -> set[Part]:
        turn = self._open(event.turn_id, event.at_ms)
        turn.running = ""
        turn.tools.append(event)
        changed: set[Part] = {"turns"}
        result = event.result or {}
        if "cart" in result:
            self.cart = result["cart"]
            changed.add("cart")
        if "order" in result and event.tool == "checkout":
            self.ordered, self.cart = result["order"], None
            changed.add("cart")
        if event.tool in _SHOWING and result.get("products"):
            self.products, self.detail, self.found_by = tuple(result["products"]), None, event.tool
            changed.add("products")
        if isinstance(result.get("product"), Mapping) and "variants" in result["product"]:
            self.detail = result["product"]
            changed.add("products")
        return changed

    def _response(self, event: AgentResponse) -> set[Part]:
        turn = self._open(event.turn_id or "greeting", event.at_ms)
        turn.reply, turn.intent, turn.replied_ms = event.text, event.intent, event.at_ms
        changed: set[Part] = {"turns"}
        if event.products and not turn.tools:  # where no tool was seen: a server that sends no details
            self.products, self.detail = event.products, None
            changed.add("products")
        if event.cart is not None and not any("order" in (done.result or {}) for done in turn.tools):
            self.cart = event.cart
            changed.add("cart")
        return changed

    def _sound(self, event: AudioOutput) -> set[Part]:
        turn = self._open(event.turn_id or "greeting", event.at_ms)
        turn.spoken.append(Spoken(event.text, event.at_ms, event.duration_ms))
        return {"turns"}

    def _interrupted(self, event: AgentInterrupted) -> set[Part]:
        self._open(event.turn_id, event.at_ms).interrupted = event.heard
        return {"turns"}

    def _metrics(self, event: TurnMetrics) -> set[Part]:
        self._open(event.turn_id, event.at_ms).metrics = event
        return {"turns", "latency"}

    def _error(self, event: ErrorEvent) -> set[Part]:
        if self.turns and not self.turns[-1].reply:
            self.turns[-1].errors.append(event.message_)
        return {"turns", "engine"}

    def _resumed(self, notice: Resumed) -> set[Part]:
        """Another session than before begins with its own past; the same one just goes on."""
        if notice.session_id == self.session_id and self.turns:
            return set()
        self.turns.clear()
        self.products, self.detail, self.cart, self.ordered = (), None, None, None
        self.session_id = notice.session_id
        for number, message in enumerate(notice.messages):
            if message["role"] == "user" or not self.turns or self.turns[-1].reply:
                self.turns.append(Turn(f"past-{number}", 0.0, is_final=True))
            if message["role"] == "user":
                self.turns[-1].words = message["content"]
            else:
                self.turns[-1].reply = message["content"]
        return {"turns", "products", "cart", "latency", "engine"}

    def _part_loaded(self, notice: Loaded) -> set[Part]:
        self.loaded[notice.part] = notice
        return {"engine", "heard"}

    def _microphone(self, notice: Microphone) -> set[Part]:
        self.microphone = notice
        if notice.state in ("off", "lost", "closed"):
            self.dbfs, self.is_speech = _SILENCE_DBFS, False
        return {"heard", "level", "engine"}

    def _linked(self, notice: Link) -> set[Part]:
        self.link = notice
        return {"engine", "heard"}


_SHOWING = ("search_products", "refine_search", "recommend_similar")
_TAKEN: dict[type[Notice], Callable[..., set[Part]]] = {
    SessionReady: Ledger._ready,
    SessionEnded: Ledger._ended,
    AudioLevel: Ledger._level,
    SpeechStarted: Ledger._speech,
    Transcription: Ledger._words,
    Understood: Ledger._understood,
    ToolStarted: Ledger._tool_began,
    ToolFinished: Ledger._tool_done,
    AgentResponse: Ledger._response,
    AudioOutput: Ledger._sound,
    AgentInterrupted: Ledger._interrupted,
    TurnMetrics: Ledger._metrics,
    ErrorEvent: Ledger._error,
    Loaded: Ledger._part_loaded,
    Microphone: Ledger._microphone,
    Link: Ledger._linked,
    Resumed: Ledger._resumed,
}


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many per cent do not exceed; 0 where there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
