from datetime import UTC, datetime
from decimal import Decimal

import pytest

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.catalogue import ImportReport

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>{}</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>{}</feed>"""


def item(tag="item", **fields):
    fields = {"id": "1", "title": "Thing", "price": "10.00 USD", "availability": "in_stock"} | fields
    body = "".join(f"<g:{name}>{value}</g:{name}>" for name, value in fields.items() if value is not None)
    return f"<{tag}>{body}</{tag}>"


@pytest.mark.parametrize(("feed", "tag"), [(RSS, "item"), (ATOM, "entry")])
def test_items_of_a_group_are_variants_of_one_product(load, catalogue, feed, tag):
    shared = {
        "item_group_id": "coat",
        "brand": "Nordby",
        "material": "wool",
        "description": "Warm &lt;b&gt;coat&lt;/b&gt;",
    }
    report = load(
        feed.format(
            item(
                tag,
                id="c1",
                title="Fjord Coat - Navy, M",
                color="Navy",
                size="M",
                product_type="A &gt; Coats",
                **shared,
            )
            + item(tag, id="x", title="Hat", image_link="https://a.example/h.jpg")
            + item(
                tag,
                id="c2",
                title="Fjord Coat - Red, M",
                color="Red",
                size="M",
                availability="out of stock",
                **shared,
            )
        )
    )
    assert report.format == "Google Merchant XML"
    coat = catalogue.get("coat")
    assert (coat.title, coat.vendor, coat.category, coat.description) == (
        "Fjord Coat",
        "Nordby",
        "A > Coats",
        "Warm coat",
    )
    assert coat.options == {"Color": ("Navy", "Red")}
    assert coat.attributes == {"material": "wool", "size": "M"}
    assert [(v.id, v.available) for v in coat.variants] == [("c1", True), ("c2", False)]
    assert catalogue.get("x").images == ("https://a.example/h.jpg",)


def test_a_tsv_feed_reads_the_same(load, catalogue):
    report = load(
        "id\ttitle\tprice\tsale_price\tavailability\tlink\timage link\titem_group_id\tsize\n"
        "a\tTee S\t15.00 EUR\t12,00 EUR\tin stock\thttps://a.example\thttps://a.example/1.jpg\ttee\tS\n"
        "b\tTee L\t15.00 EUR\t\tpreorder\thttps://a.example\t\ttee\tL\n"
    )
    assert report.format == "Google Merchant TSV"
    tee = catalogue.get("tee")
    assert (tee.title, tee.currency, tee.options) == ("Tee", "EUR", {"Size": ("S", "L")})
    assert [(v.price, v.compare_at_price) for v in tee.variants] == [
        (Decimal("12.00"), Decimal("15.00")),
        (Decimal("15.00"), None),
    ]
    assert tee.images == ("https://a.example/1.jpg",)


def test_a_sale_price_holds_only_between_its_dates(load, catalogue, clock):
    dates = "2026-07-01T00:00-0800/2026-07-08T23:59-0800"
    load(RSS.format(item(sale_price="7.50 USD", sale_price_effective_date=dates)))
    assert catalogue.get("1").price == Decimal("10.00")
    clock[0] = datetime(2026, 7, 2, tzinfo=UTC)
    assert catalogue.get("1").price == Decimal("7.50")


def test_broken_items_are_named_with_their_line_and_the_rest_is_imported(load):
    report = load(
        RSS.format(
            "\n"
            + "\n".join(
                [
                    item(id="1"),
                    item(id="2", price="free"),
                    item(id="3", title=None),
                    item(id="4", price=None),
                    item(id="1"),
                    item(id="", item_group_id=""),
                    item(id="5", sale_price="1 USD", sale_price_effective_date="tomorrow"),
                    item(id="6", item_group_id="g") + item(id="7", item_group_id="g", price="9 EUR"),
                ]
            )
        )
    )
    assert report.products == ImportReport(added=2)
    assert sorted((p.line, p.column) for p in report.problems) == [
        (4, "price"),
        (5, "title"),
        (6, "price"),
        (7, "id"),
        (8, "id"),
        (9, "sale_price_effective_date"),
        (10, "price"),
    ]


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("entities", [BOMB, FILE])
def test_entities_are_refused_before_anything_is_imported(load, catalogue, entities):
    feed = RSS.format(item() + item(id="2", title="&a;")).replace("<rss", f"{entities}<rss")
    with pytest.raises(UsageError, match="XML entities"):
        load(feed)
    assert catalogue.count() == 0


def test_xml_that_ends_early_imports_nothing(load, catalogue):
    with pytest.raises(UsageError, match="not well-formed"):
        load(RSS.format(item() * 3)[:-40])
    assert catalogue.count() == 0


def test_nested_and_repeated_fields(load, catalogue):
    load(
        RSS.format(
            item().replace(
                "</item>",
                "<g:shipping><g:price>4.00 USD</g:price></g:shipping>"
                "<g:additional_image_link>https://a.example/2.jpg</g:additional_image_link>"
                "<g:additional_image_link>https://a.example/3.jpg</g:additional_image_link></item>",
            )
        )
    )
    assert catalogue.get("1").price == Decimal("10.00")
    assert catalogue.get("1").images == ("https://a.example/2.jpg", "https://a.example/3.jpg")
