"""Compare two to four products: what is different, and what is the same."""

from typing import Annotated

from pydantic import Field

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.facts import Value, answer, facts
from voice_agent_cli.shop.lookup import find_product
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.shapes import Input, Output, ProductBrief, Text, product_brief
from voice_agent_cli.shop.shop import Shop

Cell = str | list[str] | None


class Arguments(Input):
    products: Annotated[list[Text], Field(min_length=2, max_length=4)] = Field(
        description="Two to four products: ids, positions in what was shown, or names."
    )
    about: Text | None = Field(None, description="What to compare: “price”, “material”, “weight” …")


class Row(Output):
    name: str
    values: list[Cell] = Field(description="One a product, in their order; None where it is not known.")


class Result(Output):
    products: list[ProductBrief]
    differences: list[Row]
    same: list[Row]
    about: Row | None = Field(None, description="What was asked, where something particular was.")
    cheapest: str | None = Field(description="The id of the cheapest, where one is.")


def run(shop: Shop, arguments: Arguments) -> Result:
    products = [find_product(shop, reference, "products") for reference in arguments.products]
    if len({product.id for product in products}) < len(products):
        raise UsageError("products: name different products", {"field": "products", "reason": "same_product"})
    rows = _rows(products)
    least = min(product.price for product in products)
    cheapest = [product.id for product in products if product.price == least]
    return Result(
        products=[product_brief(product) for product in products],
        differences=[row for row in rows if any(value != row.values[0] for value in row.values)],
        same=[row for row in rows if all(value == row.values[0] for value in row.values)],
        about=_about(products, arguments.about) if arguments.about else None,
        cheapest=cheapest[0] if len(cheapest) == 1 else None,
    )


def _rows(products: list[Product]) -> list[Row]:
    known = [facts(product) for product in products]
    names = dict.fromkeys(name for each in known for name in each)
    return [Row(name=name, values=[_cell(each.get(name)) for each in known]) for name in names]


def _about(products: list[Product], about: str) -> Row:
    answers = [answer(product, about) for product in products]
    return Row(name=answers[0].topic, values=[_cell(told.value) for told in answers])


def _cell(value: Value | None) -> Cell:
    return value if value is None or isinstance(value, str) else list(value)
