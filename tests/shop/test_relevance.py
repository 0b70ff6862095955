"""Judged queries that were never looked at find the right product among the first three."""

import pytest

from voice_agent_cli.errors import ModelError, NotFoundError, UsageError
from voice_agent_cli.models import registry
from voice_agent_cli.quality import relevance
from voice_agent_cli.shop.meaning import MODEL


@pytest.fixture
def shops(tmp_path):
    try:
        registry.path(MODEL)
    except ModelError as error:
        pytest.skip(error.message)
    return relevance.Shops(tmp_path)


def test_there_are_more_than_four_hundred_queries_and_none_is_in_both_halves():
    development, held_out = map(relevance.own_cases, relevance.PARTS)
    queries = [(case.shop, case.query) for case in (*development, *held_out)]
    assert len(queries) == len(set(queries)) > 400
    assert {case.kind for case in development} == {case.kind for case in held_out}


@pytest.mark.slow
def test_the_held_out_queries_are_answered_as_well_as_promised(shops):
    found = relevance.measure(relevance.own_cases("held-out"), shops.open, ["all"])
    shares = {kind: share["all"] for kind, share in found.shares.items()}
    right = sum(shares[kind] * count for kind, count in found.counts.items())
    assert shares["need"] >= 0.85
    assert shares["misspelt"] >= 0.93
    assert right / sum(found.counts.values()) >= 0.94


@pytest.mark.usefixtures("shops")
def test_a_case_may_name_a_catalogue_file_beside_it(tmp_path):
    (tmp_path / "shop.json").write_text('[{"title": "Red Mug", "price": 5}, {"title": "Jug", "price": 6}]')
    cases = [
        relevance.Case("shop.json", "mug", "name", ("Red Mug",)),
        relevance.Case("shop.json", "jug", "name", ("Red Mug",)),
        relevance.Case("shop.json", "qxz", "nonsense", ()),
    ]
    found = relevance.measure(cases, relevance.Shops(tmp_path, tmp_path).open, ["words", "all"])
    assert found.shares == {"name": {"words": 0.5, "all": 0.5}, "nonsense": {"words": 1.0, "all": 1.0}}
    assert [(failure.case.query, failure.found) for failure in found.failures] == [("jug", ("Jug",))]
    assert "together" in relevance.table(found)


def test_a_shop_that_is_not_there_and_a_line_that_is_no_case_are_named(shops, tmp_path):
    with pytest.raises(NotFoundError, match="no shop 'nowhere'"):
        shops.open("nowhere")
    (tmp_path / "cases.jsonl").write_text('{"shop": "sample"}\n')
    with pytest.raises(UsageError, match="line 1 is no judged query"):
        relevance.read_cases(tmp_path / "cases.jsonl")
