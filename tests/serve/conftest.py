"""One server for the tests that do not change it, and a function that starts others."""

import pytest

from tests.serve.client import Server
from tests.serve.models import save


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return a folder of one model with the versions 1 and 2, of which 1 has an alias."""
    path = tmp_path_factory.mktemp("models")
    save(path / "city" / "1")
    save(path / "city" / "2")
    (path / "city" / "aliases.json").write_text('{"old": "1"}')
    return path


@pytest.fixture(scope="session")
def server(folder, tmp_path_factory):
    """Return a server of the folder with small limits."""
    path = tmp_path_factory.mktemp("server")
    limits = ["--max-rows=100", "--max-body=20k", "--body-timeout=1", f"--admin={path / 'admin'}"]
    running = Server(path / "log", folder, f"--uds={path / 'uds'}", *limits).wait()
    running.uds, running.admin = path / "uds", path / "admin"
    yield running
    assert running.stop() == 0
    assert not running.uds.exists()


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a server; it ends with the test."""
    running = []

    def started(*arguments):
        running.append(Server(tmp_path / f"log{len(running)}", *arguments))
        return running[-1]

    yield started
    for each in running:
        each.stop()
