"""What the pages name exists, and they name nothing that they should not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from chatbot.conversation.commands import COMMANDS
from tests.docs import ROOT, settings_table
from tests.docs.markdown import anchors, blocks, code_names, documents, links, read

PATH = re.compile(r"(?:chatbot|storage|songnet|tests|docs|benchmarks)/[\w./-]*")
FORBIDDEN = ("pypi.org", "pythonhosted.org", "download.pytorch.org", "registry.npmjs", "/work/")
PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in documents()]


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for link in links(text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = page.parent / target if target else page
        known = anchors(file.read_text(encoding="utf-8")) if anchor and file.is_file() else {anchor}
        if not file.exists() or anchor not in known:
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES)
def test_named_paths_exist(page: Path) -> None:
    names = code_names(page.read_text(encoding="utf-8"))
    missing = [name for name in names if PATH.fullmatch(name) and not (ROOT / name).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_package_registry_or_a_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not [word for word in FORBIDDEN if word in text]


def paths_of_map(text: str) -> list[str]:
    """The paths in the drawn tree: names by indentation, several in a line after two spaces."""
    paths: list[str] = []
    folders: list[str] = []
    for line in text.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        folders = folders[:depth]
        names = [
            word for word in re.split(r"[\s;:]+", line) if re.fullmatch(r"[\w.]+(/|\.py)", word)
        ]
        paths += ["/".join([*folders, name]) for name in names]
        if names and names[0].endswith("/"):
            folders.append(names[0].rstrip("/"))
    return paths


def test_the_map_of_the_house_is_true() -> None:
    tree = next(
        block.text for block in blocks(read("README.md"), "") if "bootstrap.py" in block.text
    )
    paths = paths_of_map(tree)
    assert len(paths) > 30
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_the_map_of_the_house_shows_every_layer() -> None:
    tree = next(
        block.text for block in blocks(read("README.md"), "") if "bootstrap.py" in block.text
    )
    config = tomllib.loads(read("pyproject.toml"))
    inside = next(
        contract for contract in config["tool"]["importlinter"]["contracts"]
        if contract["name"] == "inside chatbot"
    )  # fmt: skip
    layers = {name for layer in inside["layers"] for name in layer.split(" | ")}
    shown = {Path(path).stem for path in paths_of_map(tree) if path.startswith("chatbot/")}
    assert not layers - shown


def test_settings_table_is_up_to_date() -> None:
    readme = read("README.md")
    assert settings_table.insert(readme) == readme, "run: python -m tests.docs.settings_table"


def test_every_setting_has_a_meaning() -> None:
    assert not [name for name, _, meaning in settings_table.rows() if not meaning.endswith(".")]


def test_example_env_lists_every_setting_with_its_default() -> None:
    listed = dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", read(".env.example"), re.MULTILINE))
    listed.pop("COMPOSE_PROFILES")  # compose's own
    expected = {
        name: default.strip("`")
        if default.startswith("`") and not default.endswith("Linux")
        else ""
        for name, default, _ in settings_table.rows()
    }
    assert listed == expected


def test_every_command_is_in_the_readme() -> None:
    readme = read("README.md")
    assert not [spec.name for spec in COMMANDS if f"| `/{spec.name}" not in readme]


def test_changelog_knows_this_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"## [{version}]" in read("CHANGELOG.md")


def test_the_index_of_decisions_is_complete() -> None:
    index = links(read("docs/decisions/README.md"))
    pages = sorted(page.name for page in (ROOT / "docs/decisions").glob("0*.md"))
    assert index == pages


@pytest.mark.parametrize(
    "page", sorted(page.name for page in (ROOT / "docs/decisions").glob("0*.md"))
)
def test_a_decision_has_its_parts(page: str) -> None:
    text = read(f"docs/decisions/{page}")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Why", "Consequences", "As built"]
    assert text.startswith(f"# {page[:4]}: ")
