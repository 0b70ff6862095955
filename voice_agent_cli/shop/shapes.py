"""The plain data that tools take and give: pydantic at the border of the shop."""

import unicodedata
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from voice_agent_cli.shop.codec import to_json
from voice_agent_cli.shop.contents import Line
from voice_agent_cli.shop.orders import Order
from voice_agent_cli.shop.pricing import Bill, PricedLine, rounded
from voice_agent_cli.shop.products import Product

LONGEST = 200
HIGHEST_PRICE = 99_999_999


def _printable(text: str) -> str:
    # Cc: control characters; Cs: half of a surrogate pair, which no database can store.
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise ValueError("must not hold control characters")
    return text


# The same for programs that read the schema: no control character, and something besides white space.
_SPACE = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROL = r"\u0000-\u001f\u007f-\u009f"
_PRINTABLE = rf"^[{_SPACE}]*[^{_CONTROL}{_SPACE}]([^{_CONTROL}]*[^{_CONTROL}{_SPACE}])?[{_SPACE}]*$"

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST),
    AfterValidator(_printable),
    Field(json_schema_extra={"pattern": _PRINTABLE}),
]
Query = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(_printable),
    Field(json_schema_extra={"pattern": _PRINTABLE}),
]
Price = Annotated[
    Decimal,
    Field(ge=0, le=HIGHEST_PRICE, allow_inf_nan=False),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": HIGHEST_PRICE}),
]
OptionValues = Annotated[dict[Text, Text], Field(max_length=20)]
Quantity = Annotated[int, Field(ge=1, le=99)]


class Input(BaseModel):
    """A tool's arguments: unknown fields are refused, the values fixed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProductInput(Input):
    """The arguments of a tool that is about one product."""

    product: Text = Field(
        description="Which product: its id, its position in what was shown (“2”), or (part of) its name."
    )


class LineInput(Input):
    """The arguments of a tool that is about one line of the cart."""

    product: Text | None = Field(
        None, description="What in the cart: a line id or a product; none means what was changed last."
    )


class ChoiceInput(Input):
    """Size, color and the other options of a product, as they were said."""

    size: Text | None = Field(None, description="The size, as said: “medium”, “ten and a half”, “12 oz”.")
    color: Text | None = Field(None, description="The color, as said.")
    options: OptionValues = Field(
        default_factory=dict,
        description="Other options and modifiers by name. The name “unnamed” holds values whose names "
        "were not said, joined by “ | ”.",
    )

    def asked(self) -> dict[str, str]:
        """All that was asked by name, for ``options.select``."""
        named = {"size": self.size, "color": self.color}
        return {**self.options, **{name: value for name, value in named.items() if value is not None}}


class Output(BaseModel):
    """A tool's result: plain data, never prose."""


class MoneyShape(Output):
    amount: str = Field(description="A decimal string, such as “150.00”.")
    currency: str = Field(description="Three letters, such as “USD”.")


class VariantShape(Output):
    """One thing that can be bought."""

    model_config = ConfigDict(extra="allow")

    id: str
    size: str | None = None
    color: str | None = None
    available: bool
    inventory_quantity: int | None = Field(None, description="None where the shop does not count stock.")


class ProductShape(Output):
    """A product as ``POST /api/products/search`` documents it, and what else is known of it."""

    model_config = ConfigDict(extra="allow")

    id: str
    title: str
    description: str
    price: MoneyShape
    images: list[str]
    variants: list[VariantShape]


class ProductBrief(Output):
    """A product in one line."""

    id: str
    title: str
    price: MoneyShape
    brand: str = ""
    available: bool = True


class LineShape(Output):
    """A line of the cart. Amounts are decimal strings in the cart's currency, at today's price."""

    line_id: str
    product_id: str
    title: str
    options: dict[str, str]
    modifiers: dict[str, str] = Field(description="Name to value; several values joined by “, ”.")
    quantity: int
    unit_price: str = Field(description="Of one piece, surcharges included.")
    line_total: str
    currency: str
    is_sold: bool = Field(description="False where the product is gone: then it counts for nothing.")


class NoticeShape(Output):
    """What has changed about the cart: gone, modifier_gone, stock, price_changed or discount."""

    model_config = ConfigDict(extra="allow")

    kind: str
    line_id: str | None = None


class CartShape(Output):
    """The cart and what it costs, in decimal strings."""

    lines: list[LineShape]
    subtotal: str
    discount: str
    discount_code: str | None
    total: str
    currency: str
    count: int = Field(description="Pieces in all.")
    notices: list[NoticeShape]


class OrderedLineShape(Output):
    """A line of an order, at the price it was bought for."""

    product_id: str
    title: str
    options: dict[str, str]
    modifiers: dict[str, str]
    quantity: int
    unit_price: str
    line_total: str


class OrderShape(Output):
    """An order as the shop's record has it."""

    number: str
    status: str
    placed_at: str = Field(description="UTC, with a Z.")
    lines: list[OrderedLineShape]
    subtotal: str
    discount: str
    discount_code: str | None
    total: str
    currency: str


def product_shape(product: Product, **more: Any) -> ProductShape:
    """``product`` in the documented shape; ``more`` is added to it."""
    return ProductShape.model_validate({**to_json(product), **more})


def product_brief(product: Product) -> ProductBrief:
    return ProductBrief(
        id=product.id,
        title=product.title,
        price=money_shape(product.price, product.currency),
        brand=product.vendor,
        available=any(variant.available for variant in product.variants),
    )


def money_shape(amount: Decimal, currency: str) -> MoneyShape:
    return MoneyShape(amount=str(rounded(amount, currency)), currency=currency)


def cart_shape(bill: Bill) -> CartShape:
    return CartShape(
        lines=[line_shape(entry) for entry in bill.lines],
        subtotal=str(bill.subtotal),
        discount=str(bill.discount),
        discount_code=bill.code,
        total=str(bill.total),
        currency=bill.currency,
        count=bill.count,
        notices=[NoticeShape(kind=n.kind, line_id=n.line_id, **n.facts) for n in bill.notices],
    )


def line_shape(entry: PricedLine) -> LineShape:
    line = entry.line
    return LineShape(
        line_id=line.id,
        product_id=line.product_id,
        title=line.title,
        options=dict(line.options),
        modifiers=modifier_values(line),
        quantity=line.quantity,
        unit_price=str(entry.unit_price),
        line_total=str(rounded(entry.total, line.currency)),
        currency=line.currency,
        is_sold=entry.is_sold,
    )


def bought_line(bill: Bill, line_id: str) -> LineShape:
    """The line of this id, which must be in the bill."""
    return next(line_shape(entry) for entry in bill.lines if entry.line.id == line_id)


def modifier_values(line: Line) -> dict[str, str]:
    values: dict[str, str] = {}
    for chosen in line.modifiers:
        before = values.get(chosen.name)
        values[chosen.name] = f"{before}, {chosen.value}" if before else chosen.value
    return values


def order_shape(order: Order, placed_at: str) -> OrderShape:
    return OrderShape(
        number=str(order.number),
        status=order.status,
        placed_at=placed_at,
        lines=[
            OrderedLineShape(
                product_id=line.product_id,
                title=line.title,
                options=line.options,
                modifiers=line.modifiers,
                quantity=line.quantity,
                unit_price=str(line.unit_price),
                line_total=str(line.total),
            )
            for line in order.lines
        ],
        subtotal=str(order.subtotal),
        discount=str(order.discount),
        discount_code=order.code,
        total=str(order.total),
        currency=order.currency,
    )
