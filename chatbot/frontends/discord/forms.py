"""The form for files, which a restart of the bot between opening and sending does not hurt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import discord

from chatbot.conversation import file_replies, import_replies
from chatbot.conversation.language import _
from chatbot.frontends.discord import markup

MOST_FILES = 10
"""What Discord lets people add to one form."""
TITLE_UNITS, LABEL_UNITS, HINT_UNITS, TEXT_UNITS = 45, 45, 100, 4_000
_PREFIX = "files:"


def files_form(name: str, largest_bytes: int) -> discord.ui.Modal:
    """A form whose files go to the command of this name.

    What is larger than `largest_bytes` Discord refuses by itself, without asking the bot.

    It is stopped before it is sent, so that discord.py keeps nothing of it: what is sent back is
    read by `sent_files`, whichever run of the bot has opened it.
    """
    words = import_replies.import_help(largest_bytes)
    form = discord.ui.Modal(
        title=markup.clip(words.title, TITLE_UNITS), timeout=None, custom_id=f"{_PREFIX}{name}"
    )
    upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(
        custom_id="files", required=False, min_values=0, max_values=MOST_FILES
    )
    form.add_item(
        discord.ui.Label(
            text=markup.clip(_(file_replies.FILES_LABEL), LABEL_UNITS),
            description=markup.clip(_(file_replies.FILES_HINT), HINT_UNITS),
            component=upload,
        )
    )
    form.add_item(
        discord.ui.TextDisplay(markup.clip_escaped(markup.escape(words.text), TEXT_UNITS))
    )
    form.stop()
    return form


def sent_form(
    interaction: discord.Interaction[Any],
) -> tuple[str, tuple[discord.Attachment, ...]] | None:
    """The command and the files of a form that was sent; None for anything else."""
    data = cast("Mapping[str, Any]", interaction.data or {})
    custom_id = str(data.get("custom_id", ""))
    is_form = interaction.type is discord.InteractionType.modal_submit
    if not is_form or not custom_id.startswith(_PREFIX):
        return None
    files = data.get("resolved", {}).get("attachments", {})
    return custom_id.removeprefix(_PREFIX), tuple(
        discord.Attachment(data=file, state=interaction._state)  # noqa: SLF001 - as discord.py's own
        for file in files.values()
    )
