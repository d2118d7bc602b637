"""`make run`: migrate, seed the demo, start gunicorn, wait until it is healthy, and say what to try."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from fieldsurvey.app import create_app
from fieldsurvey.config import ConfigError, from_environment
from fieldsurvey.extensions import blobs, config, db, utcnow, write
from fieldsurvey.seed import cast, demo
from fieldsurvey.store import schema

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0  # seconds
_CAST = (
    (cast.ADMIN, "administrator"),
    (cast.OFFICER, "commune officer: reviews and approves"),
    (cast.LEADER, "commune leader"),
    (cast.SUPERVISOR, "province supervisor: follows completion"),
    (cast.HEAD, "village head: collects with the phone"),
)


def main(say: Callable[[str], object] = print) -> int:
    """Returns the exit code of the server."""
    port = os.environ.get("PORT", "8000")
    try:
        _prepare()
    except ConfigError as error:
        say(f"fieldsurvey cannot start: {error}")
        return 1
    quiet = {"FIELDSURVEY_LOG_LEVEL": "WARNING", **os.environ}  # a line a request would bury what is said below
    command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", "wsgi:app"]
    server = subprocess.Popen(command, cwd=ROOT, env=quiet)  # noqa: S603 - our own words
    _hand_on_signals(server)
    url = f"http://localhost:{port}"
    if not _healthy(url, server):
        say(f"The server did not become healthy on port {port}; is the port taken? Try PORT=8080 make run")
        server.terminate()
        return server.wait() or 1
    say(_welcome(url))
    sys.stdout.flush()
    return server.wait()


def _prepare() -> None:
    app = create_app(from_environment(os.environ))
    with app.app_context():
        schema.migrate(db.engine)
        with write() as session:
            demo.play(demo.Stage(session, blobs(), config().secret_key, utcnow()))
        db.session.remove()
        db.engine.dispose()


def _hand_on_signals(server: subprocess.Popen[bytes]) -> None:
    def stop(number: int, _frame: FrameType | None) -> None:
        server.send_signal(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _healthy(url: str, server: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):  # noqa: S310 - our own address
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    return False


def _welcome(url: str) -> str:
    people = "\n".join(f"    {person.sign_in:<24} {person.name:<18} {role}" for person, role in _CAST)
    return f"""
fieldsurvey is ready: {url}

  Sign in with one of these; the password is always {cast.PASSWORD}
{people}

  What to try
    1. {url}/review      as the officer: open a household, see its class and why, approve it
    2. {url}/progress    as the supervisor: the village's bar has moved
    3. {url}/app/        as the village head: the phone app; sign in, choose a PIN, switch the network off, go on
    4. {url}/phones      as the officer: QR codes that set up ODK Collect in one scan
    5. {url}/register    as the officer: every household, its people, its years; {url}/imports takes a spreadsheet
    6. {url}/forms       as the administrator: upload an XLSForm, look at the draft, publish it
       (a real phone needs an address that it can reach: HOST=0.0.0.0 make run, and open that address to see the codes;
       in a browser that is not on this computer the phone app works offline over https only)

  The data is kept in {config_folder()}; Ctrl-C stops the server, `make run` starts it again.
"""


def config_folder() -> Path:
    return Path(os.environ.get("FIELDSURVEY_DATA", "data")).absolute()


if __name__ == "__main__":
    sys.exit(main())
