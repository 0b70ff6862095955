"""What the words around a value say as well: the rest of a code, the other end of a range, one piece only.

The model copies what it was taught to copy; what always goes with it is added by plain code.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .amounts import only_least, only_most
from .language import NO, YES, Phrase
from .numbers import Utterance

_BEFORE_A_CODE = frozenset(
    "a an the my code coupon voucher promo promotion discount number called is it's apply use enter redeem "
    "try with add put in and please got have".split()
)
_DEPARTMENTS = frozenset("section department aisle category categories range part area".split())
_HOW = frozenset({"much", "long", "far", "well"})
_ASKING = frozenset({"does", "do", "will", "would", "can", "could"})
_DOING = frozenset("weigh last keep burn hold stretch carry reach cover shrink measure grow stay".split())
"""Verbs that say themselves what is asked."""
_WITHIN = 8
"""Words behind "how much does" among which such a verb belongs to it."""
_TAKING = "(take|remove|drop|lose|cut|delete|scrap|cancel)( off| out)?"
_OFF = "(less|fewer|off|out)"
_PACKS = re.compile("(?:bag|pack|packet|bottle|tin|jar|roll|tub|boxe)s")
_SEVERAL_THINGS = ("those", "these", "them")
_SEVERAL = ("couple", "few", "dozen", "pair", "lot")
_DEARER = re.compile(
    r"\b(more expensive|costlier|pricier|dearer|posher|fancier|costs? more|better quality)\b"
)
_CHEAPER = re.compile(r"\b(cheaper|less expensive|costs? less|nothing|don't|not|no|isn't|too)\b")
_PURPOSE = re.compile(
    r" (?:for|as)(?: an?| the| my| our)? (?P<for>(?:\d+ )?[a-z']+(?: [a-z0-9']+){0,2})$"
    r"|^for(?: an?| the| my| our)? (?P<first>(?:\d+ )?[a-z']+(?: [a-z]+)?) (?:the|is|would|will|which) "
)
_DOES_BETTER = re.compile(
    r" (?P<does>[a-z]+?)s? (?:the )?(?:longer|longest|better|best|more|most|less|least) "
)
_LIKE_THAT = re.compile(
    r" (?:an?|another|other|any|some) (?P<noun>(?!one|thing|bit|more)[a-z]+(?: [a-z]+)?) "
    r"like (?P<that>that|this|it|those|these) (?=$|but |only |just |in |with |without |from |please )"
)
_BARE_THAT = frozenset("that this it those these".split())
_ANYBODY = frozenset("me us him her them you now please that it this those these sure example".split())
_REFUSING = re.compile(
    r" (no way|nope|nah|no thanks|not (now|yet|today)|never mind|forget (it|that)|changed my mind|hold on|"
    r"cancel|stop) "
)
_AGREEING = re.compile(
    r" (yes|yeah|yep|yup|aye|sure|ok|okay|go|please|confirm|place|order|do|fine|right|correct|course|"
    r"absolutely|definitely) "
)
_AGES = frozenset({"age", "ages", "aged", "size", "sizes"})


def completed(phrases: Sequence[Phrase], utterance: Utterance) -> tuple[Phrase, ...]:
    """The phrases, each with what belongs to it.

    Args:
        phrases: What the model wrote.
        utterance: What it read.
    """
    words = [word.text for word in utterance.words]
    return tuple(
        Phrase(_head(phrase, words), tuple(_completed(phrase, utterance, words)))
        for phrase in _said_once(phrases, words)
    )


def _said(words: Sequence[str]) -> str:
    """The words in one text, each between spaces."""
    return f" {' '.join(words)} "


def _said_once(phrases: Sequence[Phrase], words: Sequence[str]) -> Sequence[Phrase]:
    """ "A bell, a brass bell", "bags, white gravel" are one thing, which is said more exactly."""
    said = _said(words)
    items = [item for phrase in phrases for item in phrase.values("Item")]
    tried = {("Item", first) for first, then in pairwise(items) if _is_said_again(first, then, said)}
    kept = (Phrase(p.head, tuple(slot for slot in p.slots if slot not in tried)) for p in phrases)
    return [phrase for phrase, before in zip(kept, phrases, strict=True) if phrase.slots or not before.slots]


def _is_said_again(first: str, then: str, said: str) -> bool:
    """Whether the second of two things, said at once, is the first in more words, or what is in the packs."""
    if _PACKS.fullmatch(first):
        return bool(re.search(rf" {first} (of )?((?!and)\w+ )?{re.escape(then)} ", said))
    more = set(first.split()) < set(then.split())
    return more and bool(
        re.search(rf" {re.escape(first)} ((an?|the|some|one|\d+) )?{re.escape(then)} ", said)
    )


def _head(phrase: Phrase, words: Sequence[str]) -> str:
    """ "Another mocha, a large one" leaves the small one in the cart as it is; "no way" is no yes."""
    said = _said(words)
    if phrase.head == YES and _REFUSING.search(said) and not _AGREEING.search(said):
        return NO
    item = _only_item(phrase, "Update")
    if not item or not {slot for slot, _ in phrase.slots} & {"Size", "Color", "With"}:
        return phrase.head
    named = re.sub("^another ", "", item)
    return "Add" if f" another {named} " in said else phrase.head


def _only_item(phrase: Phrase, head: str) -> str | None:
    """What the phrase is about, if it is one thing under this head."""
    items = phrase.values("Item")
    return items[0] if phrase.head == head and len(items) == 1 else None


def _completed(phrase: Phrase, utterance: Utterance, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    like = _LIKE_THAT.search(_said(words)) if phrase.head == "Similar" else None
    purpose = _purpose(words) if phrase.head == "Compare" else ""
    if like:
        yield "Item", f"{like['that']} {like['noun']}"
    for slot, value in phrase.slots:
        if slot == "Item" and like and value in (*_BARE_THAT, like["noun"]):
            continue
        if slot == "Item" and purpose:
            yield slot, value.removesuffix(f" for {purpose}")
        elif slot in ("Code", "Order"):
            yield slot, _whole_code(slot, value, utterance, words)
        elif slot == "About":
            yield slot, _asked_by_verb(value, words)
        elif slot == "Change" and value == "cheaper":
            yield slot, _cheaper_or_dearer(words)
        elif slot == "Category" and _is_a_new_kind(phrase, words):
            yield "Query", value
        else:
            yield slot, value
    yield from _compared_for(phrase, words, purpose)
    yield from _more_of(phrase, words)
    yield from _one_piece(phrase, words)
    yield from _another(phrase, words)
    yield from _dozens(phrase, words)
    yield from _other_end(phrase, words)


def _whole_code(slot: str, code: str, utterance: Utterance, words: Sequence[str]) -> str:
    """A code with what a hyphen joins to it; a voucher's bare number with the word before it."""
    length = len(code.split())
    # "Take 10 off with cosy 10": the code comes last.
    at = next((i for i in reversed(range(len(words))) if " ".join(words[i : i + length]) == code), None)
    if at is None:
        return code
    first, end = at, at + length
    while first and _hyphen_before(first, utterance):
        first -= 1
    while end < len(words) and _hyphen_before(end, utterance):
        end += 1
    bare = (first, end) == (at, at + 1) and code.isdigit()
    if slot == "Code" and bare and at and words[at - 1] not in _BEFORE_A_CODE:
        first = at - 1
    return " ".join(words[first:end])


def _hyphen_before(at: int, utterance: Utterance) -> bool:
    before, word = utterance.words[at - 1 : at + 1]
    return utterance.text[before.end : word.start] == "-"


def _asked_by_verb(about: str, words: Sequence[str]) -> str:
    """What is asked is the weight in "how much does it weigh", and the price in "how much does it cost"."""
    if about not in _HOW or about not in words[1:]:
        return about
    at = words.index(about, 1)
    asking = words[at - 1] == "how" and words[at + 1 : at + 2] and words[at + 1] in _ASKING
    verbs = [word for word in words[at + 2 : at + 2 + _WITHIN] if word in _DOING]
    return verbs[0] if asking and verbs else about


def _cheaper_or_dearer(words: Sequence[str]) -> str:
    """ "Something more expensive" says itself which way; where a "not" or a "too" is said, it does not."""
    said = " ".join(words)
    return "pricier" if _DEARER.search(said) and not _CHEAPER.search(said) else "cheaper"


def _more_of(phrase: Phrase, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """ "Show more lamps" may ask for further results: the state will tell (tool_calls.py)."""
    alone = phrase.head in ("Search", "Refine") and [slot for slot, _ in phrase.slots] == ["Query"]
    if alone and f" more {phrase.slots[0][1]} " in _said(words):
        yield "Change", "more"


def _compared_for(phrase: Phrase, words: Sequence[str], purpose: str) -> Iterator[tuple[str, str]]:
    """ "Which one is better for the bus", "for a bad back the mat or the roller", "which lasts longer"."""
    if phrase.head != "Compare" or phrase.values("About"):
        return
    named = " ".join(phrase.values("Item")).removesuffix(f" for {purpose}").split()
    if purpose and not set(purpose.split()) & {*named, *_ANYBODY}:
        yield "About", purpose
    elif (does := _DOES_BETTER.search(_said(words))) and does["does"] in _DOING:
        yield "About", does["does"]


def _purpose(words: Sequence[str]) -> str:
    found = _PURPOSE.search(" ".join(words))
    return (found["for"] or found["first"]) if found else ""


def _is_a_new_kind(phrase: Phrase, words: Sequence[str]) -> bool:
    """ "What's new in kettles": what is looked for, since a shop may call its departments anything."""
    plain = phrase.head == "Search" and phrase.values("Sort") and not phrase.values("Query")
    return bool(plain) and not _DEPARTMENTS & set(words)


def _one_piece(phrase: Phrase, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """ "Take a croissant off", "one croissant less" leave the others."""
    item = _only_item(phrase, "Remove")
    if not item or phrase.values("Quantity"):
        return
    named = re.sub("^(one|an?) ", "", item)
    word = re.escape(named)
    pieces = rf"one of {word}|one (less|fewer) {word}|one {word} {_OFF}"
    taken = rf" ({_TAKING} (one|an?) {word}|{_TAKING} one {_OFF}|{pieces}) "
    if not named.startswith(_SEVERAL) and re.search(taken, _said(words)):
        yield "Quantity", "1"


def _another(phrase: Phrase, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """ "Another bottle of the red" is one more, "one plate is plenty" is one, if nothing else changes."""
    item = _only_item(phrase, "Update")
    if not item or {slot for slot, _ in phrase.slots} - {"Item", "Brand"}:
        return
    named = re.escape(re.sub("^(another|one more|the|those|that|my) ", "", item))
    said = _said(words)
    if re.search(rf" (another|one more) ((\w+ )?of )?((the|those|that|my) )?{named} ", said):
        yield "Quantity", "+1"
    elif re.search(rf" one {named} ", said):
        yield "Quantity", "1"


def _dozens(phrase: Phrase, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """ "Half a dozen oranges", "a couple of lamps" are so many of them, "one of those" is one."""
    item = _only_item(phrase, "Add")
    if not item or phrase.values("Quantity"):
        return
    if item in _SEVERAL_THINGS and re.search(rf" one of {item} ", _said(words)):
        yield "Quantity", "1"
    counted = rf" (half a dozen|a dozen|\d+ dozen|a couple) (of )?(the |those )?{re.escape(item)} "
    said = re.search(counted, _said(words))
    if said:
        yield "Quantity", said[1]


def _other_end(phrase: Phrase, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """ "10 to 15 dollars" is a lowest and a highest price, though only one was written."""
    least, most = phrase.values("Min"), phrase.values("Max")
    if bool(least) == bool(most):
        return
    lows, highs = only_least(words), only_most(words)
    for before, low, between, high in zip(("", *words), words, words[1:], words[2:], strict=False):
        is_range = between in ("to", "and") and low in lows and high in highs
        if is_range and before not in _AGES and (most == (high,) or least == (low,)):
            yield ("Min", low) if most else ("Max", high)
            return
