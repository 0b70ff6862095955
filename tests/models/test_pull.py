import os
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import fetch, registry
from voice_agent_cli.models.pull import PARTIAL, pull, remove
from voice_agent_cli.models.registry import Model, ModelFile

BODY = os.urandom(700_000)
Offer = Callable[..., Model]


def quietly(have: int, total: int | None) -> None:
    pass


def place(model: Model, folder: Path) -> Path:
    return registry.location(model, model.files[0], folder)


def part_of(model: Model, folder: Path) -> Path:
    return folder / PARTIAL / f"{model.files[0].sha256}.part"


def start_part(model: Model, folder: Path, body: bytes) -> None:
    part_of(model, folder).parent.mkdir(parents=True)
    part_of(model, folder).write_bytes(body)


def test_a_pulled_model_is_whole_and_is_not_fetched_again(offer: Offer, server, tmp_path: Path) -> None:
    model = offer("small", BODY)
    seen: list[tuple[int, int | None]] = []
    assert pull(model, tmp_path, lambda have, total: seen.append((have, total)))
    assert place(model, tmp_path).read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert not pull(model, tmp_path, quietly)
    assert len(server.ranges) == 1
    assert not part_of(model, tmp_path).exists()


def test_a_download_goes_on_where_it_broke_off(offer: Offer, server, tmp_path: Path) -> None:
    model = offer("small", BODY)
    start_part(model, tmp_path, BODY[:300_000])
    pull(model, tmp_path, quietly)
    assert server.ranges == ["bytes=300000-"]
    assert place(model, tmp_path).read_bytes() == BODY


def test_a_server_that_ignores_ranges_starts_the_file_over(offer: Offer, server, tmp_path: Path) -> None:
    model = offer("small", BODY)
    server.knows_ranges = False
    start_part(model, tmp_path, BODY[:300_000])
    pull(model, tmp_path, quietly)
    assert place(model, tmp_path).read_bytes() == BODY


def test_a_truncated_download_is_kept_aside_and_never_loaded(offer: Offer, server, tmp_path: Path) -> None:
    model = offer("small", BODY)
    server.break_off_after = 100_000
    with pytest.raises(ModelError, match="it resumes"):
        pull(model, tmp_path, quietly)
    assert registry.state(model, tmp_path) == "absent"
    assert part_of(model, tmp_path).stat().st_size == 100_000
    server.break_off_after = None
    pull(model, tmp_path, quietly)
    assert place(model, tmp_path).read_bytes() == BODY


def test_a_part_with_wrong_bytes_is_found_and_fetched_anew(offer: Offer, server, tmp_path: Path) -> None:
    model = offer("small", BODY)
    start_part(model, tmp_path, b"x" * 300_000)
    pull(model, tmp_path, quietly)
    assert server.ranges == ["bytes=300000-", None]
    assert place(model, tmp_path).read_bytes() == BODY


@pytest.mark.parametrize("bad", [BODY[:-1] + b"!", BODY + b"more", b"<html>not found</html>"])
def test_another_file_in_place_of_the_model_is_refused(
    bad: bytes, offer: Offer, server, tmp_path: Path
) -> None:
    model = offer("small", BODY)
    server.content["small.gguf"] = bad
    with pytest.raises(ModelError):
        pull(model, tmp_path, quietly)
    assert registry.state(model, tmp_path) == "absent"


def test_a_server_that_does_not_answer_or_refuses_is_unreachable(
    offer: Offer, server, tmp_path: Path
) -> None:
    model = offer("small", BODY)
    server.content.clear()
    with pytest.raises(fetch.UnreachableError, match="404"):
        pull(model, tmp_path, quietly)
    server.close()
    with pytest.raises(fetch.UnreachableError, match="does not answer"):
        pull(model, tmp_path, quietly)


def test_two_pulls_at_once_fetch_once(offer: Offer, server, tmp_path: Path) -> None:
    model = offer("small", BODY)
    server.hold.clear()
    fetched: list[bool] = []
    pulls = [
        threading.Thread(target=lambda: fetched.append(pull(model, tmp_path, quietly))) for _ in range(2)
    ]
    for thread in pulls:
        thread.start()
    server.hold.set()
    for thread in pulls:
        thread.join(20)
    assert sorted(fetched) == [False, True]
    assert len(server.ranges) == 1


def test_a_damaged_model_is_replaced_by_a_pull(offer: Offer, tmp_path: Path) -> None:
    model = offer("small", BODY)
    pull(model, tmp_path, quietly)
    place(model, tmp_path).write_bytes(BODY[:10])
    assert pull(model, tmp_path, quietly)
    assert place(model, tmp_path).read_bytes() == BODY


def test_a_zipped_model_becomes_a_folder(offer_archive: Offer, tmp_path: Path) -> None:
    model = offer_archive("speech", {"folder/am/final.mdl": b"model", "folder/conf": b"c", "other/x": b"no"})
    pull(model, tmp_path, quietly)
    folder = place(model, tmp_path)
    assert (folder / "am" / "final.mdl").read_bytes() == b"model"
    assert sorted(path.name for path in folder.rglob("*")) == ["am", "conf", "final.mdl"]
    assert registry.verify(model, tmp_path) == "ready"


@pytest.mark.parametrize("member", ["folder/../../../escaped", "/tmp/escaped", "folder\\..\\escaped"])
def test_an_archive_that_leads_outside_its_folder_is_refused(
    member: str, offer_archive: Offer, tmp_path: Path
) -> None:
    model = offer_archive("speech", {"folder/fine": b"1", member: b"2"})
    with pytest.raises(ModelError, match="refused"):
        pull(model, tmp_path / "models", quietly)
    assert registry.state(model, tmp_path / "models") == "absent"
    assert not list(tmp_path.rglob("escaped"))


def test_a_link_in_an_archive_is_refused(offer_archive: Offer, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("folder/link")
    link.external_attr = 0o120777 << 16
    model = offer_archive("speech", {"folder/fine": b"1", link: b"/etc/passwd"})
    with pytest.raises(ModelError, match="refused"):
        pull(model, tmp_path, quietly)


def test_an_archive_without_the_folder_is_refused(offer_archive: Offer, tmp_path: Path) -> None:
    model = offer_archive("speech", {"another/fine": b"1"})
    with pytest.raises(ModelError, match="has no folder"):
        pull(model, tmp_path, quietly)


def from_package(server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, member: str, body: bytes) -> Model:
    """A model in a fake package: the index is replaced, the download is not."""
    wheel = tmp_path / "fake.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package/model.onnx", body)
        archive.writestr("package/model.json", b"{}")
    server.content["fake-1.0.whl"] = wheel.read_bytes()
    monkeypatch.setattr(
        "voice_agent_cli.models.pull.locate_package",
        lambda _: fetch.Download(server.url("fake-1.0.whl"), registry.sha256(wheel)),
    )
    expected = tmp_path / "expected"
    expected.write_bytes(BODY)
    files = (
        ModelFile(
            path="model.onnx",
            source=f"pypi:fake==1.0#{member}",
            size=len(BODY),
            sha256=registry.sha256(expected),
        ),
        ModelFile(
            path="model.json",
            source="pypi:fake==1.0#package/model.json",
            size=2,
            sha256="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        ),
    )
    return Model(name="fake", purpose="speaking", about="", licence="CC0-1.0", default="no", files=files)


def test_files_are_taken_out_of_one_package_fetched_once(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = from_package(server, tmp_path, monkeypatch, "package/model.onnx", BODY)
    pull(model, tmp_path / "models", quietly)
    assert (tmp_path / "models/fake/model.onnx").read_bytes() == BODY
    assert (tmp_path / "models/fake/model.json").read_bytes() == b"{}"
    assert len(server.ranges) == 1


def test_a_package_with_another_file_inside_is_refused(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = from_package(server, tmp_path, monkeypatch, "package/model.onnx", b"swapped" + BODY[7:])
    with pytest.raises(ModelError, match="not the file it must be"):
        pull(model, tmp_path / "models", quietly)
    assert registry.state(model, tmp_path / "models") == "absent"


def test_a_package_without_the_file_is_refused(
    server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = from_package(server, tmp_path, monkeypatch, "package/gone.onnx", BODY)
    with pytest.raises(ModelError, match=r"has no file package/gone\.onnx"):
        pull(model, tmp_path / "models", quietly)


def test_no_room_is_said_before_anything_is_fetched(
    offer: Offer, server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = offer("small", BODY)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ModelError, match="make room"):
        pull(model, tmp_path, quietly)
    assert server.ranges == []


def test_a_removed_model_is_gone_and_removing_it_twice_is_no_error(offer: Offer, tmp_path: Path) -> None:
    model = offer("small", BODY)
    pull(model, tmp_path, quietly)
    assert remove(model, tmp_path)
    assert registry.state(model, tmp_path) == "absent"
    assert not remove(model, tmp_path)
