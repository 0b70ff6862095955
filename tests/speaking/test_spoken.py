"""Prices, sizes, codes, units and dates as people say them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_agent_cli.speaking.spoken import code, number, price, spoken

TABLE = {
    "$19.99": "nineteen ninety-nine",
    "$120.00": "one hundred twenty dollars",
    "$119.99": "one hundred nineteen dollars and ninety-nine cents",
    "$0.99": "ninety-nine cents",
    "$1": "one dollar",
    "$19.05": "nineteen dollars and five cents",
    "-$5.00": "minus five dollars",
    "€19.99": "nineteen euros and ninety-nine cents",
    "£5": "five pounds",
    "¥1900": "one thousand nine hundred yen",
    "1,299.00 USD": "one thousand two hundred ninety-nine dollars",
    "USD 45.50": "forty-five fifty",
    "$50-$100": "fifty dollars to one hundred dollars",
    "10.5": "ten and a half",
    "size 10 1/2": "size ten and a half",
    "10½": "ten and a half",
    "4.7 out of 5": "four point seven out of five",
    "XL": "extra large",
    "2XL": "double extra large",
    "S/M": "small to medium",
    "Size M, $5": "Size medium, five dollars",
    "SAVE10": "save ten",
    "code FREESHIP": "code freeship",
    "WELCOME2024": "welcome twenty twenty-four",
    "order #1042": "order one zero four two",
    "order VA-1007": "order V A one zero zero seven",
    "2 l": "two litres",
    "0.5 l": "half a litre",
    "1 kg": "one kilogram",
    "12 oz": "twelve ounces",
    "3.5mm": "three and a half millimetres",
    '16"': "sixteen inches",
    "30x40 cm": "thirty by forty centimetres",
    "cotton/linen": "cotton and linen",
    "and/or": "and or",
    "20% off": "twenty percent off",
    "5-7 days": "five to seven days",
    "9am-5pm": "nine AM to five PM",
    "Mon-Fri 9:00-17:30": "Monday to Friday nine o'clock to seventeen thirty",
    "2026-11-25": "November twenty-fifth, twenty twenty-six",
    "1st": "first",
    "2-pack": "two pack",
    "24/7": "twenty-four seven",
    "w/ hood": "with hood",
    "100% cotton & wool": "one hundred percent cotton and wool",
    "Air™ <b>Max</b> 🎉": "Air Max",
    "I'm here, it's M's": "I'm here, it's M's",
    "The price is $1,299.": "The price is one thousand two hundred ninety-nine dollars.",
    "3 of them. Total $45.": "three of them. Total forty-five dollars.",
}


@pytest.mark.parametrize(("written", "said"), TABLE.items())
def test_written_forms_are_said_as_people_say_them(written: str, said: str) -> None:
    assert spoken(written) == said


@given(st.text(max_size=80))
def test_any_text_leaves_no_ascii_digit_and_no_markup_sign(text: str) -> None:
    said = spoken(text)
    assert not re.search(r"[0-9$%&@#<>{}\[\]|\\^~*=_]", said)


@given(st.decimals(min_value=0, max_value=99999, places=2))
def test_every_price_has_words_without_digits(amount: object) -> None:
    said = price(str(amount))
    assert said
    assert not re.search(r"\d", said)


def test_a_number_too_long_to_count_is_read_digit_by_digit() -> None:
    assert spoken("9" * 40).split()[:3] == ["nine", "nine", "nine"]
    assert spoken("$" + "9" * 40).endswith("dollars")


def test_numbers_and_codes_have_words_of_their_own() -> None:
    assert number("0.5") == "half"
    assert number("-3") == "minus three"
    assert code("BX7") == "B X seven"
    assert code("0042") == "zero zero four two"
