"""Asking for a playlist, as a person sees it on every platform."""

from __future__ import annotations

from tests.chatbot.behaviour.conftest import World
from tests.chatbot.behaviour.test_imports import says


async def test_a_playlist_has_twenty_numbered_tracks_with_links(learned: World) -> None:
    await learned.person.command("/playlist Faded; Fearless Pt. II; Don't You Worry Child")
    card = await learned.person.wait_for(lambda seen: len(seen.urls) >= 20)
    assert "1. " in card.text
    assert "20. " in card.text
    assert all(url.startswith("https://open.spotify.com/") for url in card.urls)


async def test_an_unknown_song_gets_near_misses_beside_the_playlist(learned: World) -> None:
    await learned.person.command("/playlist Faded; Fadeed Awayy Nowhere")
    card = await learned.person.wait_for(lambda seen: len(seen.urls) >= 20)
    assert "Not in your library: 'Fadeed Awayy Nowhere'" in card.text
    assert "Near to it:" in card.text


async def test_only_unknown_songs_offer_near_misses_to_tap(learned: World) -> None:
    await learned.person.command("/playlist Fadeed Awayy Nowhere")
    answer = await learned.person.wait_for(says("I did not find that in your library"))
    assert 1 <= len(answer.buttons) <= 5
    await learned.person.press(answer.buttons[0])
    await learned.person.wait_for(lambda seen: len(seen.urls) >= 20)


async def test_an_empty_playlist_shows_how_to_ask(learned: World) -> None:
    await learned.person.command("/playlist")
    await learned.person.wait_for(says("separated by ';'"))


async def test_a_newcomer_who_asks_how_is_led_to_the_import(world: World) -> None:
    await world.person.command("/playlist")
    await world.person.wait_for(says("First I need your listening history", "separated by ';'"))
    await world.person.press("Give me your history")
    await world.person.wait_for(says("Send me the file"))


async def test_a_newcomer_who_chats_is_led_to_the_import(world: World) -> None:
    await world.person.say("hello there")
    answer = await world.person.wait_for(says("First I need your listening history", "/playlist"))
    assert answer.buttons == ("Give me your history",)


async def test_nobody_is_led_to_the_import_whose_history_is_on_its_way(world: World) -> None:
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.gate.arrived.wait()
    await world.person.command("/playlist")
    answer = await world.person.wait_for(says("separated by ';'"))
    assert "First I need" not in answer.text


async def test_without_a_history_it_tells_how_to_begin(world: World) -> None:
    await world.person.command("/playlist Faded")
    await world.person.wait_for(says("Send me your history first", "Extended streaming history"))


async def test_a_model_in_training_is_told(world: World) -> None:
    world.gate.hold()
    await world.person.send_files(world.export)
    await world.gate.arrived.wait()
    await world.person.command("/playlist Faded")
    await world.person.wait_for(says("still learning"))


async def test_too_many_songs_are_refused_with_the_limit(learned: World) -> None:
    songs = "; ".join(f"Song {number}" for number in range(21))
    await learned.person.command(f"/playlist {songs}")
    await learned.person.wait_for(says("21 songs", "at most 20"))


async def test_the_playlist_is_remembered(learned: World) -> None:
    await learned.person.command("/playlist Faded")
    await learned.person.wait_for(lambda seen: len(seen.urls) >= 20)
    recent = await learned.bot.storage.playlists.recent(1, 5)
    assert [len(playlist.tracks) for playlist in recent] == [20]
