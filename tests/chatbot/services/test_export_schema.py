"""Every field that an export can hold is described."""

from __future__ import annotations

from dataclasses import fields

import pytest

from chatbot.services.export_schema import SCHEMA
from storage.avoided import AvoidedRecord
from storage.blends import BlendRecord, MemberRecord
from storage.gathered import GatheredRecord
from storage.histories import HistoryRecord
from storage.imports import ImportRecord
from storage.join_codes import JoinCodeRecord
from storage.models import ModelRecord
from storage.notices import NoticeRecord
from storage.playlists import PlaylistRecord
from storage.postings import PostingRecord
from storage.preferences import PreferencesRecord
from storage.shares import ShareRecord, VoteRecord
from storage.undelivered import UndeliveredRecord
from storage.uploads import UploadRecord
from storage.users import Identity

RECORDS = {
    "identities": Identity,
    "history": HistoryRecord,
    "imports": ImportRecord,
    "uploads": UploadRecord,
    "models": ModelRecord,
    "playlists": PlaylistRecord,
    "shares": ShareRecord,
    "postings": PostingRecord,
    "votes": VoteRecord,
    "avoided": AvoidedRecord,
    "notices": NoticeRecord,
    "undelivered": UndeliveredRecord,
    "gathered": GatheredRecord,
    "preferences": PreferencesRecord,
    "blends": BlendRecord,
    "consents": MemberRecord,
    "join_code": JoinCodeRecord,
}


@pytest.mark.parametrize("part", RECORDS)
def test_every_field_is_described(part: str) -> None:
    assert set(SCHEMA[part]) == {field.name for field in fields(RECORDS[part])}


def test_every_part_is_described() -> None:
    assert set(SCHEMA) == {"user", *RECORDS}
