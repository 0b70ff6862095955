"""What a product is, everywhere inside: typed, frozen, money as ``Decimal``."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
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
class Sale:
    """A lower price for a time; an open end is ``None``. Times are aware (UTC)."""

    price: Decimal
    starts: datetime | None = None
    ends: datetime | None = None

    def is_on(self, now: datetime) -> bool:
        """Whether the lower price holds at ``now``; ``ends`` itself is no longer part of it."""
        return (self.starts is None or self.starts <= now) and (self.ends is None or now < self.ends)


@dataclass(frozen=True)
class Variant:
    """One thing that can be bought. ``options`` maps the option's name to this value.

    ``inventory_quantity`` is ``None`` where the shop does not count stock. A planned
    ``sale`` is carried along; ``at`` says what the variant costs at a moment.
    """

    id: str
    price: Decimal
    options: Mapping[str, str] = field(default_factory=dict)
    compare_at_price: Decimal | None = None
    sku: str = ""
    available: bool = True
    inventory_quantity: int | None = None
    sale: Sale | None = None

    def at(self, now: datetime) -> "Variant":
        """This variant with ``price`` and ``compare_at_price`` as they are at ``now``."""
        if self.sale is None or not self.sale.is_on(now):
            return self
        return replace(self, price=self.sale.price, compare_at_price=self.compare_at_price or self.price)


@dataclass(frozen=True)
class Product:
    """A product with at least one variant; ``options`` maps a name to its values in order.

    ``attributes`` holds what else the catalogue says, by its own lower-case names:
    material, gender, weight ("500 g"), rating ("4.6"), reviews, created (ISO time) …
    """

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
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def price(self) -> Decimal:
        """The lowest price among what can be bought (or among all, when nothing can)."""
        offered = [v.price for v in self.variants if v.available] or [v.price for v in self.variants]
        return min(offered)
