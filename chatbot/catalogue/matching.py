"""Whether a track that Spotify found is the one that was meant (pure).

A wrong link is worse than a search link: when in doubt, it is another track.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

LEAST_TITLE_RATIO = 95.0
LEAST_ARTIST_RATIO = 90.0

# `(...)`, `[...]`, or ` - ...` up to the next one: where a title says which version it is.
_SUFFIX = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|\s[-–—]\s((?:(?!\s[-–—]\s|[(\[]).)+)")
_FEATURING = re.compile(r"\s*(?:feat|ft|featuring|with)\b\.?\s", re.IGNORECASE)
_FEATURING_AT_END = re.compile(r"\s(?:feat|ft|featuring)\b\.?\s.*$", re.IGNORECASE)
# The same recording in another package.
_SAME_RECORDING = re.compile(
    r"""\b(?:
        (?:\d{4}\s+)? (?:digital(?:ly)?\s+)? re-?master(?:ed)? (?:\s+\d{4})? (?:\s+version)?
      | (?:album|single|original|mono|stereo|lp|soundtrack) \s+ (?:version|mix)
      | mono | stereo | deluxe (?:\s+edition)? | bonus\s+track
    )\b
    | ^\s* (?:music\s+|theme\s+)? from \b .*
    | ^\s* (?:original\s+)? (?:motion\s+picture\s+)? soundtrack \b .*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_VERSIONS = {
    "live": r"live|concert|unplugged|sessions?",
    "remix": r"remix|re-?mix|mix|rework|bootleg|vip|flip|mashup|dub",
    "edit": r"edit|cut|extended|short version|club version",
    "acoustic": r"acoustic|piano|orchestral|strings|stripped|a cappella|acapella",
    "instrumental": r"instrumental|karaoke|backing track",
    "cover": r"cover|tribute|in the style of|made famous by|originally performed",
    "demo": r"demo|rehearsal|outtake|take \d+|alternate|alternative",
    "speed": r"sped up|speed up|slowed|nightcore|reverb|8d",
    "again": r"re-?recorded|rerecording|version|remake",
}
_VERSION_PATTERNS = {
    kind: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for kind, words in _VERSIONS.items()
}
_NUMBER = re.compile(r"\d+|[ivx]+")


@dataclass(frozen=True)
class Candidate:
    """A track that a search found."""

    uri: str
    title: str
    artists: tuple[str, ...]


@dataclass(frozen=True)
class _Title:
    words: str
    """Normalised, with what says which version, without guests and remasters."""
    versions: frozenset[str]
    is_repackaged: bool


def best_match(artist: str, title: str, candidates: Sequence[Candidate]) -> Candidate | None:
    """The candidate that is that recording by that artist; None where none is.

    Live, remixed, acoustic ... versions match only when such a one was asked for; a remaster is the
    same recording. Of several, the closest in words counts, then Spotify's order.
    """
    wanted = _read_title(title)
    best: tuple[float, Candidate] | None = None
    for candidate in candidates:
        found = _read_title(candidate.title)
        by_artist = _artist_ratio(artist, candidate.artists)
        by_title = fuzz.ratio(wanted.words, found.words)
        if (
            found.versions != wanted.versions
            or _numbers(found.words) != _numbers(wanted.words)
            or by_artist < LEAST_ARTIST_RATIO
            or by_title < LEAST_TITLE_RATIO
        ):
            continue
        score = by_artist + by_title - (found.is_repackaged != wanted.is_repackaged)
        if best is None or score > best[0]:
            best = score, candidate
    return best[1] if best else None


def normalised(text: str) -> str:
    """Words in lower case without accents and punctuation, other scripts as they are.

    >>> normalised("Don’t Stop Me Now & Beyoncé")
    'dont stop me now and beyonce'
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    # Twice: some letters have no lower case before they are taken apart, others fall apart after.
    plain = unicodedata.normalize("NFKD", plain).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"['’‘`´]", "", plain).replace("&", " and ").replace("$", "s")
    return " ".join(re.findall(r"\w+", plain))


def _read_title(title: str) -> _Title:
    versions: set[str] = set()
    is_repackaged = False

    def read(match: re.Match[str]) -> str:
        nonlocal is_repackaged
        inside = next(part for part in match.groups() if part is not None)
        if _FEATURING.match(inside):
            return " "
        rest, repackagings = _SAME_RECORDING.subn(" ", inside)
        is_repackaged = is_repackaged or repackagings > 0
        versions.update(kind for kind, words in _VERSION_PATTERNS.items() if words.search(rest))
        return f" {rest} "

    words = normalised(_FEATURING_AT_END.sub("", _SUFFIX.sub(read, title)))
    # A title that is nothing but a suffix, '(Intro)' or '- From ...', is taken as it stands.
    return _Title(words or normalised(title) or title, frozenset(versions), is_repackaged)


def _numbers(words: str) -> list[str]:
    """'Part I' and 'Part II' are one letter apart, and two songs."""
    return sorted(word for word in words.split() if _NUMBER.fullmatch(word))


def _artist_ratio(wanted: str, artists: Sequence[str]) -> float:
    names = [*artists, " ".join(artists)]
    asked = _artist_words(wanted)
    return max((fuzz.ratio(asked, _artist_words(name)) for name in names), default=0.0)


def _artist_words(name: str) -> str:
    return (normalised(name) or name).removeprefix("the ")
