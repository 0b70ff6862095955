"""Fills a pattern's placeholders from one shop's vocabulary."""

import random
from collections.abc import Mapping

from num2words import num2words
from scenes import Scene

from voice_agent_cli.understanding.numbers import read

AMOUNTS = (
    *("some", "a bit of", "a little bit of", "a little", "lots of", "a lot of", "extra"),
    *("a splash of", "plenty of", "a dash of", "just a touch of", "a spoon of", "no"),
)


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
        self, dice: random.Random, shop: Mapping[str, list], common: Mapping[str, list], scene: Scene
    ) -> None:
        self._dice, self._shop, self._common = dice, shop, common
        self._shown, self._held = scene.shown, scene.held
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
        if base == "held" and self._held:
            return self._fresh_held()
        if base in ("thing", "things", "held"):
            return self._fresh_thing(plural=base == "things")
        if base == "price":
            return price_words(dice, 3 if name == "price" else int(self._low_price() + 5))[0]
        if base in ("qty", "n"):
            return num2words(dice.choice((2, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12)))
        if base == "ordinal":
            options = ["first", "second", "third", "last", "fourth", "middle", "fifth"]
            options = options[: 5 if name == "ordinal" else 4]
            return dice.choice([o for o in options if o not in self._seen.values()])
        return self._fresh_word(base)

    def _fresh_thing(self, plural: bool) -> str:
        dice = self._dice
        words = dice.choice(self._shop["things"])[plural]
        if dice.random() < 0.12:
            return f"{dice.choice(self._shop['materials'])} {words}"
        return f"{words} {dice.choice(self._shop['features'])}" if dice.random() < 0.06 else words

    def _fresh_word(self, base: str) -> str:
        """A word of the vocabulary that was not said yet; what goes into something often with an amount."""
        dice = self._dice
        vocabulary = self._common if base in ("code", "order") else self._shop
        words = vocabulary[{"category": "categories"}.get(base, f"{base}s")]
        word = dice.choice([entry for entry in words if entry not in self._seen.values()] or words)
        return f"{dice.choice(AMOUNTS)} {word}" if base == "post" and dice.random() < 0.45 else word

    def _fresh_held(self) -> str:
        """How a shopper names something in the cart: by its thing, a word of it, its colour, its title."""
        dice = self._dice
        item = dice.choice(self._held)
        thing = item["thing"]
        names = [thing, thing, thing.split()[-1], item["title"], f"{item['brand']} {thing}"]
        if item["color"]:
            names.append(f"{item['color']} {thing}")
        return dice.choice(names)

    def _low_price(self) -> float:
        low = read(self("price")).words[0].text
        return float(low) if low.replace(".", "").isdigit() else 20
