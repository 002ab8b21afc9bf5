"""The README's table of settings, made from `Settings`: `python -m tests.docs.settings_table`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from chatbot.settings import Settings, environment_name
from tests.docs import ROOT

README = ROOT / "README.md"
BEGIN = "<!-- settings: made by `python -m tests.docs.settings_table` -->"
END = "<!-- settings end -->"
DEFAULTS_OF_THE_MACHINE = {
    "data": "`~/.local/share/songnet` on Linux",
    "downloads": "current folder",
}
"""What the defaults are where they depend on the machine."""


def rows() -> list[tuple[str, str, str]]:
    """(name, default, meaning) of every setting, in the order of the class."""
    return [
        (environment_name(name), _default(name, field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def table() -> str:
    """The table in Markdown."""
    lines = [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows()]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *lines])


def insert(readme: str) -> str:
    """The README with the table as it is now."""
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _default(name: str, value: Any) -> str:
    if name in DEFAULTS_OF_THE_MACHINE:
        return DEFAULTS_OF_THE_MACHINE[name]
    assert value is not PydanticUndefined, f"{name} has no default"
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


def main(readme: Path = README) -> None:
    readme.write_text(insert(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
