"""Say whether a product is in stock, in this size, color or option."""

from pydantic import Field

from voice_agent_cli.shop.asked import field_of, options_of, read
from voice_agent_cli.shop.lookup import find_product
from voice_agent_cli.shop.options import available_values
from voice_agent_cli.shop.pricing import stock
from voice_agent_cli.shop.products import Product, Variant
from voice_agent_cli.shop.shapes import (
    ChoiceInput,
    MoneyShape,
    Output,
    ProductBrief,
    ProductInput,
    money_shape,
    product_brief,
)
from voice_agent_cli.shop.shop import Shop

_MOST_LISTED = 50


class Arguments(ChoiceInput, ProductInput):
    pass


class VariantStock(Output):
    id: str
    options: dict[str, str]
    available: bool
    quantity: int | None = Field(description="None where the shop does not count.")
    price: MoneyShape


class Result(Output):
    product: ProductBrief
    asked: dict[str, str] = Field(description="What was asked, under the product's own names.")
    exists: bool = Field(description="False where the product is not made like that at all.")
    available: bool
    quantity: int | None = Field(description="In stock in all of it; None where the shop does not count.")
    variants: list[VariantStock] = Field(description=f"Those meant, at most {_MOST_LISTED}.")
    alternatives: dict[str, list[str]] = Field(
        description="Where it is not available: for each asked option, the values that are."
    )


def run(shop: Shop, arguments: Arguments) -> Result:
    product = find_product(shop, arguments.product)
    asked = read(product, arguments.asked()).options
    shop.talk_about(product)
    meant = [v for v in product.variants if all(v.options.get(n) == value for n, value in asked.items())]
    available = any(variant.available for variant in meant)
    return Result(
        product=product_brief(product),
        asked=asked,
        exists=bool(meant),
        available=available,
        quantity=_quantity(meant),
        variants=[_stock_of(product, variant) for variant in meant[:_MOST_LISTED]],
        alternatives={} if available else _alternatives(product, asked),
    )


def _quantity(variants: list[Variant]) -> int | None:
    amounts = [stock(variant) for variant in variants]
    return None if None in amounts else sum(amount or 0 for amount in amounts)


def _stock_of(product: Product, variant: Variant) -> VariantStock:
    return VariantStock(
        id=variant.id,
        options=dict(variant.options),
        available=variant.available,
        quantity=stock(variant),
        price=money_shape(variant.price, product.currency),
    )


def _alternatives(product: Product, asked: dict[str, str]) -> dict[str, list[str]]:
    """For each asked option, its values in stock when the others stay as asked."""
    found: dict[str, list[str]] = {}
    for name in asked or options_of(product):
        others = {n: value for n, value in asked.items() if n != name}
        fitting = [v for v in product.variants if all(v.options.get(n) == w for n, w in others.items())]
        if values := available_values(product, name, fitting):
            found[field_of(name)] = list(values)
    return found
