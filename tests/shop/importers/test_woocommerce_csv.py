from datetime import UTC, datetime
from decimal import Decimal

HEADER = (
    "ID,Type,SKU,Name,Published,Visibility in catalog,Short description,Description,Date sale price starts,"
    "Date sale price ends,In stock?,Stock,Backorders allowed?,Weight (kg),Sale price,Regular price,"
    "Categories,Tags,Images,Parent,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,"
    "Attribute 2 name,Attribute 2 value(s),Meta: _x\n"
)


def row(**cells):
    names = {"kind": "Type", "short": "Short description", "sale": "Sale price", "price": "Regular price"}
    names |= {"starts": "Date sale price starts", "ends": "Date sale price ends", "in_stock": "In stock?"}
    names |= {
        "backorders": "Backorders allowed?",
        "weight": "Weight (kg)",
        "visibility": "Visibility in catalog",
    }
    names |= {"id": "ID", "sku": "SKU", "a1": "Attribute 1 name", "v1": "Attribute 1 value(s)"}
    names |= {"a2": "Attribute 2 name", "v2": "Attribute 2 value(s)"}
    given = {names.get(key, key.capitalize()): value for key, value in cells.items()}
    given = {"Published": "1", "Visibility in catalog": "visible", "In stock?": "1"} | given
    return ",".join(f'"{given.get(name, "")}"' for name in HEADER.strip().split(",")) + "\n"


def test_a_simple_product_with_everything(load, catalogue):
    report = load(
        HEADER
        + row(
            id="7",
            kind="simple, virtual",
            sku="SP-1",
            name="Spade",
            short="<em>Sharp</em>",
            description="Digs.\\nWell.",
            price="1.299,00",
            sale="999,5",
            stock="4",
            weight="2.5",
            categories="Garden > Tools, Gifts",
            tags="steel, ash\\, oiled",
            images="https://a.example/1.jpg, https://a.example/2.jpg",
            a1="Material",
            v1="Steel, Ash",
            a2="Brand",
            v2="Ironcroft",
        ),
        currency="EUR",
    )
    assert report.format == "WooCommerce CSV"
    assert report.unused_columns == ("meta: _x",)
    spade = catalogue.get("7")
    assert (spade.category, spade.tags) == ("Garden > Tools", ("Gifts", "steel", "ash, oiled"))
    assert spade.description == "Sharp\nDigs.\nWell."
    assert spade.attributes == {"material": "Steel, Ash", "weight": "2.5 kg"}
    assert (spade.vendor, spade.currency, len(spade.images)) == ("Ironcroft", "EUR", 2)
    variant = spade.variants[0]
    assert (variant.price, variant.compare_at_price) == (Decimal("999.50"), Decimal("1299.00"))
    assert (variant.sku, variant.inventory_quantity) == ("SP-1", 4)


VARIABLE = row(
    id="1", kind="variable", sku="TEE", name="Tee", a1="Color", v1="Red, Blue", a2="Size", v2="S, M"
)


def test_variations_join_their_parent_by_id_or_sku_wherever_they_are(load, catalogue):
    load(
        HEADER
        + row(id="2", kind="variation", parent="TEE", price="10", a1="Color", v1="Red", a2="Size", v2="S")
        + VARIABLE
        + row(id="9", kind="simple", name="Cap", price="5")
        + row(
            id="3",
            kind="variation",
            parent="id:1",
            price="12",
            a1="Color",
            v1="Blue",
            a2="Size",
            v2="M",
            stock="0",
        )
    )
    tee = catalogue.get("1")
    assert tee.options == {"Color": ("Red", "Blue"), "Size": ("S", "M")}
    assert [(v.price, v.available) for v in tee.variants] == [
        (Decimal("10.00"), True),
        (Decimal("12.00"), False),
    ]


def test_an_attribute_left_open_means_each_of_the_parents_values(load, catalogue):
    load(
        HEADER
        + VARIABLE
        + row(id="2", kind="variation", parent="id:1", price="10", a1="Color", v1="", a2="Size", v2="S")
    )
    assert [dict(v.options) for v in catalogue.get("1").variants] == [
        {"Color": "Red", "Size": "S"},
        {"Color": "Blue", "Size": "S"},
    ]


def test_a_dated_sale_begins_and_ends_by_itself_in_the_price_and_in_the_export(load, catalogue, clock):
    load(
        HEADER
        + row(
            id="1", kind="simple", name="Cap", price="20", sale="15", starts="2026-07-01", ends="2026-07-31"
        )
    )
    prices = []
    for day in (
        datetime(2026, 6, 30, tzinfo=UTC),
        datetime(2026, 7, 31, 23, tzinfo=UTC),
        datetime(2026, 8, 1, tzinfo=UTC),
    ):
        clock[0] = day
        prices.append(catalogue.get("1").price)
    assert prices == [Decimal("20.00"), Decimal("15.00"), Decimal("20.00")]
    clock[0] = datetime(2026, 7, 15, tzinfo=UTC)
    assert catalogue.get("1").variants[0].compare_at_price == Decimal("20.00")


def test_drafts_private_hidden_grouped_and_external_products_are_left_out(load, catalogue):
    report = load(
        HEADER
        + row(id="1", kind="simple", name="A", price="1")
        + row(id="2", kind="simple", name="B", price="1", published="0")
        + row(id="3", kind="simple", name="C", price="1", published="-1")
        + row(id="4", kind="grouped", name="D")
        + row(id="5", kind="external", name="E", price="1")
        + row(id="6", kind="simple", name="F", price="1", visibility="hidden")
    )
    assert report.left_out == 5
    assert [product.id for product in catalogue.iterate()] == ["1"]


def test_stock_that_may_be_backordered_is_not_counted(load, catalogue):
    load(
        HEADER
        + row(
            id="1", kind="simple", name="A", price="1", stock="0", backorders="notify", in_stock="backorder"
        )
    )
    assert catalogue.get("1").variants[0].available


def test_orphans_missing_names_and_prices_are_named(load):
    report = load(
        HEADER
        + row(id="1", kind="simple", name="A", price="1")
        + row(id="2", kind="variation", parent="id:99", price="1")
        + row(id="3", kind="simple", price="1")
        + row(id="4", kind="simple", name="D", price="")
        + row(id="5", kind="variable", name="E", a1="Size", v1="S")
        + row(id="6", kind="simple", name="F", price="5", sale="4", starts="soon")
    )
    assert [(p.line, p.column) for p in report.problems] == [
        (3, "parent"),
        (4, "name"),
        (5, "regular price"),
        (6, "type"),
        (7, "date sale price starts"),
    ]
