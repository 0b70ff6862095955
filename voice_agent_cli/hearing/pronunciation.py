"""How words are said, in the phones of CMUdict (ARPAbet without stress).

A word of the packaged dictionary is looked up; any other (a brand, a name) is read
by espeak-ng's rules, which come with Piper, and its IPA is written as ARPAbet.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from voice_agent_cli.errors import ModelError

Pronunciations = dict[str, tuple[str, ...]]
"""Word -> its pronunciations, each phones with spaces between."""

# The longest first, so that a diphthong is not read as two vowels.
_IPA = {
    "aɪə": "AY ER", "aɪɚ": "AY ER", "eɪ": "EY", "aɪ": "AY", "ɔɪ": "OY", "aʊ": "AW", "oʊ": "OW", "əʊ": "OW",
    "tʃ": "CH", "dʒ": "JH", "ɔːɹ": "AO R", "oːɹ": "AO R",
    "ɑːɹ": "AA R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʊɹ": "UH R",
    "ɜː": "ER", "iː": "IY", "uː": "UW", "ɑː": "AA", "ɔː": "AO", "oː": "AO", "əl": "AH L", "n̩": "AH N",
    "i": "IY", "ɪ": "IH", "ɛ": "EH", "e": "EH", "æ": "AE",
    "a": "AE", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ᵻ": "IH",
    "ɚ": "ER", "ɜ": "ER", "ɝ": "ER", "ɑ": "AA", "ɒ": "AA",
    "ɔ": "AO", "o": "OW", "ʊ": "UH", "u": "UW", "y": "UW",
    "p": "P", "b": "B", "t": "T", "ɾ": "T", "ʔ": "T", "d": "D", "k": "K", "ɡ": "G", "f": "F", "v": "V",
    "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH",
    "ʒ": "ZH", "h": "HH", "x": "K", "ç": "HH", "m": "M",
    "n": "N", "ŋ": "NG", "l": "L", "ɬ": "L", "ɹ": "R", "r": "R", "ʁ": "R", "j": "Y", "w": "W",
}  # fmt: skip
_LONGEST = max(map(len, _IPA))


@cache
def dictionary(path: Path) -> Pronunciations:
    """A dictionary in CMU's format, ``word(2)`` being the second way to say ``word``."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ModelError(f"The pronunciation dictionary {path} cannot be read: {error.strerror}") from error
    found: Pronunciations = {}
    for line in lines:
        word, _, phones = line.partition(" ")
        word = word.partition("(")[0]
        found[word] = (*found.get(word, ()), phones.strip())
    return found


def pronounce(words: Iterable[str], known: Pronunciations) -> Pronunciations:
    """Ways to say each word; one that cannot be said at all is left out."""
    said = {word: known.get(word) or _by_rule(word) for word in words}
    return {word: ways for word, ways in said.items() if ways}


def _by_rule(word: str) -> tuple[str, ...]:
    phones = arpabet(_ipa(word))
    return (phones,) if phones else ()


def _ipa(word: str) -> str:
    phonemizer = _phonemizer()
    return "".join(symbol for sentence in phonemizer.phonemize("en-us", word) for symbol in sentence)


@cache
def _phonemizer():  # type: ignore[no-untyped-def]
    from piper.phonemize_espeak import EspeakPhonemizer

    return EspeakPhonemizer()


def arpabet(ipa: str) -> str:
    """espeak-ng's IPA as ARPAbet: ``hˈoʊkə`` -> ``HH OW K AH``. Unknown signs are dropped."""
    # Palatalised and aspirated consonants are plain ones to an English model.
    plain = unicodedata.normalize("NFC", ipa).translate({ord(sign): None for sign in "ˈˌʲʰ͡ ."})
    phones: list[str] = []
    at = 0
    while at < len(plain):
        for length in range(_LONGEST, 0, -1):
            phone = _IPA.get(plain[at : at + length])
            if phone:
                phones.append(phone)
                at += length
                break
        else:
            at += 1
    return " ".join(phones)
