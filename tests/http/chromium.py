"""A headless Chromium that knows no host but this one, driven over its DevTools protocol."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# It takes commands from descriptor 3 and answers to 4.
_START = """
import os, sys
commands, answers, *program = sys.argv[1:]
os.dup2(int(commands), 3)
os.dup2(int(answers), 4)
os.execv(program[0], program)
"""
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


@define
class Page:
    """A page of the browser, and what it said on the console."""

    _commands: Any
    _answers: Any
    _session: str = ""
    _sent: int = 0
    complaints: list[str] = Factory(list)
    """Errors and warnings on the console: refusals by the Content-Security-Policy are there too."""

    def open(self, address: str) -> None:
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        attached = self._send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Log", "Runtime", "Page"):
            self._send(f"{domain}.enable")
        self._send("Page.navigate", url=address)

    def evaluate(self, expression: str) -> Any:
        answer = self._send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Return what the JavaScript expression is once it is something."""
        deadline = time.monotonic() + 30
        while not (found := self.evaluate(expression)):
            assert time.monotonic() < deadline, (expression, self.complaints)
            time.sleep(0.05)
        return found

    def click(self, selector: str) -> None:
        element = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"{element} && ({element}.click(), true)")

    def type(self, selector: str, text: str) -> None:
        """Type the text into the field, and leave it."""
        field = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"{field} && ({field}.focus(), {field}.select(), true)")
        self._send("Input.insertText", text=text)
        self.evaluate(f"{field}.blur()")

    def _send(self, method: str, **parameters: Any) -> Any:
        self._sent += 1
        message: dict[str, Any] = {"id": self._sent, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._sent:
            self._hear(answer)
        assert "result" in answer, answer
        return answer["result"]

    def _read(self) -> dict[str, Any]:
        text = bytearray()
        while (character := self._answers.read(1)) != b"\0":
            assert character, "Chromium has ended"
            text += character
        answer: dict[str, Any] = json.loads(text)
        return answer

    def _hear(self, event: dict[str, Any]) -> None:
        said = event.get("params", {})
        if event["method"] == "Log.entryAdded" and said["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(f"{said['entry']['text']} {said['entry'].get('url')}")
        elif event["method"] == "Runtime.consoleAPICalled" and said["type"] in {"error", "warning"}:
            self.complaints.append(str(said["args"]))
        elif event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"]))


@contextmanager
def browsing(directory: Path, address: str) -> Iterator[Page]:
    """Open the address in a browser that keeps its files in the directory."""
    assert CHROMIUM
    its_commands, commands = os.pipe()
    answers, its_answers = os.pipe()
    process = subprocess.Popen(  # noqa: S603  # our own page
        [
            *(sys.executable, "-c", _START, str(its_commands), str(its_answers)),
            *(CHROMIUM, *_OPTIONS, f"--user-data-dir={directory}", "--remote-debugging-pipe"),
        ],
        pass_fds=(its_commands, its_answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(its_commands)
    os.close(its_answers)
    try:
        with os.fdopen(commands, "wb", 0) as writer, os.fdopen(answers, "rb") as reader:
            page = Page(writer, reader)
            page.open(address)
            yield page
    finally:
        process.kill()
        process.wait()
