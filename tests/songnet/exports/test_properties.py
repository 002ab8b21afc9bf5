"""What holds for any plays in any mixture of services, however they are given."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from songnet.exports import ImportReport
from songnet.music import History
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import URI, dumped, extended, zipped
from tests.songnet.exports.strategies import documents, plays
from tests.songnet.exports.writers import WRITERS, Writer

Given = list[tuple[Writer, list[Played]]]

few = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VERSIONS = ["Faded - Live", "Faded (Acoustic)", "Faded - Remix", "Faded (Instrumental)"]


def written(given_documents: Given) -> list[bytes]:
    return [writer.write(played) for writer, played in given_documents]


def adds_up(report: ImportReport) -> bool:
    return all(
        part.rows == part.plays + sum(part.skipped.values()) for part in (report, *report.files)
    ) and (
        report.rows == sum(file.rows for file in report.files)
        and report.plays == sum(file.plays for file in report.files)
        and report.plays == sum(report.plays_per_year.values())
    )


@few
@given(documents())
def test_every_row_is_accounted_for(read: Read, given_documents: Given) -> None:
    history, report = read(*written(given_documents))
    assert adds_up(report)
    assert report.rows == sum(len(played) for _, played in given_documents)
    assert report.plays == len(history)


@few
@given(documents(), documents(), st.integers(0, 2**32))
def test_no_order_and_no_grouping_matters(
    read: Read, some: Given, others: Given, chance: int
) -> None:
    one, other = read(*written(some))[0], read(*written(others))[0]
    together, _ = read(*written(some), *written(others))
    mixed = [*written(some), *written(others)]
    random.Random(chance).shuffle(mixed)
    assert read(*mixed)[0] == together
    assert one.merge(other) == together
    assert other.merge(one) == together
    assert together.merge(other) == together
    assert History.empty().merge(one) == one


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plays(fewest=2), st.integers(0, 2**32))
def test_no_split_into_files_matters(
    writer: Writer, read: Read, played: list[Played], chance: int
) -> None:
    whole, _ = read(writer.write(played))
    shuffled = list(played)
    random.Random(chance).shuffle(shuffled)
    pieces = [writer.write([play]) for play in shuffled]
    assert read(*pieces)[0] == whole
    assert read(zipped({f"{n}": piece for n, piece in enumerate(pieces)}))[0] == whole
    later = History.empty()
    for piece in pieces:
        later = later.merge(read(piece)[0])
    assert later == whole


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
def test_the_same_song_from_another_service_is_the_same_track(writer: Writer, read: Read) -> None:
    spotify, _ = read(dumped(extended(ts="2023-05-05T12:00:00Z")))
    decorated = Played("2024-01-01T10:00:00", "ALAN WALKER", "Faded (feat. Iselin Solheim)")
    later, _ = read(writer.write([decorated]))
    for merged in (spotify.merge(later), later.merge(spotify)):
        assert (len(merged), merged.track_count) == (2, 1)
        assert merged.tracks()["uri"].tolist() == [URI]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
def test_a_version_is_never_the_studio_recording(writer: Writer, read: Read) -> None:
    spotify, _ = read(dumped(extended(ts="2023-05-05T12:00:00Z")))
    versions = [
        Played(f"2024-01-01T10:{10 * number}:00", "Alan Walker", title)
        for number, title in enumerate(VERSIONS)
    ]
    later, _ = read(writer.write(versions))
    assert spotify.merge(later).track_count == later.merge(spotify).track_count == 5


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
def test_minutes_and_missing_lengths_do_not_break_the_order(writer: Writer, read: Read) -> None:
    """The same evening, heard on two services in turn."""
    evening = [
        Played(f"2024-01-01T10:{5 * number:02}:00", "Alan Walker", f"Song {number}")
        for number in range(6)
    ]
    extended_writer = next(writer for writer in WRITERS if writer.format == "spotify-extended")
    history, _ = read(writer.write(evening[1::2]), extended_writer.write(evening[::2]))
    assert history.frame["title"].tolist() == [play.title for play in evening]
    assert history.frame["started_at"].is_monotonic_increasing
