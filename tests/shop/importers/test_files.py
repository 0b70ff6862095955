import gzip
import io
import zipfile

import pytest

from voice_agent_cli.errors import NotFoundError, UsageError
from voice_agent_cli.shop.importers import import_file

TABLE = 'Handle,Title,Body (HTML),Variant Price\ncafe,Café crème,"Crème,\nthen £5",3.50\n'


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_encoding_that_shops_save_in(load, catalogue, encoding, line_end):
    load(TABLE.replace("\n", line_end).encode(encoding))
    product = catalogue.get("cafe")
    assert product.title == "Café crème"
    assert product.description.split() == ["Crème,", "then", "£5"]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators(load, catalogue, separator):
    load(TABLE.replace(",", separator).replace(f"Crème{separator}", "Crème,"))
    assert catalogue.get("cafe").title == "Café crème"


def test_header_names_in_any_case_with_spaces(load, catalogue):
    load(TABLE.replace("Handle,Title", " HANDLE , title "))
    assert catalogue.get("cafe")


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return packed.getvalue()


@pytest.mark.parametrize("packed", [gzip.compress(TABLE.encode()), zipped(a_csv=TABLE, readme_md="hello")])
def test_gzip_and_zip_are_unpacked(load, catalogue, packed):
    load(packed)
    assert catalogue.get("cafe")


def test_a_zip_of_several_catalogues_is_refused(load):
    with pytest.raises(UsageError, match=r"one catalogue file, it holds a\.csv, b\.csv"):
        load(zipped(a_csv=TABLE, b_csv=TABLE))


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_bomb_is_refused_before_anything_is_imported(load, catalogue, kind):
    content = TABLE.encode() + b"x,y," + b" " * (48 * 1024**2) + b",1\n"
    packed = gzip.compress(content) if kind == "gzip" else zipped(a_csv=content)
    with pytest.raises(UsageError, match="unpacks to more than"):
        load(packed)
    assert catalogue.count() == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x1f\x8b\x08\x00broken", "cannot be unpacked"),
        (b"PK\x03\x04broken", "cannot be unpacked"),
        (gzip.compress(TABLE.encode() * 99)[:-20], "cannot be unpacked"),
        (b"", "none of the formats"),
        (b"\x00\x01\x02\x03\xff" * 100, "none of the formats"),
        (b"Dear shop, please find attached", "none of the formats"),
        (b"Handle,Title,Variant Price\n", "no product"),
        (b"Handle,Title,Variant Price\na,A,free\n", "no product that can be read: line 2"),
    ],
)
def test_what_is_no_catalogue_is_refused_in_one_line(load, catalogue, content, reason):
    load(TABLE)
    with pytest.raises(UsageError, match=reason) as caught:
        load(content)
    assert "\n" not in caught.value.message
    assert catalogue.count() == 1


def test_a_file_that_is_not_there_or_a_folder(catalogue, tmp_path):
    with pytest.raises(NotFoundError, match="does not exist"):
        import_file(catalogue, tmp_path / "nothing.csv")
    with pytest.raises(UsageError, match="is a folder"):
        import_file(catalogue, tmp_path)


def test_control_characters_and_formulas_are_only_text(load, catalogue):
    load('Handle,Title,Variant Price\nx,"=HYPERLINK(""a"")\0\x07 <b>",1\n')
    assert catalogue.get("x").title == '=HYPERLINK("a")\x07 <b>'
