"""Tell what is known of a product, or answer one question about it."""

from pydantic import Field

from voice_agent_cli.shop.facts import answer
from voice_agent_cli.shop.lookup import find_product
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.shapes import Output, ProductInput, ProductShape, Text, product_shape
from voice_agent_cli.shop.shop import Shop


class Arguments(ProductInput):
    about: Text | None = Field(
        None, description="What was asked: “brand”, “material”, “price”, “sizes”, “reviews” …"
    )


class AnswerShape(Output):
    topic: str
    known: bool = Field(description="False where the catalogue says nothing about it.")
    value: str | list[str] | None = None
    source: str | None = Field(None, description="catalogue, or description (the product's own text).")


class Result(Output):
    product: ProductShape
    answer: AnswerShape | None = Field(None, description="Where something particular was asked.")


def run(shop: Shop, arguments: Arguments) -> Result:
    product = find_product(shop, arguments.product)
    shop.talk_about(product)
    told = _answer(product, arguments.about) if arguments.about else None
    return Result(product=product_shape(product), answer=told)


def _answer(product: Product, about: str) -> AnswerShape:
    told = answer(product, about)
    value = told.value if isinstance(told.value, str | None) else list(told.value)
    return AnswerShape(topic=told.topic, known=told.known, value=value, source=told.source)
