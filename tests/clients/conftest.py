"""Fixtures. `server` is shared by suites that only add things of their own; the others start one for themselves."""

import pytest

from support.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all suites that get along with each other."""
    shared = Server(tmp_path_factory.mktemp("server"))
    try:
        yield shared.start()
    finally:
        shared.close()


@pytest.fixture
def make_server(tmp_path_factory):
    """Makes servers that are closed at the test's end; they are not started yet."""
    made = []

    def make(*arguments):
        made.append(Server(tmp_path_factory.mktemp("server"), *arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def client(server):
    """The administrator's clients by the service's name."""
    return server.client


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the logs of its servers."""
    report = yield
    if report.failed:
        found = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Server)]
        for one in found:
            report.sections.append(("log of the server", one.log()[-6000:]))
    return report
