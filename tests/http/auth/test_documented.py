"""docs/http.md says who is let in: it names every setting and every way to sign."""

from __future__ import annotations

from pathlib import Path

from attrs import fields

from taskcore_http.settings import Settings

TEXT = (Path(__file__).parents[3] / "docs" / "http.md").read_text()
SECTION = TEXT.partition("## Who you are\n")[2].partition("\n## ")[0]


def test_every_setting_of_tokens_is_in_the_docs_with_its_default() -> None:
    for setting in fields(Settings):
        for variable in setting.metadata["variables"]:
            if "JWT" in variable or "AUTH" in variable:
                assert f"`{variable}" in SECTION
    assert f"| {fields(Settings).jwt_leeway.default} |" in SECTION


def test_every_way_to_sign_and_what_each_key_is_are_in_the_docs() -> None:
    for told in ("HS256", "RS256", "ES256", "EdDSA", "32 bytes", "2048 bits", "8 KiB"):
        assert told in SECTION
