from __future__ import annotations

import pytest

from chatbot.conversation.commands import COMMANDS, find_command, parse_seeds


@pytest.mark.parametrize(
    ("argument", "seeds"),
    [
        ("Faded", ["Faded"]),
        ("Faded; Animals - Maroon 5 ;Stay", ["Faded", "Animals - Maroon 5", "Stay"]),
        (" ; ;; ", []),
        ("", []),
        ("Faded\nAnimals", ["Faded", "Animals"]),
        ("夜に駆ける；群青", ["夜に駆ける", "群青"]),
        ("Faded; FADED", ["Faded"]),
        ("a  b\x00c", ["a bc"]),
    ],
)
def test_seeds_are_separated_by_semicolons_and_lines(argument: str, seeds: list[str]) -> None:
    assert parse_seeds(argument) == seeds


def test_a_command_is_found_in_any_case() -> None:
    found = find_command("PlayList")
    assert found is not None
    assert found.name == "playlist"


def test_an_alias_leads_to_its_command() -> None:
    found = find_command("start")
    assert found is not None
    assert found.name == "help"


def test_an_unknown_command_is_not_found() -> None:
    assert find_command("dance") is None


def test_descriptions_fit_every_platform() -> None:
    assert all(1 <= len(spec.description) <= 100 for spec in COMMANDS)


def test_the_menu_of_a_group_has_what_there_is_a_use_for_among_others() -> None:
    menu = [spec.name for spec in COMMANDS if spec.among_others or not spec.private_only]
    assert menu == ["playlist", "share", "blend", "help"]
