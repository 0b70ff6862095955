"""Multiply the hand-written patterns over the vocabularies of many shops.

Each pattern (patterns/*.txt, format in patterns/README.md) is filled from one shop's
vocabulary at a time (vocabulary/*.toml), set in a dialogue state, roughened as speech and
recognizers are rough, normalised as the running agent normalises, and written as one
turn of a scene: what the agent will read and the calls it should write. A turn
that the agent's own grammar would not admit is left out and counted.
"""

import argparse
import json
import random
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from filling import Filler
from scenes import Pattern, Scene, scene_for

from voice_agent_cli.tools import registry
from voice_agent_cli.understanding import prompt
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.language import HEADS, SLOTS, TOOL_WORDS, Kind, Phrase, write
from voice_agent_cli.understanding.numbers import Utterance, read

HERE = Path(__file__).parent
MARK = re.compile(r"<(\w+)>|\[(\w+)(?:=([^:\]]+))?(?::([^\]]*))?\]")
EMPHASIS = {
    source: weight
    for weight, sources in (
        (1.2, "heard4"),
        (1.3, "answers4"),
        (1.5, "several2 ask4 open5 noorder5 narrow5 find5"),
        (1.7, "several3 cart3 needs4 noorder4 needs5 heard6"),
        (1.8, "options5"),
        (
            2.0,
            "orders4 several4 change4 several5 search6 attributes6 several6 picks6 stock7 order7 "
            "answer7 details7 find7 cart7 ask8 find8 mend8 narrow8 needs8 order8 pick8 several8 ask9 "
            "find9 needs9 order9 several9 talk9 dialog9a dialog9b ask10 find10 heard10 mend10 misc10 "
            "narrow10 order10 pick10",
        ),
        (2.5, "orders2"),
    )
    for source in sources.split()
}
"""How much oftener than others the patterns of a file are used: what a first model found hard."""
TURNS_IN_A_SCENE = 6
SHARE_JOINED = 0.07
"""Of the turns that may be, so many are said in one breath with others: nobody can write down all pairs."""
CONNECTIVES = (
    "and",
    "and",
    "and",
    "and then",
    "also",
    "and also",
    "oh and",
    "then",
    "plus",
    "and after that",
    "and maybe",
)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
FILLERS = ("um", "uh", "er", "like", "you know", "i mean", "well", "hmm", "let me see", "so")
OPENINGS = (
    "hi",
    "hey",
    "okay",
    "okay so",
    "alright",
    "hello",
    "excuse me",
    "great",
    "good",
    "right",
    "so",
    "and",
    "perfect",
    "cool",
    "oh",
    "ah",
    "hey there",
    "now",
)
CLOSINGS = (
    "please",
    "thanks",
    "thank you",
    "if you can",
    "if possible",
    "would you",
    "for me",
    "then",
    "please and thanks",
    "okay",
    "right now",
    "if you have it",
    "i think",
    "dear",
    "mate",
)
SMALL_WORDS = frozenset({"the", "a", "an", "of", "in", "for", "to", "me", "do", "is", "with", "please"})
MISHEARD = {
    "the": "a",
    "a": "the",
    "in": "and",
    "and": "in",
    "two": "to",
    "for": "four",
    "them": "em",
    "want to": "wanna",
    "going to": "gonna",
    "is": "as",
    "it": "at",
    "one": "won",
    "can": "kin",
    "have": "half",
    "my": "me",
}


@dataclass
class Request:
    """One call of a draft: at which character it begins, and its slots' values or characters."""

    head: str
    at: int
    slots: list[tuple[str, str | tuple[int, int]]] = field(default_factory=list)

    def moved(self, by: int) -> "Request":
        """The same, so many characters further on."""
        slots = [(s, (v[0] + by, v[1] + by) if isinstance(v, tuple) else v) for s, v in self.slots]
        return Request(self.head, self.at + by, slots)


@dataclass
class Draft:
    """A sentence being built: its text, and which characters belong to which request."""

    text: str = ""
    calls: list[Request] = field(default_factory=list)

    def behind(self, words: str) -> "Draft":
        """The same sentence, said after other words."""
        return Draft(f"{words} {self.text}", [call.moved(len(words) + 1) for call in self.calls])


@dataclass(frozen=True)
class Said:
    """A turn: the utterance as the model reads it, the calls it means, where later calls begin in it."""

    utterance: str
    calls: str
    begins: tuple[int, ...]


def read_patterns(folder: Path) -> list[Pattern]:
    """Every pattern of every file, with the state of its section."""
    patterns = []
    for path in sorted(folder.glob("*.txt")):
        state = "any"
        for line in path.read_text().splitlines():
            line = line.strip()
            if line.startswith("="):
                state = line.removeprefix("=").strip()
            elif line and not line.startswith("#"):
                patterns.append(Pattern(path.stem, state, line))
    return patterns


def read_vocabularies(folder: Path) -> tuple[list[dict[str, list]], dict[str, list]]:
    """Each shop's vocabulary, completed where it lacks a kind of word, and the common one."""
    common = tomllib.loads((folder / "common.toml").read_text())
    shops = [tomllib.loads(p.read_text()) for p in sorted(folder.glob("*.toml")) if p.stem != "common"]
    keys = {key for shop in shops for key in shop}
    pooled = {key: [entry for shop in shops for entry in shop.get(key, [])] for key in keys}
    made_to_order = {"pres", "posts"}
    return [
        {key: shop.get(key) or pooled[key] for key in keys if key in shop or key not in made_to_order}
        for shop in shops
    ], common


def build(pattern: Pattern, fill: Filler, dice: random.Random) -> Draft:
    """Fill a pattern, keeping track of where each slot's words stand."""
    draft = Draft()

    def say(text: str) -> None:
        words = PLACEHOLDER.sub(lambda match: fill(match.group(1)), text).split()
        if words:
            draft.text += (" " if draft.text else "") + " ".join(words)

    at = 0
    for match in MARK.finditer(pattern.text):
        say(roughened(pattern.text[at : match.start()], dice))
        at = match.end()
        head, slot, value, words = match.groups()
        if head:
            draft.calls.append(Request(head, len(draft.text)))
            continue
        start = len(draft.text) + (1 if draft.text else 0)
        say(words or "")
        if value is None and words is None:
            draft.calls[-1].slots.append((slot, ""))
        elif value is None:
            draft.calls[-1].slots.append((slot, (start, len(draft.text))))
            if (
                slot in ("Max", "Min")
                and dice.random() < 0.2
                and not re.match(r"\s*(dollars|bucks|euros|pounds)", pattern.text[at:])
            ):
                say(dice.choice(("dollars", "bucks", "dollars", "euros", "pounds")))
        else:
            said = PLACEHOLDER.sub(lambda match: fill(match.group(1)), value)
            draft.calls[-1].slots.append(
                (slot, str(read(said)) if SLOTS[slot].kind is Kind.COUNT and said[0] not in "+-" else said)
            )
    say(roughened(pattern.text[at:], dice))
    return draft


def roughened(text: str, dice: random.Random) -> str:
    """Words outside the slots as recognizers and tongues spoil them."""
    result = []
    for word in text.split():
        if word in SMALL_WORDS and dice.random() < 0.03:
            continue
        if word in MISHEARD and dice.random() < 0.02:
            word = MISHEARD[word]
        if dice.random() < 0.012:
            result.append(dice.choice(FILLERS))
        if dice.random() < 0.006 and "{" not in word:
            result.append(word)
        result.append(word)
    return " ".join(result)


def misspelt(draft: Draft, dice: random.Random) -> Draft:
    """A word with two letters swapped, to learn copying; a number would be another one."""
    numbers = [
        value
        for call in draft.calls
        for slot, value in call.slots
        if isinstance(value, tuple) and SLOTS[slot].kind in (Kind.NUMBER, Kind.COUNT)
    ]
    at = [
        i
        for i in range(1, len(draft.text) - 1)
        if draft.text[i - 1 : i + 2].isalpha() and not any(first <= i < end for first, end in numbers)
    ]
    if not at:
        return draft
    i = dice.choice(at)
    text = draft.text
    draft.text = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return draft


def with_edges(draft: Draft, dice: random.Random) -> Draft:
    """An opening or a closing word, as people add them to any request."""
    if draft.calls[0].head in ("None", "Unable", "Hello", "Thanks", "Bye", "Yes", "No", "Repeat", "Help"):
        return draft
    if dice.random() < 0.10:
        draft = draft.behind(dice.choice(OPENINGS))
    if dice.random() < 0.10:
        draft.text = f"{draft.text} {dice.choice(CLOSINGS)}"
    return draft


def phrases_of(draft: Draft, utterance: Utterance) -> tuple[Phrase, ...] | None:
    """The calls with each slot's words as the normalised utterance has them."""
    phrases = []
    for call in draft.calls:
        values = []
        for slot, value in call.slots:
            if isinstance(value, tuple):
                inside = [w for w in utterance.words if w.start >= value[0] and w.end <= value[1]]
                touching = [w for w in utterance.words if w.start < value[1] and w.end > value[0]]
                if not inside or inside != touching:
                    return None
                if SLOTS[slot].kind is Kind.NUMBER:
                    inside = [w for w in inside if w.text[0].isdigit()][:1]
                value = " ".join(w.text for w in inside)
                if not value:
                    return None
            values.append((slot, value))
        phrases.append(Phrase(call.head, tuple(values)))
    return tuple(phrases)


def admitted(
    calls: str, utterance: Utterance, question_open: bool, arguments: Mapping[str, Sequence[str]]
) -> bool:
    """Whether the running agent's grammar would let the model write these calls."""
    grammar = Grammar([w.text for w in utterance.words], arguments, question_open)
    places = {grammar.start()}
    for word in [*calls.split(), ""]:
        places = {
            then for place in places if place for said, then in grammar.following(place) if said == word
        }
    return bool(places)


def joined(drafts: Sequence[Draft], dice: random.Random) -> Draft:
    """Several sentences in one breath."""
    whole = drafts[0]
    for draft in drafts[1:]:
        draft = draft.behind(dice.choice(CONNECTIVES))
        draft.calls[0].at = 0
        rest = draft.behind(whole.text)
        whole = Draft(rest.text, [*whole.calls, *rest.calls])
    return whole


def turn(
    patterns: Sequence[Pattern],
    shop: Mapping[str, list],
    common: Mapping[str, list],
    scene: Scene,
    dice: random.Random,
    arguments: Mapping[str, Sequence[str]],
) -> Said | None:
    """What is said in a scene and the calls it means, or nothing where the grammar would not admit them."""
    drafts = [build(pattern, Filler(dice, shop, common, scene), dice) for pattern in patterns]
    draft = with_edges(joined(drafts, dice), dice)
    if dice.random() < 0.05:
        draft = misspelt(draft, dice)
    utterance = read(draft.text)
    phrases = phrases_of(draft, utterance)
    if not utterance.words or phrases is None:
        return None
    calls = write(phrases)
    if not admitted(calls, utterance, scene.state.pending is not None, arguments):
        return None
    begins = (sum(word.start < call.at for word in utterance.words) for call in draft.calls[1:])
    return Said(prompt.utterance_part(utterance), f" {calls}", tuple(begins))


def suits(pattern: Pattern, shop: Mapping[str, list]) -> bool:
    """Whether the shop has what the pattern's made-to-order placeholders need."""
    return "pres" in shop or not ("{pre" in pattern.text or "{post" in pattern.text)


def checked_patterns() -> list[Pattern]:
    """Every pattern.

    Raises:
        SystemExit: One has mark-up that the language does not have; it is named.
    """
    patterns = read_patterns(HERE / "patterns")
    for pattern in patterns:
        unknown = [
            h or s
            for h, s, _, _ in MARK.findall(pattern.text)
            if (h and h not in HEADS) or (s and s not in SLOTS)
        ]
        if unknown or not pattern.text or "<" not in pattern.text:
            raise SystemExit(f"{pattern.source}: unknown mark-up {unknown} in: {pattern.text}")
    return patterns


def expand(count: int, seed: int, report: Callable[[str], None] = print) -> Iterator[dict[str, Any]]:
    """Scenes with ``count`` turns in all, every pattern about equally often; fixed sentences less.

    What is said in one scene shares the prompt before it, so that training reads that once.
    """
    dice = random.Random(seed)
    patterns = checked_patterns()
    shops, common = read_vocabularies(HERE / "vocabulary")
    arguments = registry.argument_names()
    by_state: dict[str, list[Pattern]] = {}
    for pattern in patterns:
        by_state.setdefault(pattern.state, []).append(pattern)
    weights = {state: [_weight(pattern) for pattern in group] for state, group in by_state.items()}
    states, shares = list(by_state), [sum(weights[state]) for state in by_state]
    refused: Counter[str] = Counter()
    made = 0
    while made < count:
        state = dice.choices(states, shares)[0]
        shop = dice.choice(shops)
        chosen = dice.choices(by_state[state], weights[state], k=TURNS_IN_A_SCENE)
        scene, speakers = scene_for(chosen, shop, shops, dice)
        turns = {}
        for pattern in speakers:
            place = shop if suits(pattern, shop) else dice.choice([s for s in shops if suits(pattern, s)])
            spoken = [pattern, *_more_to_say(pattern, speakers, place, dice)]
            said = turn(spoken, place, common, scene, dice, arguments)
            if said is None:
                refused[f"{pattern.source}: {' + '.join(one.text for one in spoken)}"] += 1
            else:
                turns[said.utterance] = said
        made += len(turns)
        yield {"state": prompt.before_speech(scene.state), "turns": list(map(astuple, turns.values()))}
    report(f"{len(patterns)} patterns, {made} turns, {sum(refused.values())} refused")
    for line, times in refused.most_common(40):
        report(f"  refused {times}: {line}")


def _more_to_say(
    pattern: Pattern, speakers: Sequence[Pattern], shop: Mapping[str, list], dice: random.Random
) -> list[Pattern]:
    """Now and then one or two more requests for the same breath."""
    if dice.random() >= SHARE_JOINED:
        return []
    others = [p for p in speakers if p is not pattern and suits(p, shop) and _is_request(p)]
    return dice.sample(others, min(len(others), dice.choice((1, 1, 2)))) if _is_request(pattern) else []


def _is_request(pattern: Pattern) -> bool:
    """Whether it asks for one thing, so that it may be said before or after others."""
    heads = re.findall(r"<(\w+)>", pattern.text)
    return len(heads) == 1 and heads[0] in TOOL_WORDS


def _weight(pattern: Pattern) -> float:
    return (3.0 if "{" in pattern.text else 1.6) * EMPHASIS.get(pattern.source, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--count", type=int, default=36_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    partial = options.output.with_suffix(".partial")
    with partial.open("w") as file:
        file.writelines(json.dumps(scene) + "\n" for scene in expand(options.count, options.seed))
    partial.replace(options.output)


if __name__ == "__main__":
    main()
