"""What every field of `data.json` in an `/export` means."""

from __future__ import annotations

_BLOB = {
    "blob_key": "Where the bytes are kept",
    "sha256": "Their SHA-256",
    "byte_size": "How many bytes they are",
}

SCHEMA = {
    "user": {"id": "Your number here", "created_at": "When you first gave something"},
    "identities": {
        "platform": "Where you are known: discord, telegram or console",
        "platform_id": "Your id there",
    },
    "history": {
        "user_id": "Your number here",
        "version": "How often your history was extended",
        **_BLOB,
        "plays": "How many plays it holds",
        "tracks": "How many different songs",
        "first_play": "When the oldest play started",
        "last_play": "When the newest play started",
        "updated_at": "When it was last extended",
    },
    "imports": {
        "id": "The number of the import",
        "user_id": "Your number here",
        "created_at": "When you sent the files",
        "chat": "The chat in which you sent them: platform, chat_id, is_private",
        "message": "The bot's message about it: platform, chat_id, message_id",
        "file_names": "The names of the files as you sent them",
        "report": "What was read and what was left out, and why",
        "failure": "Why it came to nothing, where it did",
        "announced_at": "When you were told of its end",
    },
    "uploads": {
        "id": "The number of a raw file that waits to be read",
        "import_id": "The import that it belongs to",
        "user_id": "Your number here",
        "file_name": "Its name as you sent it",
        "byte_size": "Its size",
        "blob_key": "Where its bytes are kept until then",
        "created_at": "When it came",
    },
    "models": {
        "id": "The number of the model",
        "user_id": "Your number here",
        "version": "How many models were made for you before, and this one",
        **_BLOB,
        "history_version": "The version of the history that it was trained on",
        "facts": "How it was trained, how good it is, and songs to try",
        "created_at": "When it was saved",
    },
    "playlists": {
        "id": "The number of the playlist",
        "user_id": "Your number here",
        "created_at": "When it was made",
        "model_id": "The model that made it",
        "seeds": "The songs that you started from: track_id, artist, title",
        "tracks": "The songs that were found: the same, and why, as counts from your history",
        "options": "What you wished (length, adventure ...), and the names that were not found, "
        "with near misses",
        "blend_id": "Of a playlist together with others: what they agreed to, see blends",
        "is_offered": "Whether it was only offered to you while you typed, and not sent as far as "
        "is known; then created_at is when that was last",
    },
    "shares": {
        "id": "The number under which a playlist of yours can be seen by others",
        "playlist_id": "That playlist",
        "user_id": "Your number here",
        "created_at": "When you shared it",
        "is_offered": "Whether it was only offered to you for a chat, and not sent there as far as "
        "is known; then created_at is when that was first",
        "votes_up": "How many people like it",
        "votes_down": "How many do not",
    },
    "postings": {
        "id": "The number of a message in a chat in which others see a playlist of yours",
        "playlist_id": "That playlist",
        "user_id": "Your number here",
        "message": "Where it is: platform, chat_id, message_id; and its language. Kept to take the "
        "playlist from there when you delete it",
        "expires_at": "When that is forgotten, unless one of its buttons is pressed",
    },
    "votes": {
        "share_id": "A shared playlist that you voted on",
        "user_id": "Your number here",
        "is_up": "Whether you like it",
        "created_at": "When you said so last",
    },
    "avoided": {
        "id": "The number of a song that you removed from a playlist",
        "user_id": "Your number here",
        "created_at": "When you removed it; it stays away from then on",
        "track": "The song: track_id, artist, title",
    },
    "notices": {
        "id": "The number of something that you are to be told",
        "user_id": "Your number here",
        "model_id": "The model that could not be used and is made anew",
        "created_at": "Since when",
    },
    "undelivered": {
        "id": "The number of an answer that could not be delivered to you",
        "user_id": "Your number here",
        "created_at": "When that was",
        "answer": "To which command, and which playlist it was; it goes when /status has told you",
    },
    "gathered": {
        "id": "The number of files that you sent and that wait for your word",
        "user_id": "Your number here",
        "created_at": "When the first of them came",
        "expires_at": "When they are forgotten if you never say so",
        "starts": "How often their import was begun and cut short",
        "files": "Their names, sizes and ids at your platform, the bot's message about them, and "
        "what your platform told of you with them",
    },
    "preferences": {
        "user_id": "Your number here",
        "chosen": "What you chose under /settings, the language that your platform told, and when "
        "you agreed that the start of new models is learned from your plays too (pretraining)",
        "updated_at": "When that last changed",
    },
    "blends": {
        "id": "The number of a playlist that you asked for together with others",
        "user_id": "Your number here",
        "request": "Whom you asked, as you named them, in which chat, and for which songs",
        "created_at": "When you asked",
        "expires_at": "Until when it can be answered, or asked for again",
    },
    "consents": {
        "blend_id": "The number of a playlist with others to which you consented",
        "user_id": "Your number here",
        "names": "How you were named, for which names you answered, and who asked",
        "created_at": "When you consented",
        "expires_at": "When that ends by itself",
    },
    "join_code": {
        "user_id": "Your number here",
        "created_at": "When you asked for a code to join accounts; the code itself is not kept",
        "expires_at": "Until when it can be used",
    },
}
"""By the part of `data.json`, by field. Moments are ISO 8601 in UTC."""
