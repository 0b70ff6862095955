"""A Google Merchant feed as a table: tabs between its columns, or commas."""

from collections import Counter

from voice_agent_cli.shop.importers import merchant
from voice_agent_cli.shop.importers.feed import Feed
from voice_agent_cli.shop.importers.groups import count_groups
from voice_agent_cli.shop.importers.source import Source
from voice_agent_cli.shop.importers.table import Row, header, rows

NAME = "Google Merchant TSV"


def recognises(source: Source) -> bool:
    columns = {_plain(name) for name in header(source)}
    return {"id", "title", "price"} <= columns and bool(
        columns & {"link", "availability", "image_link", "gtin"}
    )


def survey(source: Source) -> Counter[str]:
    return count_groups(map(_renamed, rows(source)), merchant.product_key)


def read(source: Source, survey: Counter[str], currency: str) -> Feed:
    items = merchant.products(map(_renamed, rows(source)), survey, currency)
    unused = tuple(name for name in header(source) if name and _plain(name) not in merchant.COLUMNS)
    return Feed(items, unused_columns=unused)


def _plain(name: str) -> str:
    """Google allows spaces and the prefix in column names: "g:image link" is "image_link"."""
    return name.removeprefix("g:").replace(" ", "_")


def _renamed(row: Row) -> Row:
    return Row(row.line, {_plain(name): value for name, value in row.fields.items()})
