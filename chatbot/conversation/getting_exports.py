"""How people get their histories from the services: what `/help SERVICE` says (pure).

docs/exports.md tells the same at more length.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.conversation.language import N_, _
from chatbot.conversation.messages import Button, Reply

ROW_BUTTONS = 3


@dataclass(frozen=True)
class Guide:
    """The way to one service's file; all words are marked for translation."""

    name: str
    """The service, as it calls itself."""
    steps: str
    instead: str
    """What to ask for, after it was said which other thing came."""
    words: tuple[str, ...] = ()
    """What people call it, besides its key."""


GUIDES = {
    "spotify": Guide(
        "Spotify",
        N_(
            "1. Open https://www.spotify.com/account/privacy and log in.\n"
            "2. Under 'Download your data' choose 'Extended streaming history' (your whole life on "
            "Spotify; it takes up to 30 days), or 'Account data' (the last 12 months; it takes "
            "about 5 days), or both.\n"
            "3. Press 'Request data' and confirm in the e-mail that Spotify sends you.\n"
            "4. When the second e-mail comes, download the zip file and send it to me here, just "
            "as it is."
        ),
        N_("Ask Spotify for 'Extended streaming history'"),
    ),
    "apple": Guide(
        "Apple Music",
        N_(
            "1. Open https://privacy.apple.com, log in and choose 'Request a copy of your data'.\n"
            "2. Tick 'Apple Media Services information' alone and confirm. It takes up to 7 days.\n"
            "3. When the e-mail comes, download the zip file and send it to me here, just as it "
            "is: I take the plays from 'Apple Music Play Activity.csv' in it, and most artists "
            "from the other files.\n"
            "If it is too large for this chat, send 'Apple Music Activity.zip' out of it."
        ),
        N_(
            "Ask privacy.apple.com for 'Apple Media Services information' and send the zip file "
            "whole: 'Apple Music Play Activity.csv' in it is needed"
        ),
        ("applemusic", "itunes"),
    ),
    "youtube": Guide(
        "YouTube Music",
        N_(
            "1. Open https://takeout.google.com, press 'Deselect all', and tick 'YouTube and "
            "YouTube Music' alone.\n"
            "2. Under 'All YouTube data included' leave only 'history' ticked.\n"
            "3. Under 'Multiple formats' choose JSON for 'history' instead of HTML. This matters: "
            "I cannot read the HTML page.\n"
            "4. Create the export. The e-mail comes after minutes to hours; send me the zip file."
        ),
        N_(
            "Ask takeout.google.com once more for 'YouTube and YouTube Music' with 'history' "
            "ticked, and under 'Multiple formats' choose JSON for it instead of HTML"
        ),
        ("youtubemusic", "google", "takeout", "ytmusic"),
    ),
    "deezer": Guide(
        "Deezer",
        N_(
            "1. On https://www.deezer.com open your account settings.\n"
            "2. Under 'My information' or 'Privacy' ask for your personal data. It may take some "
            "days, 30 at most.\n"
            "3. When the e-mail comes, download the file 'deezer-data_....xlsx' and send it to me "
            "here, just as it is."
        ),
        N_("Ask Deezer for 'My personal data' and send the xlsx file as it is"),
    ),
    "lastfm": Guide(
        "Last.fm",
        N_(
            "Last.fm itself gives no file; others fetch it, at once:\n"
            "1. Open https://lastfm.ghan.nl/export, enter your user name and choose CSV. "
            "https://benjaminbenben.com/lastfm-to-csv and https://lastfmstats.com work too.\n"
            "2. Send me the CSV or JSON file that you get."
        ),
        N_("Fetch your scrobbles at https://lastfm.ghan.nl/export and send the CSV file"),
        ("last.fm", "last", "scrobbles"),
    ),
    "listenbrainz": Guide(
        "ListenBrainz",
        N_(
            "1. Open https://listenbrainz.org/settings/export and log in.\n"
            "2. Press 'Create export' and wait some minutes.\n"
            "3. Download the zip file and send it to me here, just as it is."
        ),
        N_("Create the export at https://listenbrainz.org/settings/export and send the zip file"),
    ),
    "maloja": Guide(
        "Maloja",
        N_(
            "1. Run 'maloja export' on your Maloja server, or export in its admin page. It is "
            "ready at once.\n"
            "2. Send me the file 'maloja_export_....json'."
        ),
        N_("Send me the file that Maloja's export writes"),
    ),
}
"""By `songnet.exports.Service`."""

HELP_COMMANDS = tuple(f"/help {key}" for key in GUIDES)
"""What is to be typed, wherever a text names one of them."""

OTHER_SERVICES = N_("I read other services too; how to get your history from them: {commands}.")


def guide(service: str) -> Guide | None:
    """The guide for what somebody calls a service.

    >>> guide("Apple Music").name, guide("netflix")
    ('Apple Music', None)
    """
    word = "".join(service.casefold().split())
    for key, found in GUIDES.items():
        if word in (key, "".join(found.name.casefold().split()), *found.words):
            return found
    return None


def service_help(found: Guide) -> Reply:
    """`/help SERVICE`."""
    return Reply(
        _(found.steps),
        title=_("Your history from {service}", service=found.name),
        private=True,
    )


def unknown_service(service: str) -> Reply:
    """`/help` about something else."""
    return Reply(
        _("I know nothing about '{service}'.", service=service) + " " + other_services(),
        private=True,
        buttons=service_buttons(),
        typed=HELP_COMMANDS,
    )


def other_services() -> str:
    """Which services there is help about."""
    return _(OTHER_SERVICES, commands=", ".join(HELP_COMMANDS))


def service_buttons() -> tuple[tuple[Button, ...], ...]:
    """The same to be pressed, in rows that a narrow screen can show."""
    buttons = [Button(guide.name, "help", key) for key, guide in GUIDES.items()]
    return tuple(
        tuple(buttons[first : first + ROW_BUTTONS]) for first in range(0, len(buttons), ROW_BUTTONS)
    )


def how_to_get_the_export() -> str:
    """The way for most people, and where the other ways are told."""
    heading, steps = _("How to get your history from Spotify:"), _(GUIDES["spotify"].steps)
    return f"{heading}\n{steps}\n{other_services()}"
