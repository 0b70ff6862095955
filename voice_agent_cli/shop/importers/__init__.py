"""Catalogue files that shops already have, told apart by looking at them.

A format is one module here with ``NAME``, ``recognises``, ``survey`` and ``read``
(see ``feed.Importer``); its place in ``IMPORTERS`` is all there is to register.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.catalogue import Catalogue, ImportReport
from voice_agent_cli.shop.importers import merchant_tsv, merchant_xml, own_json, shopify_csv, woocommerce_csv
from voice_agent_cli.shop.importers.feed import Feed, Importer, Problem
from voice_agent_cli.shop.importers.source import Source
from voice_agent_cli.shop.products import Product

IMPORTERS = cast(tuple[Importer, ...], (own_json, merchant_xml, woocommerce_csv, shopify_csv, merchant_tsv))
DEFAULT_CURRENCY = "USD"
_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f<>\"]+$", re.IGNORECASE)


@dataclass(frozen=True)
class FileReport:
    """What became of a file: of its products, and what was not read.

    ``left_out`` counts drafts and the like; ``unused_columns`` names columns
    that say nothing about a product here; ``pictures_left_out`` counts links to
    pictures that are no web addresses (``file:``, ``javascript:`` …).
    """

    format: str
    products: ImportReport
    problems: tuple[Problem, ...] = ()
    left_out: int = 0
    unused_columns: tuple[str, ...] = ()
    pictures_left_out: int = 0


@dataclass
class _Reading:
    """The products of a feed, with its problems collected on the way."""

    feed: Feed
    problems: list[Problem] = field(default_factory=list)
    pictures_left_out: int = 0

    def products(self) -> Iterator[Product]:
        for item in self.feed.items:
            if isinstance(item, Problem):
                self.problems.append(item)
            else:
                yield self._with_web_pictures(item)

    def _with_web_pictures(self, product: Product) -> Product:
        """Faces show these links as they are: only what a browser may fetch is kept. We fetch none."""
        kept = tuple(link for link in product.images if _WEB_ADDRESS.match(link))
        self.pictures_left_out += len(product.images) - len(kept)
        return product if len(kept) == len(product.images) else replace(product, images=kept)

    def unreadable(self) -> frozenset[str]:
        """Products that are in the file but could not be read: not gone."""
        return frozenset(problem.product_id for problem in self.problems if problem.product_id)


def import_file(
    catalogue: Catalogue,
    path: Path,
    *,
    currency: str = "",
    partial: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> FileReport:
    """Make ``catalogue`` hold what the file at ``path`` holds.

    Args:
        currency: of prices that name none; the shop's own where empty.
        partial: keep products that the file does not have.
        progress: called with the number of products read so far.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is of no known format, or broken as a whole, or holds no
            product; the catalogue is as it was.
        StorageError: the catalogue cannot be written; what was committed stays, and
            the same import goes on from there.
    """
    source = Source(path)
    importer = _importer_of(source)
    survey = importer.survey(source)
    known = currency or catalogue.fact("currency") or DEFAULT_CURRENCY
    reading = _Reading(importer.read(source, survey, known))
    report = catalogue.put(
        reading.products(), partial=partial, still_there=reading.unreadable, progress=progress
    )
    if report == ImportReport() and not reading.feed.left_out:
        reason = f": {reading.problems[0]}" if reading.problems else ""
        raise UsageError(f"{path} holds no product that can be read{reason}", {"field": "file"})
    if reading.feed.shop:
        catalogue.put_shop(reading.feed.shop)
    return FileReport(
        format=importer.NAME,
        products=report,
        problems=tuple(reading.problems),
        left_out=reading.feed.left_out,
        unused_columns=reading.feed.unused_columns,
        pictures_left_out=reading.pictures_left_out,
    )


def _importer_of(source: Source) -> Importer:
    for importer in IMPORTERS:
        if importer.recognises(source):
            return importer
    names = ", ".join(importer.NAME for importer in IMPORTERS)
    raise UsageError(f"{source.path} is none of the formats that can be read: {names}", {"field": "file"})
