import numpy as np
import pytest

from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry
from voice_agent_cli.shop.catalogue import SCHEMA, Catalogue
from voice_agent_cli.shop.codec import from_json
from voice_agent_cli.shop.meaning import DIMENSIONS, MODEL, MeaningIndex, MeaningModel
from voice_agent_cli.shop.search import Search, SearchRequest
from voice_agent_cli.storage.database import connect


class CountingModel:
    """Each distinct word is one direction; counts how many texts it was given."""

    def __init__(self):
        self.texts = []

    def embed(self, texts):
        self.texts += texts
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", " ").split():
                vectors[row, sum(map(ord, word)) % DIMENSIONS] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)


@pytest.fixture
def model():
    return CountingModel()


@pytest.fixture
def catalogue(tmp_path):
    db = connect(tmp_path / "shop.db", SCHEMA)
    yield Catalogue(db)
    db.close()


def product(title, **fields):
    return from_json({"title": title, "price": 5, **fields})


def test_vectors_are_made_once_and_only_for_what_changed(catalogue, model):
    index = MeaningIndex(catalogue.db, lambda: model)
    catalogue.put([product("red lamp"), product("blue chair")])
    index.fill()
    assert len(model.texts) == 2
    catalogue.put([product("red lamp", price=6), product("green chair")])
    index.fill()
    assert model.texts[2:] == ["green chair"]


def test_an_interrupted_filling_goes_on(catalogue, model):
    catalogue.put([product(f"thing {n}") for n in range(600)])

    def stop(_):
        raise KeyboardInterrupt

    index = MeaningIndex(catalogue.db, lambda: model)
    with pytest.raises(KeyboardInterrupt):
        index.fill(stop)
    index.fill()
    assert len(model.texts) == 600


def test_more_than_a_search_can_wait_for_are_left_to_an_import(catalogue, model):
    catalogue.put([product(f"thing {n}") for n in range(5)])
    index = MeaningIndex(catalogue.db, lambda: model)
    assert index.fill(at_most=4) == 5
    assert model.texts == []


def test_the_closest_come_first_and_what_is_gone_comes_no_more(catalogue, model):
    index = MeaningIndex(catalogue.db, lambda: model)
    catalogue.put([product("red lamp"), product("blue chair"), product("red chair")])
    index.fill()
    near = index.nearest("blue chair", 2)
    assert [catalogue.by_number(number).title for number in near] == ["blue chair", "red chair"]
    assert next(iter(near.values())) == pytest.approx(1.0, abs=0.01)
    catalogue.put([product("red lamp")])
    index.fill()
    assert len(index.nearest("blue chair", 9)) == 1


def test_a_model_that_is_no_model_says_what_to_type(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="voice-agent models pull"):
        MeaningModel(tmp_path / "model.onnx")


@pytest.fixture(scope="module")
def real_model():
    try:
        return MeaningModel(registry.path(MODEL))
    except ModelError as error:
        pytest.skip(error.message)


def test_the_real_model_knows_what_things_are_for(real_model, catalogue):
    titles = [
        "Kids rain jacket",
        "Noise-cancelling headphones",
        "Hand trowel",
        "Running shoes",
        "Wool blanket",
    ]
    catalogue.put([product(title) for title in titles])
    search = Search(catalogue, MeaningIndex(catalogue.db, lambda: real_model))
    found = {
        need: search.find(SearchRequest(query=need)).hits[0]
        for need in ("something to keep my son dry", "quiet on the plane", "a gift for a gardener")
    }
    assert [hit.product.title for hit in found.values()] == titles[:3]
    assert {hit.found_by for hit in found.values()} == {"meaning"}


def test_the_real_models_vectors_are_of_length_one_whatever_the_batch(real_model):
    texts = ["a", "a much longer text about rain " * 30, "", "東京 🎈 \0"]
    together = real_model.embed(texts)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    alone = np.vstack([real_model.embed([text]) for text in texts])
    assert (together * alone).sum(axis=1) == pytest.approx(np.ones(4), abs=0.02)
