"""Words for what was found, told, compared and looked up."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from voice_agent_cli.speaking.phrases import (
    MOST_SAID,
    choice,
    clean,
    listed,
    money,
    pick,
    price_of,
    sentence,
    title_of,
)
from voice_agent_cli.speaking.said import Said

Result = Mapping[str, Any]
_FEW_LEFT = 5
_LONGEST_ANSWER = 180
_PRICE = frozenset({"price", "cost", "cheap", "cheaper", "cheapest", "expensive", "pricier"})
_FILTERS = {
    "max_price": "the price limit",
    "min_price": "the lowest price",
    "on_sale": "only what is on sale",
    "in_stock": "only what is in stock",
    "exclude": "what you didn't want",
    "options": "the other wishes",
    "query": "those words",
}


def found(result: Result) -> Said:
    """A search or a refined one."""
    products = tuple(result["products"])
    if not products:
        return _nothing(result)
    return Said((_opening(result), _named(products), *_notes(result)), products)


def _opening(result: Result) -> str:
    products, total = result["products"], result["total_count"]
    wanted = clean(str(result["filters"].get("query", "")), 30)
    if result.get("nothing_cheaper"):
        return "Those were the cheapest already."
    if result.get("nothing_pricier"):
        return "Those were the top end already."
    if result["found_by"] in ("spelling", "sound"):
        return f"I think you mean {'this' if total == 1 else 'these'}."
    if result["found_by"] == "meaning":
        return "I have nothing called that, but this may do." if total == 1 else "For that, these may do."
    if total == 1:
        return pick(("I found just one.", "There is one.", "One fits."), wanted)
    if result["filters"].get("offset"):
        return "Here are the next ones."
    if wanted.endswith("s") and len(wanted.split()) <= 3 and total > 1:
        return f"I found {total} {wanted}."
    return pick((f"I found {total}.", f"There are {total}."), wanted + products[0]["title"])


def _named(products: Sequence[Result]) -> str:
    """The first three by name and price."""
    named = [f"{title_of(product)}, {price_of(product)}" for product in products[:MOST_SAID]]
    if len(named) == 1:
        return sentence(f"the {named[0]}")
    if len(named) == 2:
        return sentence(f"the {named[0]}, and the {named[1]}")
    return sentence(f"first, the {named[0]}; second, the {named[1]}; and third, the {named[2]}")


def _notes(result: Result) -> tuple[str, ...]:
    notes = []
    if result["assumed"].get("max_price"):
        currency = result["products"][0]["price"]["currency"]
        notes.append(f"That is within your budget of {money(result['assumed']['max_price'], currency)}.")
    if result["total_count"] > MOST_SAID:
        notes.append(pick(("Say more to hear others.", "There are more."), result["products"][0]["id"]))
    return tuple(notes)


def _nothing(result: Result) -> Said:
    """What was not found, and which wish to drop for what exists."""
    wanted = clean(str(result["filters"].get("query", "")), 40)
    missing = f"I don't have that: {wanted}." if wanted else "Nothing fits all of that."
    for relaxed in result["relaxed"]:
        products = tuple(relaxed["products"])
        if products:
            drop = listed([_filter(name.strip(), result["filters"]) for name in relaxed["drop"].split(",")])
            opening = "Nothing fits all of that." if len(result["filters"]) > 1 else missing
            be = "is" if relaxed["total_count"] == 1 else "are"
            there = f"Without {drop} there {be} {relaxed['total_count']}."
            return Said((opening, there, _named(products)), products)
    return Said((missing, "Try it in other words, or tell me what it is for."), ())


def _filter(name: str, filters: Mapping[str, Any]) -> str:
    if name in _FILTERS:
        return _FILTERS[name]
    value = filters.get(name)
    return f"the {name} {clean(str(value), 30)}" if value else f"the {name}"


def details(result: Result) -> Said:
    product, answer = result["product"], result["answer"]
    if answer is None:
        return Said(_portrait(product), (product,))
    topic, value = clean(answer["topic"], 30), answer["value"]
    if not answer["known"] or not value:
        return Said(
            (f"The shop doesn't say anything on {topic}.", f"It is the {title_of(product)}."), (product,)
        )
    return Said((_answered(product, topic, value),), (product,))


def _portrait(product: Result) -> tuple[str, ...]:
    by = f" by {clean(product['vendor'], 40)}" if product.get("vendor") else ""
    told = [f"The {title_of(product)}{by} is {price_of(product)}."]
    if description := clean(product["description"], _LONGEST_ANSWER):
        told.append(sentence(description.split(". ")[0]))
    for name, values in list((product.get("options") or {}).items())[:2]:
        told.append(f"{sentence(name)[:-1]}: {choice(values)}.")
    return tuple(told)


def _answered(product: Result, topic: str, value: "str | list[str]") -> str:
    if topic == "price":
        return f"It costs {price_of(product)}."
    if topic == "brand":
        return f"It's by {clean(str(value), 60)}."
    if topic == "sale":
        return sentence(_reduced(str(value), product["price"]["currency"]))
    if isinstance(value, list):
        return sentence(f"it comes in {choice(value, most=8)}")
    told = clean(value, _LONGEST_ANSWER)
    return sentence(told if len(told.split()) > 6 else f"{topic}: {told}")


def _reduced(value: str, currency: str) -> str:
    priced = re.sub(r"\d+(?:\.\d+)?", lambda match: money(match[0], currency), clean(value, 80))
    return f"it's reduced {priced}" if value.startswith("from") else f"it's {priced}"


def available(result: Result) -> Said:
    product = result["product"]
    asked = listed([clean(value, 40) for value in result["asked"].values()])
    named = f"the {title_of(product)}{f' in {asked}' if asked else ''}"
    if result["available"]:
        quantity = result["quantity"]
        left = f"Only {quantity} left." if quantity is not None and 0 < quantity <= _FEW_LEFT else ""
        return Said(tuple(filter(None, ("Yes, it's in stock.", sentence(named), left))), (product,))
    why = "Sorry, that is sold out." if result["exists"] else "Sorry, it isn't made like that."
    others = [f"{clean(name, 30)} {choice(values)}" for name, values in result["alternatives"].items()]
    instead = sentence(f"there is {', or '.join(others)}") if others else ""
    return Said(tuple(filter(None, (why, instead))), (product,))


def compared(result: Result) -> Said:
    products = tuple(result["products"])
    names = [title_of(product) for product in products]
    about = result["about"]
    if about is not None and about["name"] not in _PRICE:
        if not any(about["values"]):
            return Said((f"The shop doesn't say anything on {clean(about['name'], 30)}.",), products)
        told = [f"{name}: {_cell(value)}" for name, value in zip(names, about["values"], strict=True)]
        return Said((f"Here is the {clean(about['name'], 30)}.", *map(sentence, told)), products)
    prices = listed([f"the {name} is {price_of(p)}" for name, p in zip(names, products, strict=True)])
    opening = _cheapest(result)
    if about is not None:
        return Said((opening, sentence(prices)), products)
    rows = [row for row in result["differences"] if row["name"] not in ("price", "stock", "sale", "category")]
    told = [
        sentence(f"{clean(row['name'], 30)}: {' versus '.join(_cell(value) for value in row['values'])}")
        for row in rows[:2]
        if all(row["values"])
    ]
    return Said((opening, sentence(prices), *told), products)


def _cheapest(result: Result) -> str:
    places = ("first", "second", "third", "fourth")
    for place, product in zip(places, result["products"], strict=False):
        if product["id"] == result["cheapest"]:
            return f"The {place} one is {'cheaper' if len(result['products']) == 2 else 'the cheapest'}."
    return "Here is how they compare."


def _cell(value: "str | list[str] | None") -> str:
    if not value:
        return "not said"
    return choice(value) if isinstance(value, list) else clean(value, 80)


def similar(result: Result) -> Said:
    products = tuple(result["products"])
    if not products:
        return Said((f"There is nothing else like the {title_of(result['like'])}.",), ())
    opening = pick(("These are close to it.", "Here is something like it."), products[0]["id"])
    return Said((opening, _named(products)), products)


def policy(result: Result) -> Said:
    told = [clean(policy["text"], 300) for policy in result["policies"][:1]]
    return Said(tuple(sentence(part) for text in told for part in text.split(". ")[:MOST_SAID]))


def remembered(result: Result) -> Said:
    kept = [
        f"{clean(name, 20)} {clean(result['preferences'][name], 30)}"
        for name in result["changed"]
        if name in result["preferences"]
    ]
    if not kept:
        return Said((f"I have forgotten your {listed([clean(n, 20) for n in result['changed']])}.",))
    return Said((f"I'll remember {listed(kept)}.",))


WORDS: Mapping[str, Callable[[Result], Said]] = {
    "search_products": found,
    "refine_search": found,
    "get_product_details": details,
    "check_availability": available,
    "compare_products": compared,
    "recommend_similar": similar,
    "get_store_policy": policy,
    "set_preference": remembered,
}
