"""How well utterances are understood: whole turns, tools, arguments, orders nobody placed."""

import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.words import words
from voice_agent_cli.understanding.arguments import in_all
from voice_agent_cli.understanding.language import CHANGES_SOMETHING
from voice_agent_cli.understanding.numbers import read
from voice_agent_cli.understanding.state import Call, State, Understanding
from voice_agent_cli.understanding.tool_calls import uncontained
from voice_agent_cli.understanding.wire import state_from

LOOSE_WORDS = frozenset(
    "a an the some any my your for with in of on to that this is are it and or something anything somebody "
    "please really pair good nice i me one ones who which from at as be be can need want".split()
)
OPEN_WORDING = frozenset({"query", "about", "topic"})


class Understander(Protocol):
    """What is judged: the agent, or a baseline in its place."""

    @property
    def model_name(self) -> str: ...

    def prepare(self, state: State) -> None: ...

    def understand(self, text: str, state: State) -> Understanding: ...


@dataclass(frozen=True)
class Case:
    """An utterance in a state, and the calls it means."""

    text: str
    kind: str
    state: Mapping[str, Any]
    calls: tuple[Call, ...]
    query_any: tuple[str, ...] = ()
    tools_allowed: tuple[str, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """What was understood of a case, and what is right of it.

    ``slots_carried`` counts the case's marked values that some argument carries.
    """

    case: Case
    understood: Understanding
    tools_right: bool
    all_right: bool
    unasked_effect: bool
    latency_ms: float
    slots_carried: int = 0


@dataclass
class Tally:
    """Counts of one kind of case."""

    cases: int = 0
    tools_right: int = 0
    all_right: int = 0
    unasked: int = 0
    slots: int = 0
    slots_carried: int = 0
    latencies: list[float] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        self.cases += 1
        self.tools_right += judged.tools_right
        self.all_right += judged.all_right
        self.unasked += judged.unasked_effect
        self.slots += len(judged.case.slots)
        self.slots_carried += judged.slots_carried
        self.latencies.append(judged.latency_ms)

    def row(self) -> dict[str, float | None]:
        """Shares between 0 and 1, latencies in ms."""
        ordered = sorted(self.latencies)
        return {
            "cases": self.cases,
            "tools_right": self.tools_right / self.cases,
            "all_right": self.all_right / self.cases,
            "slots_carried": self.slots_carried / self.slots if self.slots else None,
            "unasked_effects": self.unasked,
            "median_ms": round(statistics.median(ordered), 1),
            "p95_ms": round(ordered[int(len(ordered) * 0.95)], 1),
        }


def own_cases() -> tuple[Path, ...]:
    """The cases that ship with the package, written apart from the training sentences."""
    return tuple(sorted((Path(__file__).parent / "cases").glob("*.jsonl")))


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a JSON lines file.

    A line holds ``{"text", "state", "calls", "kind"}``, or ``{"text", "tool", "slots"}``:
    the tools that would be right, and the values that some argument has to carry.

    Raises:
        UsageError: A line is no case; its number is named.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            if "tool" in row:
                yield Case(row["text"], row["tool"][0], {}, (), (), tuple(row["tool"]), row["slots"])
                continue
            calls = tuple(Call(call["tool"], call["arguments"]) for call in row["calls"])
            needed = tuple(row.get("judge", {}).get("query_any", ()))
            yield Case(row["text"], row.get("kind", ""), row.get("state") or {}, calls, needed)
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} line {number}: not a case: {error}") from error


def judge(agent: Understander, case: Case) -> Judged:
    """Understand one case from a warm prefix, as in a conversation, and compare."""
    state = state_from(case.state)
    agent.prepare(state)
    began = time.perf_counter()
    understood = agent.understand(case.text, state)
    latency = (time.perf_counter() - began) * 1000
    if case.tools_allowed:
        return _judge_loosely(case, understood, latency)
    # A correction takes the last change back first: that "undo" is how, not what, was meant.
    wants_undo = any(call.tool == "undo" for call in case.calls)
    got = tuple(
        call for call in understood.calls if wants_undo or call.tool != "undo" or call.decided_by == "model"
    )
    tools_right = [call.tool for call in got] == [call.tool for call in case.calls]
    all_right = tools_right and all(
        same_arguments(mine, _counted(theirs, state), case.query_any)
        for mine, theirs in zip(got, case.calls, strict=True)
    )
    wanted = {call.tool for call in case.calls}
    unasked = any(call.tool in CHANGES_SOMETHING and call.tool not in wanted for call in got)
    return Judged(case, understood, tools_right, all_right, unasked, latency)


def _counted(call: Call, state: State) -> Call:
    """A wanted call whose relative quantity ("+1") is made the one that the cart's line should have."""
    change = str(call.arguments.get("quantity", ""))
    if change[:1] not in ("+", "-"):
        return call
    quantity = in_all(change, call.arguments.get("product"), state)
    return replace(call, arguments={**call.arguments, "quantity": quantity})


def _judge_loosely(case: Case, understood: Understanding, latency: float) -> Judged:
    """Where only the tools that would be right and the values to carry are known."""
    right = bool(understood.calls) and understood.calls[0].tool in case.tools_allowed
    if understood.pending and not understood.calls:
        right = understood.pending.tool in case.tools_allowed
    said = _words(json.dumps([dict(call.arguments) for call in understood.calls], default=str))
    carried = sum(_words(value) <= said for value in case.slots.values())
    unasked = any(c.tool in CHANGES_SOMETHING and c.tool not in case.tools_allowed for c in understood.calls)
    all_right = right and carried == len(case.slots)
    return Judged(case, understood, right, all_right, unasked, latency, carried)


def same_arguments(got: Call, wanted: Call, query_any: Sequence[str] = ()) -> bool:
    """Whether every argument says the same; a query may be longer or shorter by small words."""
    mine, theirs = _told(got), _told(wanted)
    if query_any:
        said = _words(mine.pop("query", ""))
        theirs.pop("query", None)
        if not all(_words(word) <= said for word in query_any):
            return False
    return mine.keys() == theirs.keys() and all(_same(name, mine[name], theirs[name]) for name in theirs)


def _told(call: Call) -> dict[str, Any]:
    """The arguments that make a difference: to add one of something is to add it, in whatever it comes."""
    told = {name: value for name, value in call.arguments.items() if value not in (None, "", [], {}, False)}
    if isinstance(told.get("product"), str):
        told["product"] = uncontained(told["product"])
    if call.tool == "add_to_cart" and str(told.get("quantity")) == "1":
        del told["quantity"]
    return told


def _same(name: str, got: Any, wanted: Any) -> bool:
    if name in OPEN_WORDING:
        mine, theirs = _words(got), _words(wanted)
        return (
            bool(mine)
            and (theirs <= mine or mine <= theirs)
            and len(mine ^ theirs) <= max(2, len(theirs) // 2)
        )
    if isinstance(wanted, dict):
        return isinstance(got, dict) and _words(" ".join(map(str, got.values()))) == _words(
            " ".join(map(str, wanted.values()))
        )
    if isinstance(wanted, list):
        return isinstance(got, list) and sorted(map(_plain, got)) == sorted(map(_plain, wanted))
    if name in ("order", "code"):
        return _letters(got) == _letters(wanted)
    return _plain(got) == _plain(wanted) or (name == "size" and words(str(got)) == words(str(wanted)))


def _letters(value: Any) -> str:
    """A number or a code as it is looked up: "AB-33" is "ab33"."""
    return "".join(letter for letter in str(value).lower() if letter.isalnum())


def _plain(value: Any) -> str:
    words = [word for word in (w.text for w in read(str(value)).words) if word not in LOOSE_WORDS]
    text = " ".join(words) or str(value)
    return text.removesuffix(".00").removesuffix(".0")


def _words(text: Any) -> set[str]:
    """Comparable words: singular, sizes and numbers in one form, without the small ones."""
    said = " ".join(word.text for word in read(str(text)).words if word.text not in LOOSE_WORDS)
    return set(words(said)) - LOOSE_WORDS


def measure(
    agent: Understander, cases: Sequence[Case], progress: Callable[[int], None]
) -> tuple[dict[str, dict[str, float | None]], list[Judged]]:
    """Judge every case: a row of figures for each kind and one for all, and every verdict."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    verdicts = []
    for done, case in enumerate(cases, 1):
        verdicts.append(judge(agent, case))
        for kind in (case.kind, "all"):
            tallies[kind].add(verdicts[-1])
        progress(done)
    return {kind: tally.row() for kind, tally in sorted(tallies.items(), key=_all_last)}, verdicts


def _all_last(row: tuple[str, Tally]) -> tuple[bool, str]:
    return row[0] == "all", row[0]


def expected_calibration_error(verdicts: Sequence[Judged]) -> float:
    """How far, on average over all turns, the confidence is from the share that is right; 0 to 1."""
    bands: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for verdict in verdicts:
        sure = _sure(verdict)
        bands[_band(sure)].append((sure, verdict.all_right))
    gaps = (abs(sum(sure - right for sure, right in turns)) for turns in bands.values())
    return sum(gaps) / len(verdicts) if verdicts else 0.0


def _sure(verdict: Judged) -> float:
    """Of a turn, the confidence of its least sure call."""
    return min((call.confidence for call in verdict.understood.calls), default=1.0)


def _band(sure: float) -> int:
    return min(int(sure * 10), 9)


def calibration(verdicts: Sequence[Judged]) -> list[dict[str, float]]:
    """How often turns of a given confidence are right, in ten bands."""
    bands: dict[int, list[bool]] = defaultdict(list)
    for verdict in verdicts:
        bands[_band(_sure(verdict))].append(verdict.all_right)
    return [
        {"from": band / 10, "cases": len(rights), "right": sum(rights) / len(rights)}
        for band, rights in sorted(bands.items())
    ]
