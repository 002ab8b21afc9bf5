"""Pictures stand in the chat where Telegram takes them as photos, and are legible as such."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from chatbot.conversation.messages import Button, Document, Reply
from chatbot.frontends.telegram.photos import PHOTO_BYTES, is_photo
from chatbot.services.pictures import CardRequest, card_page
from tests.chatbot.frontends.telegram.conftest import Bench
from tests.chatbot.loopback.telegram_spec import problems


def picture(path: Path, width: int, height: int, kind: str = "PNG") -> Path:
    Image.new("1", (width, height)).save(path, kind)
    return path


async def test_a_picture_is_sent_as_a_photo_with_its_caption_and_buttons(
    bench: Bench, tmp_path: Path
) -> None:
    bench.world.started.add(bench.person.id)
    document = Document("stats.png", picture(tmp_path / "x", 960, 1992))
    reply = Reply("Your listening", document=document, buttons=((Button("More", "more"),),))
    async with bench.serving() as front_end:
        await front_end.post(str(bench.person.id), reply)
    (sent,) = bench.world.messages
    assert (sent.is_photo, sent.text) == (True, "Your listening")
    assert [button["text"] for button in sent.buttons] == ["More"]
    assert sent.document == ("stats.png", document.path.read_bytes())


async def test_what_telegram_takes_as_no_photo_is_sent_as_a_file(
    bench: Bench, tmp_path: Path
) -> None:
    bench.world.started.add(bench.person.id)
    document = Document("card.png", picture(tmp_path / "x", 960, 3211))
    async with bench.serving() as front_end:
        await front_end.post(str(bench.person.id), Reply("Songs", document=document))
    assert [sent.is_photo for sent in bench.world.messages] == [False]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (960, 1992, True),
        (2560, 2560, True),
        (960, 2561, False),
        (2561, 960, False),
        (100, 2000, True),
        (99, 2000, False),
    ],
)
def test_a_photo_has_sides_that_telegram_takes_and_leaves_legible(
    tmp_path: Path, width: int, height: int, expected: bool
) -> None:
    assert is_photo(picture(tmp_path / "x.png", width, height)) is expected


def test_a_photo_has_no_more_bytes_than_telegram_takes(tmp_path: Path) -> None:
    path = picture(tmp_path / "x.png", 100, 100)
    with path.open("r+b") as file:
        file.truncate(PHOTO_BYTES)
    assert is_photo(path)
    with path.open("r+b") as file:
        file.truncate(PHOTO_BYTES + 1)
    assert not is_photo(path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04" * 10])
def test_other_files_are_no_photos(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert not is_photo(tmp_path / "x")


@pytest.mark.parametrize(("songs", "expected"), [(20, True), (50, False)])
def test_a_playlist_of_the_usual_length_is_a_photo(
    tmp_path: Path, songs: int, expected: bool
) -> None:
    path = tmp_path / "card.png"
    tracks = tuple((f"Song {number}", "Artist") for number in range(songs))
    card_page(CardRequest(str(path), "From Faded", tracks, "made by songnet")).save(str(path))
    assert is_photo(path) is expected


@pytest.mark.parametrize(("width", "height"), [(6000, 4001), (2100, 100)])
def test_the_loopback_server_takes_no_photo_that_telegram_would_not(
    tmp_path: Path, width: int, height: int
) -> None:
    content = picture(tmp_path / "x.png", width, height).read_bytes()
    assert problems("sendPhoto", {"chat_id": "1"}, {"photo": content}) != []
    assert problems("sendDocument", {"chat_id": "1"}, {"document": content}) == []
