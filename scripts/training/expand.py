"""Multiply the hand-written patterns over the vocabularies of many shops.

Each pattern (patterns/*.txt, format in patterns/README.md) is filled from one shop's
vocabulary at a time (vocabulary/*.toml), set in a dialogue state, roughened as speech and
recognizers are rough, normalised as the running agent normalises, and written as one
training example: the prompt the agent will read and the calls it should write. An example
that the agent's own grammar would not admit is left out and counted.
"""

import argparse
import json
import random
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from num2words import num2words

from voice_agent_cli.understanding import prompt
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.language import HEADS, SLOTS, Kind, Phrase, write
from voice_agent_cli.understanding.numbers import Utterance, read
from voice_agent_cli.understanding.state import Pending, ShownProduct, State

HERE = Path(__file__).parent
MARK = re.compile(r"<(\w+)>|\[(\w+)(?:=([^:\]]+))?(?::([^\]]*))?\]")
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
OPEN_SIZES = ("size", "color", "product", "option", "quantity", "confirm", "code")
SELF_CONTAINED = frozenset(
    {"Search", "Cart", "Policy", "Details", "Compare", "Track", "Similar", "Checkout", "Discount", "Undo"}
)


@dataclass(frozen=True)
class Pattern:
    """One hand-written line: the state it is said in, and its text with mark-up."""

    source: str
    state: str
    text: str


@dataclass
class Draft:
    """A sentence being built: its text, and which characters belong to which slot."""

    text: str = ""
    calls: list[tuple[str, list[tuple[str, str | tuple[int, int]]]]] = field(default_factory=list)


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
    return [{key: shop.get(key) or pooled[key] for key in keys} for shop in shops], common


def price_words(dice: random.Random, low: int = 3) -> tuple[str, float]:
    """A price as people say it, and its amount."""
    if low < 90 and dice.random() < 0.12:
        dollars, cents = dice.randint(max(low, 4), max(low, 4) + 80), dice.choice((99, 50, 95))
        return f"{num2words(dollars)} {num2words(cents)}", dollars + cents / 100
    amount = dice.choice(
        (
            dice.randint(low, low + 30),
            5 * dice.randint(1, 60),
            10 * dice.randint(1, 40),
            50 * dice.randint(1, 30),
            100 * dice.randint(1, 25),
        )
    )
    if amount < low:
        amount = 10 * (low // 10 + dice.randint(1, 6))
    words = num2words(amount).replace("-", " ").replace(",", "")
    if dice.random() < 0.5:
        words = words.replace(" and ", " ")
    if words.startswith("one hundred") and dice.random() < 0.6:
        words = words.replace("one hundred", "a hundred", 1)
    return words, amount


class Filler:
    """Fills placeholders so that one sentence speaks of one shop and of what is shown."""

    def __init__(
        self,
        dice: random.Random,
        shop: Mapping[str, list],
        common: Mapping[str, list],
        shown: list[dict[str, str]],
    ) -> None:
        self._dice, self._shop, self._common, self._shown = dice, shop, common, shown
        self._seen: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        if name not in self._seen:
            self._seen[name] = self._fresh(name)
        return self._seen[name]

    def _fresh(self, name: str) -> str:
        dice, base = self._dice, name.rstrip("2")
        if base in ("color", "brand", "title", "thing") and self._shown and dice.random() < 0.6:
            known = [p[base] for p in self._shown if p.get(base) and p[base] not in self._seen.values()]
            if known:
                return dice.choice(known)
        if base in ("thing", "things"):
            words = dice.choice(self._shop["things"])[0 if base == "thing" else 1]
            if dice.random() < 0.12:
                words = f"{dice.choice(self._shop['materials'])} {words}"
            elif dice.random() < 0.06:
                words = f"{words} {dice.choice(self._shop['features'])}"
            return words
        if base == "price":
            low = 3 if name == "price" else int(self._low_price() + 5)
            return price_words(dice, low)[0]
        if base in ("qty", "n"):
            return num2words(dice.choice((2, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12)))
        if base == "ordinal":
            options = ["first", "second", "third", "last", "fourth", "middle", "fifth"][
                : 5 if name == "ordinal" else 4
            ]
            return dice.choice([o for o in options if o not in self._seen.values()])
        if base in ("code", "order"):
            return dice.choice(self._common[f"{base}s"])
        plural = {"category": "categories"}.get(base, f"{base}s")
        pool = [e for e in self._shop[plural] if e not in self._seen.values()] or self._shop[plural]
        return dice.choice(pool)

    def _low_price(self) -> float:
        low = read(self("price")).words[0].text
        return float(low) if low.replace(".", "").isdigit() else 20


def shown_products(dice: random.Random, shop: Mapping[str, list]) -> list[dict[str, str]]:
    """Two to five products as they might have just been read out."""
    products = []
    same = dice.choice(shop["things"])[0]
    for _ in range(dice.choice((1, 2, 3, 3, 3, 4, 5))):
        thing = same if dice.random() < 0.6 else dice.choice(shop["things"])[0]
        brand, color = dice.choice(shop["brands"]), dice.choice(shop["colors"])
        shape = dice.random()
        if shape < 0.4:
            title = dice.choice(shop["titles"])
        elif shape < 0.65:
            title = f"{brand} {thing}"
        elif shape < 0.8:
            title = f"{dice.choice(shop['materials'])} {thing}"
        else:
            title = f"{color} {thing}"
        products.append(
            {"title": title, "thing": thing, "brand": brand, "color": color if dice.random() < 0.5 else ""}
        )
    return products


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
            draft.calls.append((head, []))
            continue
        start = len(draft.text) + (1 if draft.text else 0)
        say(words or "")
        if value is None and words is None:
            draft.calls[-1][1].append((slot, ""))
        elif value is None:
            draft.calls[-1][1].append((slot, (start, len(draft.text))))
            if (
                slot in ("Max", "Min")
                and dice.random() < 0.2
                and not re.match(r"\s*(dollars|bucks|euros|pounds)", pattern.text[at:])
            ):
                say(dice.choice(("dollars", "bucks", "dollars", "euros", "pounds")))
        else:
            said = PLACEHOLDER.sub(lambda match: fill(match.group(1)), value)
            draft.calls[-1][1].append(
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
    """Now and then a word with two letters swapped, one dropped or doubled, to learn copying."""
    at = [i for i in range(1, len(draft.text) - 1) if draft.text[i - 1 : i + 2].isalpha()]
    if not at:
        return draft
    i = dice.choice(at)
    text = draft.text
    draft.text = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return draft


def with_edges(draft: Draft, dice: random.Random) -> Draft:
    """An opening or a closing word, as people add them to any request."""
    head = draft.calls[0][0]
    if head in ("None", "Unable", "Hello", "Thanks", "Bye", "Yes", "No", "Repeat", "Help"):
        return draft
    if dice.random() < 0.10:
        opening = dice.choice(OPENINGS)
        draft.text = f"{opening} {draft.text}"
        shift = len(opening) + 1
        draft.calls = [
            (h, [(s, (v[0] + shift, v[1] + shift) if isinstance(v, tuple) else v) for s, v in slots])
            for h, slots in draft.calls
        ]
    if dice.random() < 0.10:
        draft.text = f"{draft.text} {dice.choice(CLOSINGS)}"
    return draft


def phrases_of(draft: Draft, utterance: Utterance) -> tuple[Phrase, ...] | None:
    """The calls with each slot's words as the normalised utterance has them."""
    phrases = []
    for head, slots in draft.calls:
        values = []
        for slot, value in slots:
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
        phrases.append(Phrase(head, tuple(values)))
    return tuple(phrases)


def admitted(
    calls: str, utterance: Utterance, question_open: bool, arguments: Mapping[str, list[str]]
) -> bool:
    """Whether the running agent's grammar would let the model write these calls."""
    grammar = Grammar([w.text for w in utterance.words], arguments, question_open)
    places = {grammar.start()}
    for word in [*calls.split(), ""]:
        places = {
            then for place in places if place for said, then in grammar.following(place) if said == word
        }
    return bool(places)


def state_for(
    pattern: Pattern, shop: Mapping[str, list], shops: list, dice: random.Random
) -> tuple[State, list[dict[str, str]]]:
    """A dialogue state in which the pattern may be said, and the products it may speak of."""
    shown: list[dict[str, str]] = []
    speaks_of_shown = pattern.state == "shown" or (pattern.state.startswith("asked") and dice.random() < 0.8)
    if speaks_of_shown or (pattern.state == "any" and dice.random() < 0.5):
        shown = shown_products(dice, shop)
    elif pattern.state == "nothing" and dice.random() < 0.25:
        shown = shown_products(dice, dice.choice(shops))
    pending = None
    if pattern.state.startswith("asked"):
        pending = Pending("", "", pattern.state.removeprefix("asked").strip())
    elif pattern.text.startswith(tuple(f"<{head}>" for head in SELF_CONTAINED)) and dice.random() < 0.06:
        pending = Pending("", "", dice.choice(OPEN_SIZES))
    products = tuple(
        ShownProduct("", p["title"], attributes={"color": p["color"]} if p["color"] else {}) for p in shown
    )
    return State(shown=products, pending=pending), shown if speaks_of_shown or pattern.state == "any" else []


def example(
    pattern: Pattern,
    shops: list,
    common: Mapping[str, list],
    dice: random.Random,
    arguments: Mapping[str, list[str]],
) -> dict[str, str] | None:
    """One training example, or nothing where the grammar would not admit it."""
    shop = dice.choice(shops)
    state, shown = state_for(pattern, shop, shops, dice)
    draft = with_edges(build(pattern, Filler(dice, shop, common, shown), dice), dice)
    if dice.random() < 0.05:
        draft = misspelt(draft, dice)
    utterance = read(draft.text)
    phrases = phrases_of(draft, utterance)
    if not utterance.words or phrases is None:
        return None
    calls = write(phrases)
    if not admitted(calls, utterance, state.pending is not None, arguments):
        return None
    return {"prompt": prompt.before_speech(state) + prompt.utterance_part(utterance), "calls": " " + calls}


def tool_arguments() -> dict[str, list[str]]:
    """The arguments of every tool, from the tools' own schemas."""
    from voice_agent_cli.tools import registry

    return {name: list(registry.load(name).arguments.model_fields) for name in registry.names()}


def expand(count: int, seed: int, report: Callable[[str], None] = print) -> list[dict[str, str]]:
    """``count`` examples, every pattern about equally often; fixed sentences less."""
    dice = random.Random(seed)
    patterns = read_patterns(HERE / "patterns")
    for pattern in patterns:
        unknown = [
            h or s
            for h, s, _, _ in MARK.findall(pattern.text)
            if (h and h not in HEADS) or (s and s not in SLOTS)
        ]
        if unknown or not pattern.text or "<" not in pattern.text:
            raise SystemExit(f"{pattern.source}: unknown mark-up {unknown} in: {pattern.text}")
    shops, common = read_vocabularies(HERE / "vocabulary")
    arguments = tool_arguments()
    weights = [3.0 if "{" in p.text else 1.6 for p in patterns]
    refused: Counter[str] = Counter()
    examples: dict[tuple[str, str], dict[str, str]] = {}
    while len(examples) < count:
        pattern = dice.choices(patterns, weights)[0]
        made = example(pattern, shops, common, dice, arguments)
        if made is None:
            refused[f"{pattern.source}: {pattern.text}"] += 1
        else:
            examples[made["prompt"], made["calls"]] = made
    report(f"{len(patterns)} patterns, {len(examples)} examples, {sum(refused.values())} refused")
    for line, times in refused.most_common(40):
        report(f"  refused {times}: {line}")
    return list(examples.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--count", type=int, default=36_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rows = expand(options.count, options.seed)
    options.output.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
