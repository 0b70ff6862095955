"""From what the model wrote to calls with arguments: references, numbers and answers, by plain code."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from .followups import answered, corrected
from .language import ANSWER, CHANGES_SOMETHING, CORRECT, NO, TOOL_WORDS, YES, Phrase
from .state import Call, State, Understanding
from .tool_calls import MOST_PRODUCTS, Question, tool_calls


def translate(phrases: Sequence[Phrase], state: State, confidence: Sequence[float]) -> Understanding:
    """The calls that some phrases mean in a state, or the question to ask first.

    Args:
        phrases: What the model wrote.
        state: The conversation as it stands.
        confidence: The model's for each phrase, 0 to 1.
    """
    calls: list[Call] = []
    for phrase, sure in zip(phrases, confidence, strict=True):
        if phrase.head in TOOL_WORDS:
            made: list[Call] | Question = tool_calls(TOOL_WORDS[phrase.head], phrase, state, sure)
        elif phrase.head == CORRECT:
            made = corrected(phrase, state, sure)
        elif phrase.head in (ANSWER, YES) and state.pending:
            made = answered(phrase, state.pending, state, sure)
        elif phrase.head == NO:
            return Understanding(small_talk="no")
        else:
            return Understanding(small_talk=phrase.head.lower())
        if isinstance(made, Question):
            return Understanding(tuple(calls), question=made.text, pending=made.pending)
        calls.extend(made)
    return Understanding(tuple(_at_once(_side_by_side(_asked_once(_possible(calls, state))))))


def _possible(calls: Sequence[Call], state: State) -> Sequence[Call]:
    """Nothing can be taken out of an empty cart: "no oil paint" is left out of what is searched then."""
    if state.cart or not any(call.tool == "remove_from_cart" for call in calls):
        return calls
    if len(calls) == 1 and state.last_search and calls[0].arguments.get("product"):
        excluded = {"exclude": [calls[0].arguments["product"]]}
        return [Call("refine_search", excluded, calls[0].confidence, "model+code")]
    return [call for call in calls if call.tool != "remove_from_cart"] or calls


def _asked_once(calls: Sequence[Call]) -> Sequence[Call]:
    """The same question twice in one breath is one; two of the same coffee stay two."""
    return [
        call
        for at, call in enumerate(calls)
        if call.tool in CHANGES_SOMETHING
        or all((c.tool, c.arguments) != (call.tool, call.arguments) for c in calls[:at])
    ]


def _side_by_side(calls: Sequence[Call]) -> Iterator[Call]:
    """The same asked of several products ("what do the first two cost") is one comparison."""
    for (tool, about), group in groupby(calls, key=lambda call: (call.tool, call.arguments.get("about"))):
        asked = list(group)
        products = list(dict.fromkeys(call.arguments.get("product") for call in asked))
        if tool != "get_product_details" or not about or not 1 < len(products) <= MOST_PRODUCTS:
            yield from asked
            continue
        sure = min(call.confidence for call in asked)
        yield Call("compare_products", {"products": products, "about": about}, sure, "model+code")


def _at_once(calls: Iterable[Call]) -> Iterator[Call]:
    """Several things to remember are one call; what was said last holds."""
    for tool, group in groupby(calls, key=lambda call: call.tool):
        said = list(group)
        if tool != "set_preference":
            yield from said
            continue
        arguments = {name: value for call in said for name, value in call.arguments.items()}
        yield Call(tool, arguments, min(call.confidence for call in said), said[0].decided_by)
