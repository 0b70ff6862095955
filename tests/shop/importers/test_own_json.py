import json
from decimal import Decimal

import pytest

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.catalogue import ImportReport
from voice_agent_cli.shop.codec import from_json, to_json
from voice_agent_cli.shop.products import Modifier, ModifierValue

LATTE = {
    "id": "latte",
    "title": "Latte",
    "vendor": "House",
    "category": "Coffee",
    "tags": ["hot"],
    "price": {"amount": "4.50", "currency": "EUR"},
    "images": ["https://a.example/l.jpg"],
    "variants": [
        {"id": "s", "size": "small", "available": True, "inventory_quantity": None},
        {"id": "l", "options": {"Size": "large"}, "price": "5.25", "stock": 3},
    ],
    "modifiers": [
        {"name": "milk", "values": ["whole", {"value": "oat", "surcharge": "0.60"}], "max_choices": 1},
        {"name": "name on cup", "free_text": True},
    ],
}


def as_lines(*products):
    return "\n".join(map(json.dumps, products))


@pytest.mark.parametrize(
    "write",
    [
        lambda *p: json.dumps(list(p)),
        lambda *p: json.dumps(list(p), indent=2),
        as_lines,
        lambda *p: json.dumps({"shop": {"currency": "EUR"}, "products": list(p)}),
        lambda *p: json.dumps({"products": list(p), "shop": {"currency": "EUR"}}, indent=1),
    ],
)
def test_arrays_lines_and_shops(load, catalogue, write):
    report = load(write(LATTE, {"title": "Mocha", "price": 5, "currency": "EUR"}))
    assert (report.format, report.products) == ("JSON", ImportReport(added=2))
    latte = catalogue.get("latte")
    assert [(v.id, v.price, dict(v.options)) for v in latte.variants] == [
        ("s", Decimal("4.50"), {"Size": "small"}),
        ("l", Decimal("5.25"), {"Size": "large"}),
    ]
    assert latte.modifiers == (
        Modifier("milk", (ModifierValue("whole"), ModifierValue("oat", Decimal("0.60")))),
        Modifier("name on cup", free_text=True),
    )
    assert catalogue.get("mocha").currency == "EUR"


def test_what_is_exported_imports_unchanged(load, catalogue):
    load(as_lines(LATTE, {"title": "Sale", "price": "9", "sale": {"price": "7", "starts": "2026-01-01"}}))
    exported = [to_json(product) for product in catalogue.iterate(as_stored=True)]
    assert load(as_lines(*exported)).products == ImportReport(unchanged=2)
    assert [to_json(from_json(shape)) for shape in exported] == exported


def test_the_shops_own_facts_are_kept(load, catalogue):
    shop = {
        "name": "Corner",
        "currency": "GBP",
        "policies": {"returns": "30 days."},
        "discounts": [
            {"code": "TEN", "kind": "percent", "value": "10", "minimum": "20.00", "ends": "2027-01-01"}
        ],
    }
    load(json.dumps({"shop": shop, "products": [{"title": "Tea", "price": "2"}]}))
    assert (catalogue.fact("name"), catalogue.fact("currency")) == ("Corner", "GBP")
    assert catalogue.get("tea").currency == "GBP"
    assert list(catalogue.db["policies"].rows) == [{"topic": "returns", "text": "30 days."}]
    assert next(catalogue.db["discounts"].rows)["minimum"] == "20.00"


@pytest.mark.parametrize(
    ("product", "field"),
    [
        ({"price": "2"}, "title"),
        ({"title": "A"}, "variants[0].price"),
        ({"title": "A", "price": "-2"}, "price"),
        ({"title": "A", "price": "2", "variants": [{"stock": 1.5}]}, "variants[0].stock"),
        ({"title": "A", "price": "2", "variants": "many"}, "variants"),
        ({"title": "A", "price": "2", "variants": [{"id": "x"}, {"id": "x"}]}, "variants"),
        ({"title": "A", "price": "2", "currency": "DOLLARS"}, "currency"),
        ({"title": "A", "price": "2", "modifiers": [{"values": []}]}, "modifiers[0].name"),
        (
            {"title": "A", "price": "2", "modifiers": [{"name": "m", "max_choices": 0}]},
            "modifiers[0].max_choices",
        ),
        ({"title": "A", "price": "2", "sale": {"price": "1", "ends": "never"}}, "variants[0].sale.ends"),
        ([], "product"),
    ],
)
def test_a_broken_product_is_named_and_the_rest_is_imported(load, product, field):
    report = load(json.dumps([LATTE, product, {"title": "Tea", "price": "2"}], indent=0))
    assert report.products.added == 2
    assert [problem.column for problem in report.problems] == [field]
    assert report.problems[0].line > 1


def test_a_line_that_is_no_json_is_named(load):
    report = load(as_lines(LATTE) + "\n{oops\n" + as_lines({"title": "Tea", "price": "2"}))
    assert (report.products.added, report.problems[0].line) == (2, 2)


@pytest.mark.parametrize(
    "text", ['[{"title": "A", "price": 1}', '[{"title": "A" "price": 1}]', '{"products": [', "[1, 2,"]
)
def test_a_file_cut_short_imports_nothing(load, catalogue, text):
    with pytest.raises(UsageError, match="line 1"):
        load(text)
    assert catalogue.count() == 0


def test_an_array_far_larger_than_the_buffer(load, catalogue):
    products = [{"title": f"Thing {n}", "price": n + 1, "description": "words " * 300} for n in range(400)]
    assert load(json.dumps(products)).products.added == 400
    assert catalogue.count() == 400
