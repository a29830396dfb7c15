"""The examples in docs/http.md, run in their order: what they show is what comes.

In what is shown, dots are anything. Headers may be left out, and keys for ``"...": "..."``. Ids
that the server makes, and times, are others each time, but the same id is the same task.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest
from attrs import Factory, define, frozen
from tests.http.auth.issuing import SECRET, token
from tests.http.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.http.conftest import Server, Start

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text()
BASH = shutil.which("bash")

SEEN: Final = {"TASKCORE_METRICS": "on"}
SETTINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "Who you are": {"TASKCORE_AUTH": "jwt", "TASKCORE_JWT_KEY": SECRET},
    "Rate limit": {"TASKCORE_RATE_LIMIT": "2/m"},
    "Browsers": {"TASKCORE_CORS_ORIGINS": "https://app.example"},
    "Request ids": SEEN,
    "The log": SEEN,
    "Health": SEEN,
    "Metrics": SEEN,
    "Traces": {"PYTHONPATH": "traced"},
    "Times": {"TASKCORE_DEBUG": "on"},
}
"""What the server of a section is started with, where that is not nothing."""

WITHOUT: Final = {
    "Proxies, and other applications": "it takes another program; see test_mounted.py",
}
"""The sections that show nothing that could be run, and why."""

# As `opentelemetry-instrument` does it, which is no dependency of the tests.
TRACED = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider())
"""

CHANGING = re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z\b|\b[A-Z][a-z]{2} \d{4}-\d\d-\d\d\b")
MADE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@frozen
class Example:
    section: str
    command: str
    shown: str


def sections() -> dict[str, str]:
    """Return the text below each heading, up to the next."""
    found = re.split(r"^##+ (.*)\n", TEXT, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def examples(section: str) -> list[Example]:
    blocks = re.findall(r"^```console\n(.*?)^```", sections()[section], re.MULTILINE | re.DOTALL)
    return [example for block in blocks for example in in_block(section, block)]


def in_block(section: str, block: str) -> list[Example]:
    found = []
    for call in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *rest = call.splitlines()
        while command.endswith("\\") or is_open(command):
            command = f"{command}\n{rest.pop(0)}"
        found.append(Example(section, command, "\n".join(rest)))
    return found


def is_open(command: str) -> bool:
    """Whether a quotation goes on in the next line."""
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@define
class Reader:
    """Somebody who types the examples in, with a server that is at another address."""

    server: Server
    directory: Path
    known: dict[str, str] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        location = urlsplit(self.server.address)
        self.known |= {
            "http://localhost:8000": self.server.address,
            "/dev/tcp/localhost/8000": f"/dev/tcp/{location.hostname}/{location.port}",
            "8001": str(free_port()),
        }
        (self.directory / "log").symlink_to(self.server.log)
        (self.directory / ".curlrc").write_text("silent\nshow-error\n")

    def run(self, command: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ours = {"HOME": str(self.directory), "PATH": path, "TOKEN": token(aud=...)}
        done = subprocess.run(  # noqa: S603  # the examples are meant for a shell
            [BASH or "bash", "-c", self.here(command)],
            cwd=self.directory,
            env=environment(**ours, XDG_DATA_HOME=str(self.directory)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            text=True,
            timeout=60,
        )
        return done.stdout

    def here(self, text: str) -> str:
        """Return what is written for any reader as it is for this one."""
        for written, meant in self.known.items():
            text = text.replace(written, meant)
        return text

    def check(self, example: Example) -> None:
        printed = self.run(example.command)
        head, body = split(example.shown)
        lines = printed.splitlines()
        try:
            expected = json.loads(body)
        except ValueError:
            head = example.shown
        else:
            assert self.is_like(expected, json.loads(split(printed)[1])), printed
        for line in head.splitlines():
            pattern = re.escape(self.here(line)).replace(r"\.\.\.", ".*")
            assert any(re.fullmatch(pattern, one) for one in lines), (line, printed)

    def is_like(self, shown: Any, printed: Any) -> bool:
        if shown == "...":
            return True
        if isinstance(shown, dict) and isinstance(printed, dict):
            names = [name for name in shown if name != "..."]
            found = [name for name in printed if name in shown or "..." not in shown]
            return names == found and all(self.is_like(shown[one], printed[one]) for one in names)
        if isinstance(shown, list) and isinstance(printed, list):
            return len(shown) == len(printed) and all(map(self.is_like, shown, printed))
        if isinstance(shown, str) and isinstance(printed, str):
            if MADE_ID.fullmatch(shown) and MADE_ID.fullmatch(printed):
                return self.known.setdefault(shown, printed) == printed
            return CHANGING.sub("?", shown) == CHANGING.sub("?", printed)
        return type(shown) is type(printed) and bool(shown == printed)


def split(text: str) -> tuple[str, str]:
    """Return what is before the JSON, and that."""
    found = re.search(r"^[\[{]", text, re.MULTILINE)
    start = found.start() if found else len(text)
    return text[:start], text[start:]


KINDS: Final = {
    tuple(SETTINGS.get(section, {}).items()): [
        one for one in sections() if SETTINGS.get(one, {}) == SETTINGS.get(section, {})
    ]
    for section in sections()
}


@pytest.mark.skipif(not (BASH and shutil.which("curl")), reason="the examples need bash and curl")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: KINDS[kind][0])
def test_the_examples_show_what_comes(
    start: Start, tmp_path: Path, kind: tuple[tuple[str, str], ...]
) -> None:
    (tmp_path / "traced").mkdir()
    (tmp_path / "traced" / "sitecustomize.py").write_text(TRACED)
    server = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db", **dict(kind))
    reader = Reader(server, tmp_path)
    for section in KINDS[kind]:
        for example in examples(section):
            reader.check(example)


@pytest.mark.parametrize("section", sections())
def test_a_section_has_examples_or_a_reason_why_not(section: str) -> None:
    below = re.search(rf"^## {re.escape(section)}\n(?:(?!#).*\n)*### ", TEXT, re.MULTILINE)
    assert bool(examples(section)) == (section not in WITHOUT and not below)
    assert all(example.shown for example in examples(section))


def test_there_are_no_settings_and_reasons_for_sections_that_are_gone() -> None:
    assert (SETTINGS.keys() | WITHOUT.keys()) <= sections().keys()
