from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from voice_agent_cli.shop.catalogue import BATCH, SCHEMA, Catalogue, ImportReport
from voice_agent_cli.shop.codec import from_json
from voice_agent_cli.shop.products import Sale
from voice_agent_cli.shop.search import Search, SearchRequest
from voice_agent_cli.storage.database import connect

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def clock():
    return [NOW]


@pytest.fixture
def catalogue(tmp_path, clock):
    db = connect(tmp_path / "shop.db", SCHEMA)
    yield Catalogue(db, now=lambda: clock[0])
    db.close()


def product(title="Boot", **fields):
    return from_json({"title": title, "price": "10", **fields})


def test_what_is_put_is_got_again_with_every_part(catalogue):
    boot = product(
        vendor="Nordby",
        category="Shoes > Boots",
        tags=["warm"],
        images=["a"],
        variants=[{"size": "8", "color": "Navy", "stock": 2, "compare_at_price": "12"}],
        modifiers=[{"name": "gift wrap", "values": [{"value": "red", "surcharge": "2"}]}],
        attributes={"material": "wool"},
    )
    catalogue.put([boot])
    assert catalogue.get("boot") == boot
    assert catalogue.get("shoe") is None
    assert catalogue.get_many(["shoe", "boot"]) == (boot,)
    assert list(catalogue.iterate()) == [boot]


def test_titles_are_compared_without_case_accents_and_punctuation(catalogue):
    catalogue.put([product("Café Crème!")])
    assert [found.title for found in catalogue.by_title("cafe creme")] == ["Café Crème!"]
    assert catalogue.by_title("cafe") == ()


def test_an_interrupted_import_goes_on_where_it_was(catalogue):
    products = [product(f"Thing {n}") for n in range(2 * BATCH)]

    def interrupted():
        yield from products[: BATCH + 10]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.put(interrupted())
    assert catalogue.count() == BATCH
    seen = []
    assert catalogue.put(products, progress=seen.append) == ImportReport(added=BATCH, unchanged=BATCH)
    assert seen == [BATCH, 2 * BATCH]


def test_an_interrupted_update_takes_nothing_for_gone(catalogue):
    catalogue.put([product("A"), product("B")])

    def interrupted():
        yield product("A")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.put(interrupted())
    assert catalogue.count() == 2


def test_vocabularies_are_the_catalogues_own(catalogue):
    catalogue.put(
        [
            product("A", vendor="Nordby", category="Shoes", variants=[{"color": "Navy", "size": "8"}]),
            product("B", vendor="Nordby", category="Hats", modifiers=[{"name": "milk", "values": ["oat"]}]),
        ]
    )
    assert catalogue.brands() == {"Nordby": 2}
    assert catalogue.categories() == {"Hats": 1, "Shoes": 1}
    assert {"navy", "blue", "dark blue"} <= set(catalogue.colors())
    assert catalogue.option_vocabulary() == {"Size": ("8",), "Color": ("Navy",), "milk": ("oat",)}


def test_stock_is_taken_and_given_back_but_never_below_none(catalogue):
    catalogue.put([product(variants=[{"id": "v", "stock": 2}])])
    assert catalogue.change_stock("boot", "v", -2)
    assert not catalogue.get("boot").variants[0].available
    assert not catalogue.change_stock("boot", "v", -1)
    assert catalogue.change_stock("boot", "v", 1)
    assert catalogue.get("boot").variants[0].inventory_quantity == 1
    assert not catalogue.change_stock("boot", "nothing", -1)
    assert not catalogue.change_stock("nothing", "v", -1)


def test_stock_that_is_not_counted_never_runs_out(catalogue):
    catalogue.put([product(variants=[{"id": "v"}])])
    assert catalogue.change_stock("boot", "v", -1000)
    assert catalogue.get("boot").variants[0].available


def test_taking_stock_during_a_sale_does_not_make_its_price_the_regular_one(catalogue, clock):
    boot = product(variants=[{"id": "v", "stock": 2}])
    sale = Sale(Decimal("7.00"), NOW, NOW + timedelta(days=1))
    catalogue.put([replace(boot, variants=(replace(boot.variants[0], sale=sale),))])
    assert catalogue.get("boot").price == Decimal("7.00")
    catalogue.change_stock("boot", "v", -1)
    clock[0] += timedelta(days=2)
    assert catalogue.get("boot").price == Decimal("10.00")


def test_price_filters_follow_a_sale_as_it_begins_and_ends(catalogue, clock):
    boot = product()
    sale = Sale(Decimal("7.00"), NOW + timedelta(days=1), NOW + timedelta(days=2))
    catalogue.put([replace(boot, variants=(replace(boot.variants[0], sale=sale),))])
    search = Search(catalogue)
    counts = []
    for _ in range(3):
        under = search.find(SearchRequest(max_price=Decimal(8))).total_count
        counts.append((under, search.find(SearchRequest(on_sale=True)).total_count))
        clock[0] += timedelta(days=1)
    assert counts == [(0, 0), (1, 1), (0, 0)]


def test_a_product_that_is_gone_is_found_no_more(catalogue):
    catalogue.put([product("Red Boot"), product("Blue Boot")])
    assert catalogue.put([product("Blue Boot")]) == ImportReport(unchanged=1, gone=1)
    assert [hit.product.title for hit in Search(catalogue).find(SearchRequest(query="boot")).hits] == [
        "Blue Boot"
    ]
