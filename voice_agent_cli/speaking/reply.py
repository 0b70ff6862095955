"""From what the tools answered to what is said: short, for the ear, and nothing that no tool told.

Every product, price, stock figure and total in a reply comes from an outcome's result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voice_agent_cli.errors import ChoiceNeeded, NotFoundError, ToolError, VoiceAgentError
from voice_agent_cli.speaking import about_cart, about_products
from voice_agent_cli.speaking.phrases import choice, clean, sentence
from voice_agent_cli.speaking.phrases import sentences as sentences_of
from voice_agent_cli.speaking.said import Said
from voice_agent_cli.tools.registry import ToolOutcome
from voice_agent_cli.understanding.state import Pending, Understanding

NOT_UNDERSTOOD = "not_understood"
_WORDS = {**about_products.WORDS, **about_cart.WORDS}
_INTENTS = {
    "search_products": "product_search",
    "refine_search": "product_search",
    "get_product_details": "product_details",
    "check_availability": "availability_check",
    "compare_products": "product_comparison",
    "recommend_similar": "recommendation",
    "track_order": "order_status",
    "get_store_policy": "store_policy",
}
_SMALL_TALK = {
    "hello": ("greeting", ("Hello!", "What can I find for you?")),
    "thanks": ("thanks", ("You're welcome.",)),
    "bye": ("goodbye", ("Goodbye!", "Your cart stays as it is.")),
    "help": (
        "help",
        ("Tell me what you are looking for.", "I find and compare products, fill your cart and check out."),
    ),
    "unable": ("unsupported", ("I can't do that, only help you shop.", "What are you looking for?")),
    "no": ("declined", ("All right, I won't.",)),
}
_DECLINED = {"checkout": "All right, nothing is ordered.", "clear_cart": "All right, your cart stays."}
_CHOICES = {"size": "Which size?", "color": "Which color?", "quantity": "How many?", "code": "Which code?"}
_LONGEST_ERROR = 160
_FIRST_WORDS = 12


@dataclass(frozen=True)
class Reply:
    """What is said and shown. ``text`` is its ``sentences`` joined; ``pending`` the question it asks.

    ``products`` and ``cart`` have the shapes of the tools' results; ``None`` where nothing new is shown.
    """

    text: str
    sentences: tuple[str, ...]
    products: tuple[Mapping[str, Any], ...] | None = None
    cart: Mapping[str, Any] | None = None
    intent: str = NOT_UNDERSTOOD
    pending: Pending | None = None


def compose(
    outcomes: Sequence[ToolOutcome], understanding: Understanding, previous: Reply | None = None
) -> Reply:
    """The reply to one utterance, its answers in the order of its calls.

    ``previous`` is what was said before, for a shopper who asks to hear it again.
    """
    if not outcomes:
        return _without_tools(understanding, previous)
    answers = [_answer(outcome) for outcome in outcomes]
    # The same refusal of several calls is said once.
    told = dict.fromkeys(answer.sentences for answer in answers)
    sentences = [part for answered in told for part in answered]
    carts = [answer.cart for answer in answers if answer.cart is not None]
    changed = [answer.cart for answer in answers if answer.changed_cart]
    if changed and changed[-1] is not None and outcomes[-1].tool not in ("view_cart", "checkout"):
        at = len(sentences) if outcomes[-1].success else len(sentences) - len(answers[-1].sentences)
        sentences[at:at] = [about_cart.total(changed[-1]), *about_cart.notices(changed[-1])]
    shown = [answer.products for answer in answers if answer.products is not None]
    return _reply(
        sentences,
        "Done." if changed else "Here it is.",
        intent=_intent(outcomes[0]),
        products=shown[-1] if shown else None,
        cart=carts[-1] if carts else None,
        pending=_pending(outcomes[-1], sentences),
    )


def greeting() -> Reply:
    return _small_talk("hello")


def failure() -> Reply:
    """What is said when a part of the machine failed: it is never the shopper's fault."""
    return _reply(["Sorry, something went wrong on my side.", "Please say that once more."], intent="error")


def _without_tools(understanding: Understanding, previous: Reply | None) -> Reply:
    if understanding.question:
        question = sentences_of(sentence(clean(understanding.question, _LONGEST_ERROR)))
        return _reply(question, intent="clarification", pending=understanding.pending)
    kind = (understanding.small_talk or "").lower()
    if kind == "repeat" and previous is not None:
        return previous
    if kind == "no" and previous is not None and previous.pending is not None:
        return _reply([_DECLINED.get(previous.pending.tool, "All right, never mind.")], intent="declined")
    if kind in _SMALL_TALK:
        return _small_talk(kind)
    return _reply(["Sorry, I didn't catch that.", "What are you looking for?"], intent=NOT_UNDERSTOOD)


def _small_talk(kind: str) -> Reply:
    intent, sentences = _SMALL_TALK[kind]
    return _reply(list(sentences), intent=intent)


def _reply(sentences: Sequence[str], opening: str = "Let me see.", **more: Any) -> Reply:
    kept = tuple(filter(None, sentences))
    if len(kept[0].split()) >= _FIRST_WORDS:
        kept = (opening, *kept)  # something short first: its sound leaves early
    return Reply(" ".join(kept), kept, **more)


def _intent(outcome: ToolOutcome) -> str:
    if outcome.tool == "get_product_details" and outcome.arguments.get("about") == "price":
        return "price_inquiry"
    return _INTENTS.get(outcome.tool, outcome.tool)


def _answer(outcome: ToolOutcome) -> Said:
    if outcome.result is not None:
        words = _WORDS.get(outcome.tool)
        return words(outcome.result) if words else Said(("Done.",))
    return _refusal(outcome.tool, outcome.error or VoiceAgentError("unknown"))


def _refusal(tool: str, error: VoiceAgentError) -> Said:
    """What is missing or in the way, and what can be done."""
    if isinstance(error, ChoiceNeeded):
        summary = error.details.get("summary")
        if error.field == "confirm" and isinstance(summary, dict):
            return Said(about_cart.confirming(tool, summary), cart=summary)
        return Said(_question(error))
    if isinstance(error, ToolError | NotFoundError):
        return Said(("Sorry.", sentence(clean(error.message.replace("_", " "), _LONGEST_ERROR))))
    if error.exit_code == 2:
        return Said(("I didn't get all of that.", "Please say it in other words."))
    return Said(failure().sentences)


def _question(error: ChoiceNeeded) -> tuple[str, ...]:
    if not error.choices:
        return (sentence(clean(error.message, _LONGEST_ERROR)),)
    if error.field in ("product", "products"):
        if len(error.choices) == 1:
            return (sentence(f"do you mean the {choice(error.choices)}?"),)
        asked = "I'm not sure which one you mean."
    else:
        asked = _CHOICES.get(error.field, f"Which {clean(error.field, 30)}?")
    return asked, sentence(f"there is {choice(error.choices)}")


def _pending(outcome: ToolOutcome, sentences: Sequence[str]) -> Pending | None:
    error = outcome.error
    if not isinstance(error, ChoiceNeeded):
        return None
    return Pending(
        question=" ".join(sentences[-2:]),
        tool=outcome.tool,
        missing=error.field,
        arguments={**outcome.arguments, **error.understood},
        choices=error.choices,
    )
