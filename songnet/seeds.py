"""Finding the tracks that a person names, in the library of that person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from songnet.completion import Beginnings
from songnet.errors import Suggestion
from songnet.links import link_kind, spotify_uri_in
from songnet.music import StandIn, Track
from songnet.names import plain, short_title
from songnet.seed_matches import Completion, SeedMatch, SeedMatches, UnknownSeed
from songnet.song_lists import songs_in, without_number
from songnet.vocabulary import Vocabulary

MOST_SUGGESTIONS = 5
LEAST_RESEMBLANCE = 60.0
"""Near misses resemble the query at least so much, in 0 ... 100."""
LETTERS_PER_TYPO = 5
"""One slip of the finger is forgiven for every so many letters."""
MOST_TYPOS = 3
PART_WEIGHT = 0.9
"""How much a part that fits counts against a whole that fits."""
ROUNDING = 0.01
"""So much lower than the least resemblance is looked, in 0 ... 100."""
STAND_INS = 3
"""So many tracks of an artist, at most, stand for a song of that artist that is not known."""

MOST_DASHES = 4
"""So many dashes of a name are taken for what stands between title and artist."""

_DASH = re.compile(r"\s[-–—]\s")
_ADDRESS = re.compile(
    r"(<?(?:https?://|spotify:|(?:open|play)\.spotify\.com/)[^\s,;]+)", re.IGNORECASE
)
_BETWEEN_SONGS = " \t\r\n,;&+"
_NUMBER = re.compile(r"\d+")
_FORMS = 3
"""So many has a title, the bare one first; see `SeedIndex._add`."""
_DASH_OR_BY = re.compile(r"\s(?:[-–—]|by)\s", re.IGNORECASE)


class SeedIndex:
    """A library that can be asked for songs by their names, in any common spelling.

    Known are: the track_id, the Spotify URI and link, the title, and the title with the artist in
    either order; without regard to case, accents, punctuation and asides such as '- Radio Edit'.
    A few typing errors are forgiven, though none in a number. Of several tracks that fit equally
    well, the one that is spelt so is meant, else the one that was played most. A song that is not
    there is known by its artist where 'artist - title', 'title - artist' or 'title by artist' names
    one of the library, and so is an artist alone.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        library = vocabulary.library
        self._by_uri = {uri: index - 1 for uri, index in vocabulary.other_uris.items()}
        self._by_uri |= {uri: row for row, uri in enumerate(library["uri"]) if isinstance(uri, str)}
        self._order = np.argsort(-vocabulary.plays[1:], kind="stable").tolist()
        """(tracks,) rows of the library, the most played first."""
        self._names: list[str] = []
        """(tracks,) title and artist, in that order."""
        self._forms: list[str] = []
        """(forms,) every way in which a track can be named, in that order."""
        self._form_rows: list[int] = []
        """(forms,) the row that a form names."""
        titles, artists = library["title"].tolist(), library["artist"].tolist()
        plain_artists = {artist: plain(artist) for artist in set(artists)}
        self._titles, self._artists = titles, artists
        self._alike: dict[str, list[int]] = {}
        """By form: the rows that it names beside that of `_exact`."""
        whole: dict[str, int] = {}
        short: dict[str, int] = {}
        titled: dict[str, dict[str, int]] = {}
        for row in self._order:
            title, artist = plain(titles[row]), plain_artists[artists[row]]
            core = plain(short_title(titles[row]))
            self._names.append(f"{title} {artist}")
            for name in (title, core):
                titled.setdefault(name, {}).setdefault(artist, row)
            self._add(row, title, artist, whole)
            if core != title:
                self._add(row, core, artist, short)
        self._shared = {name: rows for name, rows in titled.items() if len(rows) > 1}
        """Titles that several artists have, with or without their asides: by plain name of the
        artist the row, the most played first."""
        self._rows_of_artist: dict[str, list[int]] = {}
        """By plain name: the artist's rows, the most played first."""
        for row in self._order:
            self._rows_of_artist.setdefault(plain_artists[artists[row]], []).append(row)
        self._beginnings = Beginnings(self._names)
        self._places = np.argsort(self._order)[self._form_rows]
        """(forms,) the place of a form's row in the order of the most played."""
        self._lengths = np.fromiter(map(len, self._names), np.int64, len(self._names))
        """(tracks,) letters of the names, in that order."""
        self._exact = short | whole
        # 'Levels' is rather the track of that whole name than 'Levels - Radio Edit'.
        for form in short.keys() & whole.keys():
            self._alike.setdefault(form, []).append(short[form])

    def _add(self, row: int, title: str, artist: str, exact: dict[str, int]) -> None:
        for form in (title, f"{title} {artist}", f"{artist} {title}"):
            if exact.setdefault(form, row) != row:
                self._alike.setdefault(form, []).append(row)
            self._forms.append(form)
            self._form_rows.append(row)

    def find(self, queries: Iterable[str]) -> SeedMatches:
        """Looks up every named song; empty names are passed over."""
        found, unknown, by_artist = [], [], []
        for query in queries:
            if not query.strip():
                continue
            for name in self._songs_in(query.strip()):
                match = self._match(name)
                if isinstance(match, SeedMatch):
                    found.append(match)
                elif isinstance(match, StandIn):
                    by_artist.append(match)
                else:
                    unknown.append(match)
        return SeedMatches(tuple(found), tuple(unknown), tuple(by_artist))

    def complete(self, beginning: str, most: int) -> tuple[Completion, ...]:
        """The tracks that somebody may mean who has typed so much; the best first.

        Of recordings with the same name only the one that `find` takes is offered.
        """
        completions = []
        for place in self._beginnings.complete(plain(beginning), most):
            row = self._order[place]
            text = self._shortest(row)
            if text is not None:
                completions.append(Completion(self._vocabulary.track(row + 1), text))
        return tuple(completions)

    def shorten(self, text: str) -> str:
        """The shortest name of the track that a text names exactly; else the text as it is."""
        row = self._named(text)
        shortest = self._shortest(row) if row is not None else None
        return text if shortest is None or len(shortest) > len(text) else shortest

    def _shortest(self, row: int) -> str | None:
        """The title, with the artist where it needs one; None where another row has the name."""
        track = self._vocabulary.track(row + 1)
        names = [f"{track.title} - {track.artist}"]
        if plain(track.title) not in self._shared:
            names.insert(0, track.title)
        for name in names:
            text = " ".join(name.replace(";", " ").split())
            if self._named(text) == row:
                return text
        return None

    def _songs_in(self, text: str) -> Sequence[str]:
        """What was named as one song and is several; else the text as it is."""
        if self._is_known(text):
            return [text]
        pieces = [piece.strip(_BETWEEN_SONGS) for piece in _ADDRESS.split(text)]
        if len(pieces) > 1:  # links and names in turn
            return [song for piece in pieces if piece for song in self._listed(piece)]
        return self._listed(text)

    def _listed(self, text: str) -> Sequence[str]:
        if link_kind(text) is not None or self._is_known(text):
            return [text]
        # 'Lean On - Major Lazer, MØ' is one song: what follows its artist are artists of it.
        is_known = self._is_song if _DASH.search(text) else self._is_known
        return songs_in(without_number(text), is_known) or [text]

    def _is_song(self, text: str) -> bool:
        return self._known(text) is not None

    def _is_known(self, text: str) -> bool:
        return self._is_song(text) or plain(text) in self._rows_of_artist

    def _match(self, text: str) -> SeedMatch | StandIn | UnknownSeed:
        row, respelt = self._known(text), ""
        is_address = text in self._vocabulary or link_kind(text) is not None
        if row is None and not is_address:
            artist = self._rows_of_artist.get(plain(text))
            if artist is not None:
                return self._stand_in(text, artist[:STAND_INS])
            row, respelt = self._misspelt(plain(text))
            if row is None and (line := without_number(text)) != text:
                row, respelt = self._misspelt(plain(line))
        if row is not None:
            track = self._vocabulary.track(row + 1)
            namesakes = () if is_address else self._namesakes(text, track)
            return SeedMatch(text, track, namesakes, respelt)
        if is_address:
            return UnknownSeed(text, ())
        near = self._near_misses(text)
        rows = self._stand_ins(text)
        return self._stand_in(text, rows, near) if rows else UnknownSeed(text, near)

    def _known(self, text: str) -> int | None:
        """The row that a text names exactly."""
        if text in self._vocabulary:
            return self._vocabulary.index(text) - 1
        uri = spotify_uri_in(text)
        if uri is not None:
            return self._by_uri.get(uri)
        row = self._named(text)
        return self._named(short_title(text)) if row is None else row

    def _named(self, text: str) -> int | None:
        """The row of a form; of several the one that is spelt like it, but for case."""
        form = plain(text)
        row = self._exact.get(form)
        if row is None or form not in self._alike:
            return row
        written = _spelling(text)
        rows = (row, *self._alike[form])
        return next((each for each in rows if written in self._spellings(each)), row)

    def _spellings(self, row: int) -> Iterator[str]:
        artist = self._artists[row]
        for title in dict.fromkeys((self._titles[row], short_title(self._titles[row]))):
            yield _spelling(title)
            yield _spelling(f"{title} - {artist}")
            yield _spelling(f"{artist} - {title}")

    def _stand_in(
        self, query: str, rows: Sequence[int], near: tuple[Suggestion, ...] = ()
    ) -> StandIn:
        tracks = tuple(self._vocabulary.track(row + 1) for row in rows)
        return StandIn(query, tracks[0].artist, tracks, near)

    def _misspelt(self, name: str) -> tuple[int | None, str]:
        """The row of the nearest form within the allowed typing errors, and what is called so.

        Distance is counted in inserted, dropped, changed and swapped letters (Damerau-Levenshtein
        in its optimal string alignment form). A number is meant as it is written: the second part
        of a song is no slip for the first.
        """
        allowed = min(MOST_TYPOS, len(name) // LETTERS_PER_TYPO)
        if not allowed:
            return None, ""
        distances = process.cdist(
            [name], self._forms, scorer=OSA.distance, score_cutoff=allowed, dtype=np.uint16
        )[0]  # (forms,); allowed + 1 where further away
        near = np.flatnonzero(distances <= allowed)
        numbers = _NUMBER.findall(name)
        for place in near[np.argsort(distances[near], kind="stable")]:  # of equals the most played
            if _NUMBER.findall(self._forms[place]) == numbers:
                return self._form_rows[place], self._called(int(place), name)
        return None, ""

    def _called(self, place: int, name: str) -> str:
        """What a form names, as it is spelt; '' where a name differs from it in spaces alone."""
        if self._forms[place].replace(" ", "") == name.replace(" ", ""):
            return ""
        title, artist = (names[self._form_rows[place]] for names in (self._titles, self._artists))
        return title if place % _FORMS == 0 else f"{title} - {artist}"

    def _namesakes(self, text: str, track: Track) -> tuple[Suggestion, ...]:
        """What else a name may mean that does not say by whom."""
        artist, name = plain(track.artist), plain(text)
        if f" {artist} " in f" {name} ":
            return ()
        rows = self._shared.get(plain(short_title(track.title)), {})
        others = [row for other, row in rows.items() if other != artist]
        return tuple(self._suggestion(row, 100.0) for row in others[:MOST_SUGGESTIONS])

    def _stand_ins(self, text: str) -> list[int]:
        """The rows that stand for an unknown song of a known artist, of two the one played more."""
        names: set[str] = set()
        for dash in islice(_DASH_OR_BY.finditer(text), MOST_DASHES):
            for half in (text[: dash.start()], text[dash.end() :]):
                names |= {plain(half), plain(short_title(half))}
        known = [self._rows_of_artist[name] for name in names & self._rows_of_artist.keys()]
        plays = self._vocabulary.plays[1:]
        best = max(known, key=lambda rows: (int(plays[rows].sum()), -rows[0]), default=[])
        return best[:STAND_INS]

    def _near_misses(self, query: str) -> tuple[Suggestion, ...]:
        name = plain(query)
        resemblance = np.zeros(len(self._names), np.float32)  # (tracks,) most played first
        for text, weight in _parts(query):
            ratios = _ratios(fuzz.ratio, text, self._forms, LEAST_RESEMBLANCE / weight)
            np.maximum.at(resemblance, self._places, weight * ratios)
        # A part of a name is named, or the artist alone.
        longer = np.flatnonzero(self._lengths >= len(name))
        names = [self._names[place] for place in longer]
        inside = _ratios(fuzz.partial_ratio, name, names, LEAST_RESEMBLANCE / PART_WEIGHT)
        resemblance[longer] = np.maximum(resemblance[longer], PART_WEIGHT * inside)
        best = np.argsort(-np.round(resemblance), kind="stable")[:MOST_SUGGESTIONS]
        return tuple(
            self._suggestion(self._order[place], float(resemblance[place]))
            for place in best
            if resemblance[place] >= LEAST_RESEMBLANCE
        )

    def _suggestion(self, row: int, resemblance: float) -> Suggestion:
        track = self._vocabulary.track(row + 1)
        return Suggestion(track.track_id, track.artist, track.title, resemblance)


def _spelling(text: str) -> str:
    """Text as it was written, but for case and the width of its spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _ratios(
    scorer: Callable[..., float], text: str, names: Sequence[str], least: float
) -> npt.NDArray[np.float32]:
    """(names,) how a text resembles each, 0 where that is less; to know the least saves the time.

    The least is taken a little lower: with a weight, it must not be missed by rounding.
    """
    ratios: npt.NDArray[np.float32] = process.cdist(
        [text], names, scorer=scorer, score_cutoff=least - ROUNDING, dtype=np.float32
    )[0]
    return ratios


def _parts(query: str) -> Iterator[tuple[str, float]]:
    """The query, and its halves around a dash: the title may be right and the artist wrong."""
    yield plain(query), 1.0
    halves = _DASH.split(query.strip(), maxsplit=1)
    if len(halves) > 1:
        for half in halves:
            yield plain(half), PART_WEIGHT


def queries_in(text: str) -> Sequence[str]:
    """The songs named in one line, separated by semicolons or lines.

    >>> queries_in("Faded; Maroon 5 - Animals;")
    ['Faded', 'Maroon 5 - Animals']
    """
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
