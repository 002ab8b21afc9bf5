"""What only the person at the console reads (pure)."""

from __future__ import annotations

from chatbot.conversation.language import _


def greeting() -> str:
    """The first line."""
    return _("songnet. /help tells what I can do, /quit leaves.")


def how_to_import() -> str:
    """Files are not sent here."""
    return _("Here you write where it lies: /import PATH, such as /import my_spotify_data.zip.")


def how_to_leave() -> str:
    """After one Ctrl-C."""
    return _("Press Ctrl-C once more, or Ctrl-D, or type /quit, to leave.")


def goes_on_later() -> str:
    """Somebody leaves while something is under way."""
    return _("What is under way goes on at the next start.")


def shown_above() -> str:
    """`/wait` in a terminal, which need not wait."""
    return _("What is under way shows above the prompt; go on typing.")


def not_done(seconds: float) -> str:
    """The end of a script that waited in vain."""
    return _(
        "Not done after {seconds} seconds; it goes on at the next start.", seconds=f"{seconds:g}"
    )


def saved(path: str) -> str:
    """Where a file lies now."""
    return _("Saved: {path}", path=path)


def not_saved(name: str, folder: str, reason: str) -> str:
    """A file that cannot be written."""
    return _(
        "{name} could not be written to {folder}: {reason}.",
        name=name,
        folder=folder,
        reason=reason,
    )


def grown_from() -> str:
    """Before the seeds of a playlist."""
    return _("From: ")


def unclosed_quote(argument: str) -> str:
    """A path with one quotation mark."""
    return _(
        "A quotation mark is not closed in: {argument}. Write a path with spaces as "
        '"my export.zip".',
        argument=argument,
    )


def no_such_number(number: int, newest: int) -> str:
    """A number that is no button."""
    return _(
        "There is no button {number}; the newest ones go from 1 to {newest}.",
        number=number,
        newest=newest,
    )


def no_such_button(label: str) -> str:
    """A label that is no button."""
    return _("There is no button '{label}'.", label=label)


def too_many_files(folder: str, most: int) -> str:
    """A folder that can hardly be an export."""
    return _(
        "'{folder}' holds more than {most} files. Name the files of your export.",
        folder=folder,
        most=most,
    )


def empty_folder(folder: str) -> str:
    """A folder without files."""
    return _("There are no files in '{folder}'.", folder=folder)


def no_file_or_folder(path: str) -> str:
    """A socket, a device."""
    return _("'{path}' is neither a file nor a folder.", path=path)


def no_such_file(path: str) -> str:
    """A path of nothing."""
    return _("There is no file '{path}'.", path=path)


def unreadable(path: str, reason: str) -> str:
    """A path that the system refuses."""
    return _("'{path}' cannot be read: {reason}.", path=path, reason=reason)
