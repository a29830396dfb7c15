"""The examples in docs/http.md of who you are: what curl shows is what is written there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import fields
from tests.http.auth.issuing import SECRET, token

from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from tests.http.conftest import Start

TEXT = (Path(__file__).parents[3] / "docs" / "http.md").read_text()
SECTION = TEXT.partition("## Who you are\n")[2].partition("\n## ")[0]
EXAMPLES = re.findall(r"^\$ (curl .*)\n((?:(?!\$ |```).*\n)+)", SECTION, re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_curl_shows_what_the_examples_say(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:", TASKCORE_AUTH="jwt", TASKCORE_JWT_KEY=SECRET)

    assert len(EXAMPLES) == 5
    for command, written in EXAMPLES:
        done = subprocess.run(  # noqa: S602  # as in the reader's terminal
            command.replace("http://localhost:8000", server.address).replace("curl", "curl -s"),
            capture_output=True,
            check=True,
            env=os.environ | {"TOKEN": token(aud=...)},
            shell=True,
            text=True,
            timeout=30,
        )
        *head, body = done.stdout.splitlines()
        lines, _, expected = re.split(r"(^|\n)(?=[\[{])", written, maxsplit=1)
        assert masked(body) == masked(expected), command
        for line in lines.splitlines():
            assert line in head, command


def masked(body: str) -> object:
    document = json.loads(body)
    if isinstance(document, dict):
        assert document.pop("request_id")
    return document


def test_every_setting_of_tokens_is_in_the_docs_with_its_default() -> None:
    for setting in fields(Settings):
        for variable in setting.metadata["variables"]:
            if "JWT" in variable or "AUTH" in variable:
                assert f"`{variable}" in SECTION
    assert f"| {fields(Settings).jwt_leeway.default} |" in SECTION


def test_every_way_to_sign_and_what_each_key_is_are_in_the_docs() -> None:
    for told in ("HS256", "RS256", "ES256", "EdDSA", "32 bytes", "2048 bits", "8 KiB"):
        assert told in SECTION
