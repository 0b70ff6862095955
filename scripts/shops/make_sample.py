"""Expand the hand-written shop texts of this folder into the shop files that can be imported.

    python scripts/shops/make_sample.py

The same text always gives the same file: identifiers come from the titles, and stock,
ratings and dates from a generator seeded with each product's own title, so that a new
line changes no other product.
"""

import itertools
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SHOPS = {
    "sample": ROOT / "config" / "shops" / "sample.json",
    "coffee-bar": ROOT / "config" / "shops" / "coffee-bar.json",
    "garden": ROOT / "tests" / "data" / "shops" / "garden.json",
    "jewellery": ROOT / "tests" / "data" / "shops" / "jewellery.json",
    "groceries": ROOT / "tests" / "data" / "shops" / "groceries.json",
    "electronics": ROOT / "tests" / "data" / "shops" / "electronics.json",
    "pets": ROOT / "tests" / "data" / "shops" / "pets.json",
    "drugstore": ROOT / "tests" / "data" / "shops" / "drugstore.json",
}
AMOUNTS = ("", "some ", "a bit of ", "a little bit of ", "a lot of ", "lots of ")
NEWEST = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Head:
    """What a shop's text says before its first category."""

    name: str = ""
    currency: str = "USD"
    counts_stock: bool = True
    policies: dict[str, str] = field(default_factory=dict)
    discounts: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, str] = field(default_factory=dict)
    modifiers: dict[str, dict[str, Any]] = field(default_factory=dict)


def money(text: str) -> str:
    return f"{Decimal(text):.2f}"


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("'", "")).strip("-")


def priced(text: str) -> tuple[str, Decimal]:
    """``"Long +20"`` as the value and what it adds to the price."""
    found = re.fullmatch(r"(.*?)\s+\+(\d+(?:\.\d+)?)", text.strip())
    return (found[1], Decimal(found[2])) if found else (text.strip(), Decimal(0))


def discount(text: str) -> dict[str, Any]:
    code, kind, value, *rest = text.split()
    more = dict(zip(rest[::2], rest[1::2], strict=True))
    return {
        "code": code,
        "kind": kind,
        "value": value,
        "minimum": more.get("minimum", "0"),
        "starts": f"{more['from']}T00:00:00Z" if "from" in more else None,
        "ends": f"{more['until']}T00:00:00Z" if "until" in more else None,
    }


def amounts(text: str) -> str:
    """``"{amounts of milk, cream}"`` written out: milk, some milk, a bit of milk …"""
    return re.sub(
        r"\{amounts of ([^}]*)\}",
        lambda found: ", ".join(amount + item.strip() for item in found[1].split(",") for amount in AMOUNTS),
        text,
    )


def modifier(text: str) -> dict[str, Any]:
    """``"milk up to 2 = whole milk, oat milk +0.60"``, or ``"engraving = free text +9"``."""
    name, _, listed = text.partition("=")
    name, _, most = name.strip().partition(" up to ")
    values = [priced(value) for value in amounts(listed).split(",")]
    free_text = values[0][0] == "free text"
    return {
        "name": name,
        "values": [
            {"value": "your text" if free_text else value, "surcharge": money(str(more))}
            for value, more in values
        ],
        "max_choices": int(most or 1),
        "free_text": free_text,
    }


def read_head_line(line: str, head: Head) -> None:
    word, _, rest = line.partition(" ")
    key, _, value = (part.strip() for part in rest.partition(":"))
    if word == "shop":
        head.name = rest
    elif word == "currency":
        head.currency = rest
    elif word == "stock":
        head.counts_stock = rest != "not counted"
    elif word == "policy":
        head.policies[key.replace(" ", "_")] = value
    elif word == "discount":
        head.discounts.append(discount(rest))
    elif word == "list":
        head.lists[key] = value
    elif word == "modifier":
        head.modifiers[key] = modifier(value)
    else:
        raise ValueError(f"unknown line in the head: {line}")


def read_options(text: str, head: Head) -> dict[str, dict[str, Decimal]]:
    """Option name to its values, each with what it adds to the price."""
    options: dict[str, dict[str, Decimal]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, _, listed = part.partition("=")
        values = head.lists[listed[1:]] if listed.startswith("$") else listed
        options[name.strip()] = dict(priced(value) for value in values.split(","))
    return options


def variants(
    product_id: str,
    options: dict[str, dict[str, Decimal]],
    price: Decimal,
    before: Decimal | None,
    head: Head,
    chance: random.Random,
) -> Iterator[dict[str, Any]]:
    """Every combination of the options; about one in nine is out of stock."""
    for number, chosen in enumerate(itertools.product(*(values.items() for values in options.values())), 1):
        extra = sum((more for _, more in chosen), Decimal(0))
        stock = 0 if chance.random() < 0.11 else chance.randint(1, 40)
        yield {
            "id": f"{product_id.replace('prod_', 'var_')}_{number}",
            "sku": f"{product_id.removeprefix('prod_').upper()}-{number:02d}",
            "options": dict(zip(options, (value for value, _ in chosen), strict=True)),
            "price": {"amount": money(str(price + extra)), "currency": head.currency},
            "compare_at_price": before and {"amount": money(str(before + extra)), "currency": head.currency},
            "available": stock > 0 or not head.counts_stock,
            "inventory_quantity": stock if head.counts_stock else None,
        }


def facts(text: str, chance: random.Random) -> dict[str, str]:
    """The line's own facts, and a rating and a date of arrival that look lived in."""
    written = dict(fact.split(": ", 1) for fact in (piece.strip() for piece in text.split(";")) if fact)
    created = NEWEST - timedelta(days=chance.randint(0, 900))
    return written | {
        "rating": f"{min(5.0, chance.gauss(4.3, 0.35)):.1f}",
        "reviews": str(int(chance.expovariate(1 / 90)) + 3),
        "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def product(line: str, category: str, head: Head) -> dict[str, Any]:
    title, vendor, price_text, option_text, tag_text, fact_text, description = (
        part.strip() for part in line.split("|")
    )
    chance = random.Random(f"{head.name}/{title}")
    product_id = f"prod_{slug(title)}"
    now, _, was = price_text.partition("<")
    price, before = Decimal(now.strip()), Decimal(was.strip()) if was else None
    options = read_options(option_text, head)
    tags, *modifiers = (part.strip() for part in tag_text.split("+"))
    return {
        "id": product_id,
        "title": title,
        "description": description,
        "vendor": vendor,
        "category": category,
        "tags": [tag.strip() for tag in tags.split(",")],
        "price": {"amount": money(str(price)), "currency": head.currency},
        "compare_at_price": before and {"amount": money(str(before)), "currency": head.currency},
        "images": [],
        "options": {name: list(values) for name, values in options.items()},
        "variants": list(variants(product_id, options, price, before, head, chance)),
        "modifiers": [head.modifiers[name] for name in modifiers],
        "attributes": facts(fact_text, chance),
    }


def expand(text: str) -> dict[str, Any]:
    """The shop file for one shop's text.

    Raises ValueError for a line that is not understood and for two products of one title.
    """
    head, category, products = Head(), "", []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("= "):
            category = line[2:].strip()
        elif category:
            products.append(product(line, category, head))
        else:
            read_head_line(line, head)
    if len({made["id"] for made in products}) < len(products):
        raise ValueError("two products share a title")
    shop = {
        "name": head.name,
        "currency": head.currency,
        "policies": head.policies,
        "discounts": head.discounts,
    }
    return {"shop": shop, "products": products}


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write(shop: dict[str, Any], path: Path) -> None:
    """One product a line: small, and a change of one product shows as one line."""
    products = ",\n".join(compact(made) for made in shop["products"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{{"shop":{compact(shop["shop"])},\n"products":[\n{products}\n]}}\n', encoding="utf-8")


def main() -> None:
    for name, path in SHOPS.items():
        shop = expand((HERE / f"{name}.txt").read_text(encoding="utf-8"))
        write(shop, path)
        count = sum(len(made["variants"]) for made in shop["products"])
        print(f"{path.relative_to(ROOT)}: {len(shop['products'])} products, {count} variants")


if __name__ == "__main__":
    main()
