"""From spoken option values to one variant of a product and its modifiers.

What the product offers decides, not the order or the exact wording of what was
said; a value that could mean two things is asked about, never guessed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from voice_agent_cli.errors import ChoiceNeeded, ToolError
from voice_agent_cli.shop.asked import Asked, field_of, listed, options_of, read
from voice_agent_cli.shop.matching import Candidate, best_matches, matching_names
from voice_agent_cli.shop.products import Modifier, Product, Variant
from voice_agent_cli.shop.values import canonical


@dataclass(frozen=True)
class ChosenModifier:
    """One value of a modifier on a cart's line; ``surcharge`` is per piece."""

    name: str
    value: str
    surcharge: Decimal = Decimal(0)


@dataclass(frozen=True)
class Selection:
    """What exactly is wanted of a product.

    ``assumed`` holds the options that a preference filled in, ``ignored`` the
    words of an amount ("a little bit of") that the product does not offer.
    """

    variant: Variant
    modifiers: tuple[ChosenModifier, ...] = ()
    assumed: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def select(
    product: Product,
    asked: Mapping[str, str],
    preferences: Mapping[str, str] | None = None,
    current: Selection | None = None,
) -> Selection:
    """The one variant and the modifiers meant by ``asked`` (option name, or ``unnamed``, to value).

    Args:
        preferences: Option name to value, used for options that stay open.
        current: What a cart's line holds; it keeps whatever is not asked anew.

    Raises:
        ChoiceNeeded: Several variants or values remain; ``field`` and ``choices`` say which.
        ToolError: A value the product does not have, or one that is sold out.
    """
    wanted = read(product, asked)
    options = {**(current.variant.options if current else {}), **wanted.options}
    variant, assumed = _pick_variant(product, options, wanted.options, preferences or {})
    modifiers = _merged(product, wanted, current)
    return Selection(variant, modifiers, assumed, wanted.ignored)


def _merged(product: Product, asked: Asked, current: Selection | None) -> tuple[ChosenModifier, ...]:
    kept: dict[str, tuple[str, ...]] = {}
    for chosen in current.modifiers if current else ():
        kept[chosen.name] = (*kept.get(chosen.name, ()), chosen.value)
    values = {**kept, **asked.modifiers}
    return tuple(
        ChosenModifier(m.name, value, surcharge(m, value))
        for m in product.modifiers
        if m.name not in asked.cleared or m.name in asked.modifiers
        for value in values.get(m.name, ())
    )


def surcharge(modifier: Modifier, value: str) -> Decimal:
    """What ``value`` adds to a piece's price; free wording costs what the first listed value does."""
    for offered in modifier.values:
        if offered.value == value:
            return offered.surcharge
    return modifier.values[0].surcharge if modifier.values and modifier.free_text else Decimal(0)


def _pick_variant(
    product: Product, options: Mapping[str, str], asked: Mapping[str, str], preferences: Mapping[str, str]
) -> tuple[Variant, dict[str, str]]:
    fitting = _fitting(product.variants, options)
    if not fitting:
        raise _no_such_combination(product, options, asked)
    buyable = [v for v in fitting if v.available]
    if not buyable:
        raise _sold_out(product, options, asked)
    assumed: dict[str, str] = {}
    for name in _open_options(product, buyable):
        if value := _preferred(name, buyable, preferences):
            assumed[name] = value
            buyable = _fitting(buyable, {name: value})
    still_open = _open_options(product, buyable)
    if still_open:
        name = still_open[0]
        raise ChoiceNeeded(
            f"Which {name.lower()} of {product.title}?",
            field_of(name),
            available_values(product, name, buyable),
        )
    return buyable[0], assumed


def available_values(product: Product, name: str, variants: Iterable[Variant]) -> tuple[str, ...]:
    """The values of option ``name`` among ``variants`` that can be bought, in the product's order."""
    sold = {v.options.get(name) for v in variants if v.available}
    return tuple(value for value in options_of(product).get(name, ()) if value in sold)


def _fitting(variants: Iterable[Variant], options: Mapping[str, str]) -> list[Variant]:
    return [v for v in variants if all(v.options.get(n) == value for n, value in options.items())]


def _open_options(product: Product, variants: Sequence[Variant]) -> list[str]:
    """Options with several values left: size first, then color, then the product's order."""
    names = [n for n in options_of(product) if len({v.options.get(n) for v in variants}) > 1]
    return sorted(names, key=_asking_order)


def _asking_order(name: str) -> int:
    words = canonical(name)
    return 0 if "size" in words else 1 if "color" in words else 2


def _preferred(name: str, variants: Sequence[Variant], preferences: Mapping[str, str]) -> str | None:
    """The value of ``name`` that a preference names beyond doubt."""
    for preference, wanted in preferences.items():
        if matching_names(preference, [name]):
            values = dict.fromkeys(v.options[name] for v in variants if name in v.options)
            matches = best_matches(wanted, [Candidate(name, v) for v in values], near=False)
            return matches[0].value if len(matches) == 1 else None
    return None


def _no_such_combination(product: Product, options: Mapping[str, str], asked: Mapping[str, str]) -> ToolError:
    name = next(iter(asked or options))
    others = {n: v for n, v in options.items() if n != name}
    choices = available_values(product, name, _fitting(product.variants, others))
    wanted = ", ".join(options.values())
    return ToolError(
        f"{product.title} does not come in {wanted}"
        + (f"; with {', '.join(others.values())} there is {listed(choices)}" if choices and others else ""),
        {
            "field": field_of(name),
            "options": dict(options),
            "choices": list(choices),
            "reason": "no_such_variant",
        },
    )


def _sold_out(product: Product, options: Mapping[str, str], asked: Mapping[str, str]) -> ToolError:
    name = next(iter(asked or options), None)
    others = {n: v for n, v in options.items() if n != name}
    choices = available_values(product, name, _fitting(product.variants, others)) if name else ()
    wanted = f" in {', '.join(options.values())}" if options else ""
    return ToolError(
        f"{product.title} is sold out{wanted}" + (f"; in stock: {listed(choices)}" if choices else ""),
        {
            "field": field_of(name) if name else "product",
            "options": dict(options),
            "choices": list(choices),
            "reason": "out_of_stock",
        },
    )
