import gzip
import subprocess
import sys
import time
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from voice_agent_cli.hearing import language_model, spoken
from voice_agent_cli.hearing.patterns import Patterns
from voice_agent_cli.hearing.pocketsphinx import packaged
from voice_agent_cli.hearing.pronunciation import arpabet, dictionary, pronounce
from voice_agent_cli.hearing.vocabulary import Vocabulary, build, sentences
from voice_agent_cli.shop.products import Product


def test_every_word_of_the_catalogue_can_be_heard(vocabulary: Vocabulary, tmp_path: Path) -> None:
    files = build(vocabulary, packaged("cmudict-en-us.dict"), tmp_path)
    heard = {line.split()[0] for line in files.dictionary.read_text().splitlines()}
    wanted = (
        "harbour rain jackets northfold zyquell navy ten and a half extra large latte twelve ounces oat milk"
    )
    assert set(wanted.split()) <= heard


def test_orders_are_made_as_people_place_them(vocabulary: Vocabulary) -> None:
    made = sentences(vocabulary)
    assert any("latte with oat milk" in sentence for sentence in made)
    assert any("a small latte" in sentence for sentence in made)
    assert not any("jacket with oat milk" in sentence for sentence in made)


def test_talk_is_expected_in_a_shop_but_not_at_a_counter(catalogue: tuple[Product, ...]) -> None:
    def words(*products: Product) -> set[str]:
        return {word for sentence in sentences(Vocabulary.of(products)) for word in sentence.split()}

    latte = catalogue[2]
    assert {"knees", "grandson", "stairs"} <= words(*catalogue)
    assert not {"knees", "grandson", "stairs"} & words(latte)


def test_the_talk_is_what_the_sentences_that_train_understanding_say(tmp_path: Path) -> None:
    scripts = Path(__file__).parents[2] / "scripts" / "training"
    made = tmp_path / "talk.txt.gz"
    subprocess.run([sys.executable, str(scripts / "talk.py"), str(made)], check=True)
    shipped = resources.files("voice_agent_cli.hearing").joinpath("talk.txt.gz").read_bytes()
    assert gzip.decompress(made.read_bytes()) == gzip.decompress(shipped), "run scripts/build-talk"


def test_the_same_catalogue_gives_the_same_sentences(catalogue: tuple[Product, ...]) -> None:
    assert sentences(Vocabulary.of(catalogue), 500) == sentences(Vocabulary.of(catalogue), 500)


def test_a_shop_without_products_still_hears_requests() -> None:
    assert "check out" in sentences(Vocabulary())


def test_an_unchanged_catalogue_is_not_worked_on_twice(vocabulary: Vocabulary, tmp_path: Path) -> None:
    first = build(vocabulary, packaged("cmudict-en-us.dict"), tmp_path)
    stamp = first.language_model.stat().st_mtime_ns
    assert build(vocabulary, packaged("cmudict-en-us.dict"), tmp_path) == first
    assert first.language_model.stat().st_mtime_ns == stamp


def test_a_changed_catalogue_gets_files_of_its_own(catalogue: tuple[Product, ...], tmp_path: Path) -> None:
    known = packaged("cmudict-en-us.dict")
    before = build(Vocabulary.of(catalogue), known, tmp_path)
    after = build(
        Vocabulary.of([*catalogue, replace(catalogue[0], title="Copper Zorbelin")]), known, tmp_path
    )
    assert before.language_model != after.language_model
    assert "zorbelin" in after.dictionary.read_text()
    assert "zorbelin" not in before.dictionary.read_text()


def test_five_hundred_products_take_less_than_three_seconds_of_work(
    catalogue: tuple[Product, ...], tmp_path: Path
) -> None:
    many = [
        replace(catalogue[n % 2], id=str(n), title=f"Model {n} {catalogue[n % 2].title}") for n in range(500)
    ]
    dictionary(packaged("cmudict-en-us.dict"))
    began = time.process_time()
    build(Vocabulary.of(many), packaged("cmudict-en-us.dict"), tmp_path)
    assert time.process_time() - began < 3.0


def test_the_probabilities_of_what_may_follow_add_up_to_one() -> None:
    text = language_model.arpa(["a red cup", "a red hat", "the hat"])
    lines = [line.split("\t") for line in text.splitlines() if line[:1] == "-" or line[:1].isdigit()]
    grams = {tuple(words.split()): 10 ** float(logarithm) for logarithm, words, *_ in lines}
    backoff = {tuple(words.split()): 10 ** float(rest[0]) for _, words, *rest in lines if rest}
    words = [gram[0] for gram in grams if len(gram) == 1 and gram != ("<s>",)]

    def probability(history: tuple[str, ...], word: str) -> float:
        gram = (*history, word)
        if gram in grams:
            return grams[gram]
        return backoff.get(history, 1.0) * probability(history[1:], word)

    for history in [(), ("<s>",), ("a",), ("<s>", "a"), ("a", "red")]:
        assert sum(probability(history, word) for word in words) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("word", "phones"),
    [("hˈoʊkə", "HH OW K AH"), ("tʃˈaɪ", "CH AY"), ("ˈædɪdəz", "AE D IH D AH Z"), ("fˈaɪɚ", "F AY ER")],
)
def test_ipa_is_written_in_the_phones_of_the_dictionary(word: str, phones: str) -> None:
    assert arpabet(word) == phones


def test_an_unknown_name_is_read_by_rule_and_a_known_word_is_looked_up() -> None:
    known = dictionary(packaged("cmudict-en-us.dict"))
    said = pronounce(["read", "zyquell", "--"], known)
    assert said["read"] == ("R EH D", "R IY D")
    assert said["zyquell"][0].startswith("Z ")
    assert "--" not in said
    phones = {phone for ways in known.values() for way in ways for phone in way.split()}
    assert set(said["zyquell"][0].split()) <= phones


@pytest.mark.parametrize(
    ("written", "noun", "ways"),
    [
        ("10.5", "", ("ten and a half", "ten point five")),
        ("XL", "", ("extra large", "x l")),
        ("M", "", ("medium",)),
        ("12 oz", "", ("twelve ounce", "twelve ounces")),
        ("32x34", "", ("thirty two by thirty four",)),
        ("light", "roast", ("light", "light roast")),
        ("Café & Crème", "", ("cafe and creme",)),
        ("!!", "", ()),
    ],
)
def test_values_are_said_as_people_say_them(written: str, noun: str, ways: tuple[str, ...]) -> None:
    assert spoken.ways_to_say(written, noun) == ways


@pytest.mark.parametrize("phrase", ["rain jacket", "dress", "watch", "berry", "box"])
def test_a_plural_goes_back_to_its_singular(phrase: str) -> None:
    assert spoken.singular(spoken.plural(phrase)) == phrase


@pytest.mark.parametrize("pattern", ["(a|b", "a]", "[a)"])
def test_a_pattern_whose_brackets_do_not_match_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="bracket"):
        Patterns(pattern)
