"""``voice-agent catalog``: products in and out of a shop."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError, NotFoundError
from voice_agent_cli.shop.catalogue import SCHEMA, Catalogue
from voice_agent_cli.shop.codec import to_json
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.shops import ensure_shop, shop_path
from voice_agent_cli.storage.database import connect

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Products in and out, and what there is.")

ShopOption = Annotated[str | None, typer.Option("--shop", help="Which shop; default: the setting shop.name.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]

_SHOWN_PROBLEMS = 20
_SHOWN_TITLES = 5


@app.command("import", epilog="Example: voice-agent catalog import products_export.csv --shop mine")
def import_(
    file: Annotated[
        Path, typer.Argument(help="Shopify or WooCommerce CSV, Google Merchant XML or TSV, JSON.")
    ],
    shop: ShopOption = None,
    currency: Annotated[str, typer.Option(help="Of prices that name none, as USD.")] = "",
    partial: Annotated[bool, typer.Option("--partial", help="Keep products that the file lacks.")] = False,
    vectors: Annotated[bool, typer.Option(help="Make the vectors for search by meaning too.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Make a shop hold what the file holds; the same file again changes nothing.

    What is interrupted (Ctrl-C) goes on from there when it is repeated.
    """
    from voice_agent_cli.shop.importers import import_file

    loaded = settings.load()
    db = connect(shop_path(loaded.data_dir, shop or loaded.shop.name), SCHEMA)
    catalogue = Catalogue(db)
    with _progress("products") as progress:
        report = import_file(catalogue, file, currency=currency.upper(), partial=partial, progress=progress)
    notice = _make_vectors(catalogue) if vectors else None
    if as_json:
        typer.echo(json.dumps(_report_json(report, notice), indent=2, ensure_ascii=False))
        return
    products = report.products
    typer.echo(
        f"{report.format}: {products.added} added, {products.changed} changed, "
        f"{products.unchanged} unchanged, {products.gone} gone"
        + (f", {report.left_out} left out (drafts, archived, hidden)" if report.left_out else "")
    )
    for what, titles in products.examples.items():
        if titles:
            shown = [_line(title) for title in titles[:_SHOWN_TITLES]]
            more = getattr(products, what) - len(shown)
            typer.echo(f"  {what}: {', '.join(shown)}" + (f" and {more} more" if more else ""))
    if report.pictures_left_out:
        typer.echo(f"  {report.pictures_left_out} links to pictures left out: they are no web addresses")
    for problem in report.problems[:_SHOWN_PROBLEMS]:
        typer.echo(_line(f"  {problem}"))
    if len(report.problems) > _SHOWN_PROBLEMS:
        typer.echo(f"  … and {len(report.problems) - _SHOWN_PROBLEMS} more (--json lists them all)")
    if report.unused_columns:
        typer.echo(f"  columns not used: {', '.join(report.unused_columns)}")
    if notice:
        typer.echo(f"  {notice}")


@app.command(epilog="Example: voice-agent catalog export products.jsonl --shop mine")
def export(
    file: Annotated[Path, typer.Argument(help="Where to; - for standard output.")] = Path("-"),
    shop: ShopOption = None,
) -> None:
    """Write every product as one line of JSON, which `catalog import` reads back unchanged."""
    catalogue = _opened(shop)
    stream = sys.stdout if str(file) == "-" else file.open("w", encoding="utf-8")
    try:
        for product in catalogue.iterate(as_stored=True):
            stream.write(json.dumps(to_json(product), ensure_ascii=False) + "\n")
    finally:
        if stream is not sys.stdout:
            stream.close()


@app.command("list", epilog="Example: voice-agent catalog list --category shoes --limit 20")
def list_(
    shop: ShopOption = None,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """The products with their price and stock."""
    from voice_agent_cli.shop.search import Search, SearchRequest

    found = Search(_opened(shop)).find(SearchRequest(category=category, brand=brand, limit=limit))
    products = [hit.product for hit in found.hits]
    if as_json:
        typer.echo(json.dumps({"products": list(map(to_json, products)), "total_count": found.total_count}))
        return
    for product in products:
        stock = "" if any(variant.available for variant in product.variants) else "  (sold out)"
        typer.echo(f"{_line(product.id)}  {_line(product.title)}  {product.price} {product.currency}{stock}")
    if found.has_more:
        typer.echo(f"… {found.total_count - len(products)} more; --limit shows them")


@app.command(epilog="Example: voice-agent catalog show trail-runner")
def show(
    product: Annotated[str, typer.Argument(help="A product's id or its exact title.")],
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything that is known of one product."""
    catalogue = _opened(shop)
    by_id = catalogue.get(product)
    found = by_id or next(iter(catalogue.by_title(product)), None)
    if found is None:
        raise NotFoundError(f"no product has the id or title {product!r}; see: voice-agent catalog list")
    if as_json:
        typer.echo(json.dumps(to_json(found), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(map(_line, _described(found))))


def _opened(shop: str | None) -> Catalogue:
    loaded = settings.load()
    return Catalogue(connect(ensure_shop(loaded.data_dir, shop or loaded.shop.name), SCHEMA))


def _make_vectors(catalogue: Catalogue) -> str | None:
    """Make the vectors that are missing; without a model, say that search goes by words only."""
    from voice_agent_cli.shop.meaning import MeaningIndex, shipped_model

    try:
        with _progress("vectors") as progress:
            MeaningIndex(catalogue.db, shipped_model).fill(progress)
    except ModelError as error:
        return f"no search by meaning yet: {error.message}"
    return None


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    """A counter on standard error, where that is a terminal."""
    is_seen = sys.stderr.isatty()

    def advance(done: int) -> None:
        if is_seen:
            sys.stderr.write(f"\r{done} {what}")
            sys.stderr.flush()

    yield advance
    if is_seen:
        sys.stderr.write("\r\033[K")


def _line(text: str) -> str:
    """``text`` in one line that a terminal only shows: a catalogue's text may hold control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


def _report_json(report: Any, notice: str | None) -> dict[str, Any]:
    products = report.products
    return {
        "format": report.format,
        "added": products.added,
        "changed": products.changed,
        "unchanged": products.unchanged,
        "gone": products.gone,
        "examples": products.examples,
        "left_out": report.left_out,
        "pictures_left_out": report.pictures_left_out,
        "problems": [
            {"line": p.line, "column": p.column, "reason": p.reason, "product": p.product_id or None}
            for p in report.problems
        ],
        "unused_columns": list(report.unused_columns),
        "notice": notice,
    }


def _described(product: Product) -> Iterator[str]:
    yield f"{product.title}  ({product.id})"
    facts = {"brand": product.vendor, "category": product.category, "tags": ", ".join(product.tags)}
    for name, value in {**facts, **product.attributes}.items():
        if value:
            yield f"  {name}: {value}"
    for modifier in product.modifiers:
        yield f"  {modifier.name}: {', '.join(v.value for v in modifier.values) or 'your words'}"
    if product.description:
        yield f"  {product.description}"
    for variant in product.variants:
        stock = "in stock" if variant.available else "sold out"
        left = "" if variant.inventory_quantity is None else f", {variant.inventory_quantity} left"
        before = f" (was {variant.compare_at_price})" if variant.compare_at_price else ""
        named = " / ".join(variant.options.values()) or "one kind"
        yield f"  - {named}: {variant.price} {product.currency}{before}, {stock}{left}"
