"""What updates mean to the bot."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from chatbot.conversation.messages import MessageRef, Platform
from chatbot.frontends.telegram.sending import Address
from chatbot.frontends.telegram.updates import Anonymous, Heard, Posted, Reader

READER = Reader(7, "songnet_bot", frozenset({"playlist", "help", "import"}))
ADA = {"id": 1001, "is_bot": False, "first_name": "Ada", "language_code": "de"}
ME = {"id": 7, "is_bot": True, "first_name": "songnet", "username": "songnet_bot"}
PRIVATE = {"id": 1001, "type": "private", "first_name": "Ada"}
GROUP = {"id": -5, "type": "supergroup", "title": "Friends"}
FILE = {"file_id": "f", "file_unique_id": "u", "file_name": "a.zip", "file_size": 3}


def message(**content: Any) -> Update:
    base = {"message_id": 3, "date": 1, "chat": PRIVATE, "from": ADA}
    return Update.de_json({"update_id": 1, "message": base | content}, None)


def heard(update: Update) -> tuple[str, str] | None:
    incoming = READER.read(update)
    if incoming is None:
        return None
    assert isinstance(incoming, Heard)
    return incoming.command.name, incoming.command.argument


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/playlist Faded; b", ("playlist", "Faded; b")),
        ("/PlayList@SongNet_Bot  a", ("playlist", "a")),
        ("/playlist\na\nb", ("playlist", "a\nb")),
        ("  /help  ", ("help", "")),
        ("/start", ("help", "")),
        ("/start private", ("help", "")),
        ("/unknown x", ("unknown", "x")),
        ("/плейлист x", ("плейлист", "x")),
        ("hello there", ("", "hello there")),
        ("/", ("", "/")),
        ("a /playlist", ("", "a /playlist")),
        ("/playlist@other_bot x", None),
    ],
)
def test_text_in_a_private_chat(text: str, expected: tuple[str, str] | None) -> None:
    assert heard(message(text=text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/playlist a", ("playlist", "a")),
        ("/playlist@songnet_bot a", ("playlist", "a")),
        ("/unknown@songnet_bot a", ("unknown", "a")),
        ("@songnet_bot how are you", ("", "how are you")),
        ("@songnet_bot, hi", ("", "hi")),
        ("/unknown a", None),
        ("/playlist@other_bot a", None),
        ("hello there", None),
        ("@songnet_bots are nice", None),
    ],
)
def test_text_in_a_group(text: str, expected: tuple[str, str] | None) -> None:
    assert heard(message(text=text, chat=GROUP)) == expected


def test_people_without_a_user_name_are_mentioned_by_number() -> None:
    text = "/blend \U0001f3b5 Ada L. @bob Song"
    who = {"id": 42, "is_bot": False, "first_name": "Ada"}
    entities = [
        {"type": "bot_command", "offset": 0, "length": 6},
        {"type": "text_mention", "offset": 10, "length": 6, "user": who},
        {"type": "mention", "offset": 17, "length": 4},
    ]
    reader = Reader(7, "songnet_bot", frozenset({"blend"}))
    for chat in (GROUP, PRIVATE):
        incoming = reader.read(message(text=text, entities=entities, chat=chat))
        assert isinstance(incoming, Heard)
        assert incoming.command.argument.split() == ["\U0001f3b5", "<@42>", "@bob", "Song"]


def test_this_bot_and_others_that_are_mentioned_by_number_are_no_people() -> None:
    people = [
        {"id": 42, "is_bot": False, "first_name": "Ada"},
        {"id": 43, "is_bot": True, "first_name": "Bot"},
    ]
    entities = [
        {"type": "text_mention", "offset": 7 + 4 * place, "length": 3, "user": person}
        for place, person in enumerate(people)
    ]
    reader = Reader(7, "Songnet_bot", frozenset({"blend"}))
    incoming = reader.read(message(text="/blend Ada Bot Song", entities=entities, chat=GROUP))
    assert isinstance(incoming, Heard)
    assert incoming.command.bots == {"<@7>", "@songnet_bot", "<@43>"}


def test_start_stays_start_where_the_table_knows_it() -> None:
    reader = Reader(7, "songnet_bot", frozenset({"start"}))
    incoming = reader.read(message(text="/start private"))
    assert isinstance(incoming, Heard)
    assert (incoming.command.name, incoming.command.argument) == ("start", "private")


def test_actor_place_and_way_back() -> None:
    incoming = READER.read(message(text="/help", chat=GROUP))
    assert isinstance(incoming, Heard)
    assert incoming.address == Address(-5, None, 3)
    assert incoming.command.actor.platform_id == "1001"
    assert incoming.command.actor.locale == "de"
    assert incoming.command.place.chat_id == "-5"
    assert not incoming.command.place.is_private


def test_a_file_in_the_private_chat_waits_for_others() -> None:
    incoming = READER.read(message(document=FILE, caption="/forget"))
    assert isinstance(incoming, Posted)
    assert incoming.heard.command.name == "import"
    assert incoming.document.file_name == "a.zip"


def test_a_photo_in_the_private_chat_is_worth_an_answer() -> None:
    photo = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]
    assert heard(message(photo=photo)) == ("", "")


def test_a_service_message_is_not() -> None:
    assert READER.read(message(pinned_message=None, new_chat_title="x")) is None


@pytest.mark.parametrize(
    "content",
    [
        {"caption": "/import"},
        {"caption": "@songnet_bot here"},
        {"reply_to_message": {"message_id": 2, "date": 1, "chat": GROUP, "from": ME}},
    ],
)
def test_a_file_for_the_bot_in_a_group_is_an_import_without_files(content: dict[str, Any]) -> None:
    assert heard(message(chat=GROUP, document=FILE, **content)) == ("import", "")


def test_a_file_for_others_in_a_group_is_none_of_the_bots_business() -> None:
    assert READER.read(message(chat=GROUP, document=FILE, caption="look")) is None


@pytest.mark.parametrize(
    "hidden",
    [
        {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": GROUP},
        {"from": {"id": 777000, "is_bot": False, "first_name": "T"}, "sender_chat": GROUP},
    ],
)
def test_who_is_hidden_is_nobodys_account(hidden: dict[str, Any]) -> None:
    assert READER.read(message(text="/playlist a", chat=GROUP, **hidden)) == Anonymous(
        Address(-5, None, 3)
    )
    assert READER.read(message(text="hello", chat=GROUP, **hidden)) is None


def press(**content: Any) -> Heard | None:
    query = {"id": "1", "from": ADA, "chat_instance": "1", "data": "forget 7"} | content
    incoming = READER.read(Update.de_json({"update_id": 1, "callback_query": query}, None))
    assert incoming is None or isinstance(incoming, Heard)
    return incoming


def test_a_press_is_the_pressers_command() -> None:
    pressed = press(message={"message_id": 9, "date": 1, "chat": GROUP, "from": ME, "text": "?"})
    assert pressed is not None
    assert (pressed.command.name, pressed.command.argument) == ("forget", "7")
    assert pressed.actor_id == 1001
    assert pressed.address == Address(-5, None, 9)


def test_a_press_below_a_message_that_is_too_old_to_be_told_works() -> None:
    pressed = press(message={"message_id": 9, "date": 0, "chat": PRIVATE})
    assert pressed is not None
    assert pressed.address == Address(1001)


def test_a_press_below_an_inline_message_is_answered_in_private() -> None:
    pressed = press(inline_message_id="x")
    assert pressed is not None
    assert pressed.command.place.is_private
    assert pressed.command.pressed == MessageRef(Platform.TELEGRAM, "inline", "x")


def test_a_press_in_a_group_tells_where_the_message_is() -> None:
    pressed = press(message={"message_id": 9, "date": 1, "chat": GROUP, "from": ME})
    assert pressed is not None
    assert pressed.command.pressed == MessageRef(Platform.TELEGRAM, "-5", "9")


@pytest.mark.parametrize("inline_id", ["x", None])
def test_what_was_sent_through_inline_mode_is_found_again(inline_id: str | None) -> None:
    chosen = {"result_id": "s1", "from": ADA, "query": "", "inline_message_id": inline_id}
    incoming = READER.read(Update.de_json({"update_id": 1, "chosen_inline_result": chosen}, None))
    assert isinstance(incoming, Heard)
    where = inline_id and MessageRef(Platform.TELEGRAM, "inline", inline_id)
    assert (incoming.command.name, incoming.command.pressed) == ("chosen", where)


def test_a_press_without_data_is_nothing() -> None:
    assert press(data=None, game_short_name="x") is None
