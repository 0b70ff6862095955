from decimal import Decimal
from pathlib import Path

import pytest

from voice_agent_cli.shop.catalogue import ImportReport
from voice_agent_cli.shop.importers import import_file

OLDER = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,"
    "Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,"
    "Variant Inventory Policy,Variant Price,Variant Compare At Price,Image Src,Image Position,"
    "Status,Cost per item\n"
)


def older(handle, title="", value="", price="", **more):
    row = dict.fromkeys(OLDER.strip().split(","), "")
    row |= {"Handle": handle, "Title": title, "Option1 Value": value, "Variant Price": price}
    row |= {"Option1 Name": "Size" if title else "", "Published": "true" if title else ""}
    row |= more
    return ",".join(f'"{cell}"' for cell in row.values()) + "\n"


BOOT = (
    OLDER
    + older(
        "hill-boot",
        "Hill Boot",
        "8",
        "120.00",
        **{
            "Body (HTML)": "<p>Warm &amp; <b>dry</b>.</p><script>x()</script><ul><li>Wool</li></ul>",
            "Vendor": "Nordby",
            "Type": "Boots",
            "Tags": "winter, hiking",
            "Option2 Name": "Color",
            "Option2 Value": "Navy",
            "Variant Compare At Price": "150.00",
            "Variant Inventory Tracker": "shopify",
            "Variant Inventory Qty": "3",
            "Variant Grams": "900.0",
            "Image Src": "https://a.example/1.jpg",
            "Status": "active",
        },
    )
    + older(
        "hill-boot", "", "9", "125.00", **{"Option2 Value": "Black", "Variant Inventory Tracker": "shopify"}
    )
    + older("hill-boot", **{"Image Src": "https://anywhere.example/2%202.jpg", "Image Position": "2"})
)


def test_rows_of_one_handle_become_one_product_with_everything_it_has(load, catalogue):
    report = load(BOOT)
    assert report.format == "Shopify CSV"
    assert report.products == ImportReport(added=1)
    boot = catalogue.get("hill-boot")
    assert (boot.title, boot.vendor, boot.category, boot.tags) == (
        "Hill Boot",
        "Nordby",
        "Boots",
        ("winter", "hiking"),
    )
    assert boot.description == "Warm & dry.\nWool"
    assert boot.images == ("https://a.example/1.jpg", "https://anywhere.example/2%202.jpg")
    assert boot.options == {"Size": ("8", "9"), "Color": ("Navy", "Black")}
    assert boot.attributes == {"weight": "900 g"}
    first, second = boot.variants
    assert (first.price, first.compare_at_price, first.inventory_quantity) == (
        Decimal("120.00"),
        Decimal("150.00"),
        3,
    )
    assert first.options == {"Size": "8", "Color": "Navy"}
    assert second.inventory_quantity is None


@pytest.mark.parametrize(
    "link",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:image/svg+xml,<svg onload=x()>",
        "ftp://anywhere/1.jpg",
        "//anywhere/1.jpg",
        'https://a.example/"onerror=x',
        "1.jpg",
    ],
)
def test_a_picture_that_is_no_web_address_is_left_out_and_counted(load, catalogue, link):
    report = load(BOOT.replace("https://a.example/1.jpg", link.replace('"', '""')))
    assert report.pictures_left_out == 1
    assert catalogue.get("hill-boot").images == ("https://anywhere.example/2%202.jpg",)


def test_columns_that_say_nothing_here_are_named_in_the_report(load):
    assert load(BOOT).unused_columns == ("image position", "cost per item")


def test_the_newer_header_gives_the_same_product(load, catalogue):
    load(
        "\ufeffTitle,URL handle,Description,Vendor,Type,Tags,Published on online store,Status,SKU,"
        "Option1 name,"
        "Option1 value,Option1 Linked To,Price,Compare-at price,Inventory tracker,Inventory quantity,"
        "Continue selling when out of stock,Weight value (grams),Weight unit for display,Product image URL,"
        "Fabric (product.metafields.custom.fabric),Unit price total measure,Unit price total measure unit\n"
        "Tea Towel,tea-towel,<p>Dries</p>,Loom,Towels,kitchen,TRUE,Active,T-1,Color,Red,,9.50,12,shopify,0,"
        "DENY,80,g,"
        "https://a.example/t.jpg,Linen,,\n"
        ",tea-towel,,,,,,,T-2,,Blue,,9.50,,shopify,-2,CONTINUE,80,g,,,,\n"
    )
    towel = catalogue.get("tea-towel")
    assert towel.attributes == {"weight": "80 g", "fabric": "Linen"}
    red, blue = towel.variants
    assert (red.available, red.inventory_quantity, red.sku) == (False, 0, "T-1")
    assert (blue.available, blue.inventory_quantity) == (True, None)


def test_the_default_title_is_no_option(load, catalogue):
    load(OLDER + older("mug", "Mug", "Default Title", "8", **{"Option1 Name": "Title"}))
    assert catalogue.get("mug").options == {}
    assert catalogue.get("mug").variants[0].id == "mug"


def test_the_second_import_of_a_file_changes_nothing(load):
    load(BOOT)
    assert load(BOOT).products == ImportReport(unchanged=1)


def test_an_update_keeps_ids_and_says_what_changed_and_what_is_gone(load, catalogue):
    load(BOOT + older("mug", "Mug", "One", "8") + older("cup", "Cup", "One", "7"))
    before = catalogue.get("hill-boot").variants[0].id
    report = load(
        BOOT.replace("120.00", "99.00") + older("cup", "Cup", "One", "7") + older("jug", "Jug", "One", "9")
    )
    assert report.products == ImportReport(added=1, changed=1, unchanged=1, gone=1)
    assert report.products.examples == {"added": ("Jug",), "changed": ("Hill Boot",), "gone": ("Mug",)}
    assert catalogue.get("mug") is None
    assert catalogue.get("hill-boot").variants[0].id == before
    assert catalogue.get("hill-boot").variants[0].price == Decimal("99.00")


def test_a_partial_import_keeps_what_the_file_lacks(load, catalogue):
    load(BOOT + older("mug", "Mug", "One", "8"))
    report = load(OLDER + older("mug", "Mug", "One", "9"), partial=True)
    assert report.products == ImportReport(changed=1)
    assert catalogue.get("hill-boot")


@pytest.mark.parametrize(
    "state", [{"Status": "draft"}, {"Status": "archived"}, {"Published": "false"}, {"Status": "Draft"}]
)
def test_drafts_archived_and_unpublished_products_are_left_out_and_counted(load, catalogue, state):
    report = load(BOOT + older("secret", "Secret", "One", "8", **state))
    assert report.left_out == 1
    assert catalogue.get("secret") is None


def test_a_broken_row_is_named_and_the_rest_is_imported(load, catalogue):
    report = load(
        OLDER
        + older("mug", "Mug", "Small", "8")
        + older("mug", "", "Large", "eight")
        + older(
            "jug",
            "Jug",
            "One",
            "12",
            **{"Variant Inventory Qty": "many", "Variant Inventory Tracker": "shopify"},
        )
        + older("cup", "Cup", "One", "-3")
        + older("bowl", "Bowl", "One", "5")
    )
    assert [(p.line, p.column) for p in report.problems] == [
        (3, "variant price"),
        (4, "variant inventory qty"),
        (5, "variant price"),
    ]
    assert "'eight' is not a price" in str(report.problems[0])
    assert [product.id for product in catalogue.iterate()] == ["mug", "bowl"]
    assert len(catalogue.get("mug").variants) == 1


def test_a_product_whose_rows_broke_is_not_taken_for_gone(load, catalogue):
    load(OLDER + older("mug", "Mug", "One", "8") + older("cup", "Cup", "One", "7"))
    report = load(OLDER + older("mug", "Mug", "One", "oops") + older("cup", "Cup", "One", "7"))
    assert report.products == ImportReport(unchanged=1)
    assert catalogue.get("mug").price == Decimal("8.00")


def test_a_missing_handle_is_made_from_the_title_or_named(load, catalogue):
    report = load(
        OLDER + older("", "Blue  Mug!", "One", "8") + older("", "", "One", "8") + older("cup", "", "One", "8")
    )
    assert catalogue.get("blue-mug")
    assert [(p.line, p.column) for p in report.problems] == [(3, "handle"), (4, "title")]


def test_rows_of_a_product_may_be_apart(load, catalogue):
    load(OLDER + older("mug", "Mug", "S", "8") + older("cup", "Cup", "One", "7") + older("mug", "", "L", "9"))
    assert catalogue.get("mug").options == {"Size": ("S", "L")}


def test_duplicate_skus_are_two_variants_and_duplicate_options_are_named(load, catalogue):
    report = load(
        OLDER
        + older("mug", "Mug", "S", "8", **{"Variant SKU": "X"})
        + older("mug", "", "L", "9", **{"Variant SKU": "X"})
        + older("mug", "", "S", "10", **{"Variant SKU": "Y"})
    )
    assert [variant.sku for variant in catalogue.get("mug").variants] == ["X", "X"]
    assert [(p.line, p.column) for p in report.problems] == [(4, "option1 value")]


def test_prices_as_shops_write_them(load, catalogue):
    load(
        OLDER
        + older("a", "A", "One", "1.299,00")
        + older("b", "B", "One", "$1,299.00")
        + older("c", "C", "One", "0")
    )
    assert [product.price for product in catalogue.iterate()] == [
        Decimal("1299.00"),
        Decimal("1299.00"),
        Decimal("0.00"),
    ]


def test_a_product_of_5000_variants(load, catalogue):
    rows = [older("tile", "Tile" if n == 0 else "", f"No {n}", "3") for n in range(5000)]
    assert load(OLDER + "".join(rows)).products == ImportReport(added=1)
    assert len(catalogue.get("tile").variants) == 5000


REAL = Path(__file__).parents[4] / "shared" / "data" / "apparel.csv"


@pytest.mark.skipif(not REAL.exists(), reason="the real export is not beside this checkout")
def test_a_real_export_is_read_whole_and_twice_the_same(catalogue):
    first = import_file(catalogue, REAL)
    assert (first.format, first.products.added, first.problems) == ("Shopify CSV", 20, ())
    assert all(product.images and product.price > 0 for product in catalogue.iterate())
    assert import_file(catalogue, REAL).products == ImportReport(unchanged=20)
