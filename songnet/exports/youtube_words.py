"""What YouTube's Takeout writes around the names of songs, in the languages of its users."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple


class Frame(NamedTuple):
    """What stands before and after the title of a video: 'Watched ' and nothing, in English."""

    before: str
    after: str = ""

    @property
    def length(self) -> int:
        return len(self.before) + len(self.after)


WATCHED: Final = (
    Frame("Watched "),  # English; Chinese and Portuguese accounts often get it too
    Frame("", " angesehen"),  # German
    Frame("Angesehen: "),
    Frame("Vous avez regardé "),  # French
    Frame("A regardé "),
    Frame("Has visto "),  # Spanish
    Frame("Viste "),
    Frame("Miraste "),
    Frame("Hai guardato "),  # Italian
    Frame("Assistiu a "),  # Portuguese
    Frame("Você assistiu a "),
    Frame("Viu "),
    Frame("Je hebt naar ", " gekeken"),  # Dutch
    Frame("Je hebt ", " bekeken"),
    Frame("Heeft ", " bekeken"),
    Frame("Tittade på "),  # Swedish
    Frame("Så på "),  # Norwegian
    Frame("Så "),  # Danish
    Frame("Du har set "),
    Frame("", " katsottiin"),  # Finnish
    Frame("Katsoit videon "),
    Frame("Obejrzano: "),  # Polish
    Frame("Obejrzano "),
    Frame("Zhlédli jste video "),  # Czech
    Frame("Zhlédnuto: "),
    Frame("Pozreli ste si video "),  # Slovak
    Frame("Ați vizionat "),  # Romanian
    Frame("Ai vizionat "),
    Frame("Megnézett videó: "),  # Hungarian
    Frame("Παρακολουθήσατε το βίντεο "),  # Greek
    Frame("Гледахте "),  # Bulgarian
    Frame("Просмотрено видео "),  # Russian
    Frame("Вы посмотрели видео "),
    Frame("Ви дивилися відео "),  # Ukrainian
    Frame("Переглянуто відео "),
    Frame("", " adlı videoyu izlediniz"),  # Turkish
    Frame("", " izlənildi"),  # Azerbaijani
    Frame("تمت مشاهدة ", " ."),  # Arabic
    Frame("تمت مشاهدة "),
    Frame("را تماشا کردید "),  # Persian
    Frame("", " را تماشا کردید"),
    Frame("", " دیکھی"),  # Urdu
    Frame("", " देखा"),  # Hindi
    Frame("", " দেখা হয়েছে"),  # Bengali
    Frame("Pinanood ang "),  # Filipino
    Frame("Menonton "),  # Indonesian
    Frame("Telah menonton "),
    Frame("Ditonton "),
    Frame("Đã xem "),  # Vietnamese
    Frame("ดู ", " แล้ว"),  # Thai
    Frame("", " を視聴しました"),  # Japanese
    Frame("", " 을(를) 시청했습니다."),  # Korean
    Frame("", " 을(를) 시청했습니다"),
    Frame("", " 시청함"),
    Frame("已觀看「", "」"),  # Chinese
    Frame("已觀看 "),
    Frame("观看了 "),
    Frame("已观看 "),
)
"""Each as the service writes it around a title, blanks included."""

_MUSIC: Final = ("mus", "muz", "муз", "ミュージック", "뮤직", "音乐", "音樂", "μουσ")
"""How 'Music' begins where the product's name is translated."""
_TOPICS: Final = (
    *("Topic", "Thema", "Thème", "Sujet", "Tema", "Tópico", "Argomento", "Onderwerp", "Ämne"),
    *("Emne", "Aihe", "Temat", "Téma", "Subiect", "Θέμα", "Тема", "Konu", "موضوع", "विषय"),
    *("Paksa", "Topik", "Chủ đề", "หัวข้อ", "トピック", "주제", "主題", "主题"),
)
_TOPIC: Final = re.compile(rf"\s[-–—]\s(?:{'|'.join(_TOPICS)})$", re.IGNORECASE)


def is_music(product: str) -> bool:
    """Whether the name of a product is that of YouTube Music."""
    words = product.casefold().split()
    return len(words) > 1 and "youtube" in words[0] and words[-1].startswith(_MUSIC)


def artist_of_topic(channel: str) -> str | None:
    """The artist in the name of a channel that YouTube itself made ("Artist - Topic")."""
    artist, found = _TOPIC.subn("", channel.strip())
    return artist.strip() or None if found else None


def learned_frames(pairs: Iterable[tuple[str, str]]) -> tuple[Frame, ...]:
    """The frames in a language that is not in `WATCHED`, from titles that hold their own link.

    Videos that are gone are listed with their link in the place of the title.

    Args:
        pairs: titles and links.
    """
    found = set()
    for title, link in pairs:
        if link and link in title:
            before, _, after = " ".join(title.split()).partition(link)
            if before or after:
                found.add(Frame(before, after))
    return tuple(sorted(found - set(WATCHED)))


def without_verb(title: str, learned: Sequence[Frame] = ()) -> str:
    """The title alone; the longest frame that fits is taken off.

    >>> without_verb("Watched Faded"), without_verb("Faded を視聴しました")
    ('Faded', 'Faded')
    """
    title = " ".join(title.split())
    for before, after in _by_length(tuple(learned)):
        if (
            title.startswith(before)
            and title.endswith(after)
            and len(title) > len(before) + len(after)
        ):
            return title[len(before) : len(title) - len(after)]
    return title


@lru_cache(maxsize=8)
def _by_length(learned: tuple[Frame, ...]) -> tuple[Frame, ...]:
    return tuple(sorted({*WATCHED, *learned}, key=lambda frame: (-frame.length, frame)))
