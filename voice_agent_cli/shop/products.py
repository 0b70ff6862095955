"""What a product is, everywhere inside: typed, frozen, money as ``Decimal``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class ModifierValue:
    """One choice of a modifier; ``surcharge`` is per piece, in the product's currency."""

    value: str
    surcharge: Decimal = Decimal("0")


@dataclass(frozen=True)
class Modifier:
    """A choice kept on the cart's line that makes no variant: milk, engraving, gift wrap.

    ``free_text`` accepts any wording as its value (an engraving).
    """

    name: str
    values: tuple[ModifierValue, ...] = ()
    max_choices: int = 1
    free_text: bool = False


@dataclass(frozen=True)
class Variant:
    """One thing that can be bought. ``options`` maps the option's name to this value.

    ``inventory_quantity`` is ``None`` where the shop does not count stock.
    """

    id: str
    price: Decimal
    options: Mapping[str, str] = field(default_factory=dict)
    compare_at_price: Decimal | None = None
    sku: str = ""
    available: bool = True
    inventory_quantity: int | None = None


@dataclass(frozen=True)
class Product:
    """A product with at least one variant; ``options`` maps a name to its values in order."""

    id: str
    title: str
    variants: tuple[Variant, ...]
    description: str = ""
    vendor: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    currency: str = "USD"
    images: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    modifiers: tuple[Modifier, ...] = ()

    @property
    def price(self) -> Decimal:
        """The lowest price among what can be bought (or among all, when nothing can)."""
        offered = [v.price for v in self.variants if v.available] or [v.price for v in self.variants]
        return min(offered)
