"""What the agent is compared with: the same model untrained, and plain keyword matching.

The keyword matcher is a baseline and nothing else: no part of the assistant uses it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256

from voice_agent_cli.quality.understanding import Case, Understander
from voice_agent_cli.settings import Settings
from voice_agent_cli.tools import registry as tools
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.llm.model import Written
from voice_agent_cli.understanding.numbers import read
from voice_agent_cli.understanding.preference import favourite
from voice_agent_cli.understanding.references import resolve
from voice_agent_cli.understanding.state import Call, State, Understanding
from voice_agent_cli.understanding.tagger import Tagger

_CUES: tuple[tuple[str, str], ...] = (
    ("clear_cart", r"\b(empty|clear)\b.*\b(cart|basket|order|all|everything)\b"),
    ("checkout", r"\b(check ?out|pay|place (the|my) order|buy it all)\b"),
    ("undo", r"\b(undo|take that back)\b"),
    ("apply_discount", r"\b(code|coupon|voucher)\b"),
    ("track_order", r"\b(track|where('s| is) my (order|parcel|package))\b"),
    ("get_store_policy", r"\b(shipping|deliver|delivery|returns?|refund|opening|open|close|cards?)\b"),
    ("set_preference", r"\b(remember|i (always|usually) wear|my size is)\b"),
    ("remove_from_cart", r"\b(remove|delete|take out|drop)\b"),
    ("update_cart", r"\b(make it|change)\b"),
    ("compare_products", r"\b(compare|difference|versus|better)\b"),
    ("recommend_similar", r"\b(similar|something like|alternatives?)\b"),
    ("check_availability", r"\b(in stock|available|come in|do you have .* in)\b"),
    ("add_to_cart", r"\b(add|i'll take|i'll have|put)\b"),
    ("view_cart", r"\b(cart|basket)\b"),
    ("get_product_details", r"\b(tell me|how much|what('s| is)|details|material)\b"),
    ("refine_search", r"\b(cheaper|more expensive|show me more|next|only|without)\b"),
    ("search_products", r"\b(find|show|search|looking for|need|want|have|got|any)\b"),
)
MOST_WORDS = 160
_ON_A_PRODUCT = frozenset(
    {"add_to_cart", "update_cart", "remove_from_cart", "get_product_details", "check_availability"}
)
_FILLING = frozenset(
    "i i'm im am a an the some any me my please can could you show find looking for need".split()
)


class KeywordMatcher:
    """A baseline: the first cue in a fixed list decides the tool, what is left is the query."""

    model_name = "keyword matcher (baseline)"

    def prepare(self, state: State) -> None:
        """Nothing to read ahead."""

    def understand(self, text: str, state: State) -> Understanding:
        """At most one call."""
        said = str(read(text))
        if state.pending and len(said.split()) <= 3:
            return Understanding(tuple(_answered(said, state)))
        tool = next((tool for tool, cue in _CUES if re.search(cue, said)), None)
        return Understanding((Call(tool, dict(_arguments(tool, said, state))),) if tool else ())


def _answered(said: str, state: State) -> Iterator[Call]:
    pending = state.pending
    if pending and pending.missing != "confirm":
        yield Call(pending.tool, {**pending.arguments, pending.missing: said})
    elif pending and re.match(r"(yes|yeah|yep|sure|ok)\b", said):
        yield Call(pending.tool, {**pending.arguments, "confirm": True})


def _arguments(tool: str, said: str, state: State) -> Iterator[tuple[str, object]]:
    if tool in _ON_A_PRODUCT:
        found = resolve(said, state.shown, state.focus)
        if found.ids:
            yield "product", found.ids[0]
    elif tool in ("search_products", "refine_search"):
        price = re.search(r"\b(?:under|below|less than) (\d+(?:\.\d+)?)", said)
        if price:
            yield "max_price", price[1]
            said = said.replace(price[0], "")
        query = " ".join(word for word in said.split() if word not in _FILLING)
        if tool == "search_products" and query:
            yield "query", query
    elif tool == "apply_discount":
        yield "code", said.split()[-1]


class TaggerAlone:
    """The second reader in the language model's place: what it foresees is what is written."""

    def __init__(self, tagger: Tagger) -> None:
        self._tagger = tagger
        self.name = f"{tagger.name} alone"

    def prepare(self, prefix: str) -> None:
        """It reads state and utterance together."""

    def write(self, prefix: str, rest: str, grammar: Grammar) -> Written:  # noqa: ARG002
        """The best output for the tagger."""
        return Written(favourite(grammar, self._tagger.read(prefix, grammar.words), MOST_WORDS))


def opponents(settings: Settings) -> Iterator[Understander]:
    """Every one that is compared, loaded when it is its turn; the settings' own agent is the last.

    Raises:
        ModelError: A model file is absent or does not load.
    """
    from voice_agent_cli.models import registry
    from voice_agent_cli.understanding.agent import Agent, open_agent
    from voice_agent_cli.understanding.llm.examples import examples
    from voice_agent_cli.understanding.llm.llama_cpp import LlamaCpp

    chosen = settings.understanding
    file = registry.path(chosen.model, settings.models_dir)
    yield KeywordMatcher()
    for before, name in (("", "grammar only"), (examples(), "grammar, examples in the prompt")):
        model = LlamaCpp(file, None, chosen.threads, before)
        model.name = f"{file.stem}, {name}"
        yield Agent(model, tools.argument_names())
    if chosen.tagger:
        alone = TaggerAlone(Tagger(registry.path(chosen.tagger, settings.models_dir), chosen.threads))
        yield Agent(alone, tools.argument_names())
        without = chosen.model_copy(update={"tagger": ""})
        yield open_agent(settings.model_copy(update={"understanding": without}), tools.argument_names())
    yield open_agent(settings, tools.argument_names())


def fixed_part(cases: Sequence[Case], count: int) -> list[Case]:
    """About ``count`` of the cases: of every kind its share, at least one, always the same ones."""
    kinds: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        kinds[case.kind].append(case)
    part: list[Case] = []
    for _, members in sorted(kinds.items()):
        share = max(1, round(count * len(members) / len(cases)))
        part.extend(sorted(members, key=_shuffled)[:share])
    return part


def _shuffled(case: Case) -> str:
    # The same words may be said in several states.
    return sha256(f"{case.text} {case.state}".encode()).hexdigest()
