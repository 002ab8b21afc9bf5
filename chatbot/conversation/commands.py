"""The command table, and the parsing of what people type after a command (pure)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from chatbot.conversation.language import N_, languages, name_of
from chatbot.conversation.messages import CommandSpec, OptionSpec, PartSpec

TAKEN_BACK = "default"
"""The value that takes a choice under `/settings` back."""

_ABOUT_PLAYLISTS = (
    OptionSpec("length", N_("How many songs"), least=5, most=50),
    OptionSpec(
        "adventure",
        N_("Songs that you play often, or ones that you play seldom"),
        values=("familiar", "balanced", "adventurous"),
    ),
    OptionSpec("artists", N_("The most songs of one artist; 0 for any"), least=0, most=50),
)

COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "playlist",
        N_("A playlist that grows from songs that you name"),
        argument="songs",
        argument_description=N_("One to several songs, separated by ';'"),
        argument_is_suggested=True,
        options=_ABOUT_PLAYLISTS,
    ),
    CommandSpec(
        "share",
        N_("Show one of your playlists to everybody here"),
        argument="number",
        argument_description=N_("Which one: 1 is the newest"),
        private_only=True,
        among_others=True,
    ),
    CommandSpec(
        "blend",
        N_("One playlist out of several people's tastes; each is asked first"),
        argument="request",
        parts=(
            PartSpec("people", N_("Up to four people, each with @; every one is asked first")),
            PartSpec("songs", N_("One to several songs, separated by ';'"), is_suggested=True),
        ),
        for_others=True,
    ),
    CommandSpec(
        "import",
        N_("Give me your listening history"),
        takes_files=True,
        private_only=True,
    ),
    CommandSpec("status", N_("What I know of you, and what I am doing"), private_only=True),
    CommandSpec("cancel", N_("Stop the import or training that is running"), private_only=True),
    CommandSpec(
        "link",
        N_("Use one account on Discord and Telegram"),
        argument="code",
        argument_description=N_("The code that I gave you there; leave it out to get one"),
        private_only=True,
    ),
    CommandSpec("unlink", N_("Part your accounts on two platforms again"), private_only=True),
    CommandSpec("stats", N_("A picture of your listening"), private_only=True),
    CommandSpec(
        "settings",
        N_("Language, and what your playlists are like"),
        argument="choices",
        options=(
            *_ABOUT_PLAYLISTS,
            OptionSpec(
                "language",
                N_("The language in which I speak to you"),
                values=(*languages(), TAKEN_BACK),
                shown=(*map(name_of, languages()), N_("as on your platform")),
            ),
            OptionSpec("timezone", N_("Your time zone, such as Europe/Berlin")),
        ),
        takes_options_only=True,
        private_only=True,
    ),
    CommandSpec("privacy", N_("What I store about you, and for how long"), private_only=True),
    CommandSpec("export", N_("Everything that I store about you, as a zip"), private_only=True),
    CommandSpec("forget", N_("Delete everything that I store about you"), private_only=True),
    CommandSpec(
        "help",
        N_("How this works, and how to get your history from a music service"),
        argument="service",
        argument_description=N_("Whose history: spotify, apple, youtube, deezer, lastfm ..."),
        private_only=True,
        among_others=True,
        aliases=("start",),
    ),
)

ANSWERED_BY_PICTURES = frozenset({"stats", "picture"})
"""Commands, and what buttons say, that a picture is drawn for."""

_BY_NAME = {name: spec for spec in COMMANDS for name in (spec.name, *spec.aliases)}


def find_command(name: str) -> CommandSpec | None:
    """The row of the table, by name or alias."""
    return _BY_NAME.get(name.casefold())


def parse_seeds(argument: str) -> list[str]:
    r"""Splits 'a; b; c' into songs; line ends separate too, and repeats are dropped.

    >>> parse_seeds(" Faded ;; Animals - Maroon 5\nfaded")
    ['Faded', 'Animals - Maroon 5']
    """
    seeds: dict[str, str] = {}
    # A full-width or Arabic semicolon is what some keyboards give for ';'.
    text = argument.translate({0xFF1B: ";", 0x061B: ";", 0x0A: ";", 0x0D: ";"})
    for part in text.split(";"):
        seed = " ".join(_visible(part).split())
        if seed:
            seeds.setdefault(seed.casefold(), seed)
    return list(seeds.values())


def seeds_text(titles: Iterable[str]) -> str:
    r"""Writes titles so that `parse_seeds` splits them where it should.

    A ';' within one becomes a ',': songs are found whatever the punctuation.

    >>> seeds_text(["Faded", "Ob-La-Di; Ob-La-Da"])
    'Faded; Ob-La-Di, Ob-La-Da'
    """
    kept = (parse_seeds(title) for title in titles)
    return "; ".join(", ".join(parts) for parts in kept if parts)


def _visible(text: str) -> str:
    """Drops control characters, which no title holds."""
    return "".join(
        character
        for character in text
        if unicodedata.category(character) != "Cc" or character.isspace()
    )
