"""The sample site over a real socket."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from harvester.sample import Publisher, serve


@pytest.fixture
def publisher():
    with serve() as running:
        yield running


def ask(publisher: Publisher, path: str, method: str = "GET", headers: dict[str, str] | None = None):
    connection = HTTPConnection("127.0.0.1", publisher.port, timeout=100)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_serves_every_article_at_once(publisher):
    paths = [publisher.site.path(article_id) for article_id in publisher.site.articles]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda path: ask(publisher, path), paths))
    assert {status for status, _, _ in answers} == {200}
    assert sorted(request.path for request in publisher.log) == sorted(paths)


def test_absolute_addresses_name_the_port(publisher):
    _, _, body = ask(publisher, "/sitemap.xml")
    assert f"{publisher.url}/sitemap-com.xml".encode() in body
    assert publisher.url == f"http://{publisher.host}" == f"http://127.0.0.1:{publisher.port}"


def test_conditional_requests(publisher):
    _, headers, _ = ask(publisher, "/article/900101")
    status, _, body = ask(publisher, "/article/900101", headers={"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


def test_connections_are_kept(publisher):
    connection = HTTPConnection("127.0.0.1", publisher.port, timeout=100)
    for path in ("/article/900101", "/robots.txt", "/article/900101"):
        connection.request("GET", path)
        assert connection.getresponse().read()
    connection.close()
    assert len(publisher.log) == 3


def test_head_has_the_length_and_no_body(publisher):
    status, headers, body = ask(publisher, "/article/900101", method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) == len(publisher.site.respond("/article/900101").body)


def test_nothing_is_posted(publisher):
    assert ask(publisher, "/connexion", method="POST")[0] == 405


def test_the_log_has_headers_and_times(publisher):
    ask(publisher, "/pdf/900101", headers={"User-Agent": "Harvester/0 (+mailto:test@orve.example)"})
    (request,) = publisher.requests("/pdf/")
    assert request.headers["user-agent"].startswith("Harvester/0")
    assert request.at.tzinfo is not None
    assert publisher.site.trapped == ["/pdf/900101"]


def test_two_publishers_run_side_by_side():
    with serve() as one, serve() as other:
        one.site.revise("900101", state="gone")
        assert (ask(one, "/article/900101")[0], ask(other, "/article/900101")[0]) == (410, 200)


def test_the_module_serves_until_interrupted():
    command = [sys.executable, "-m", "harvester.sample"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().strip()
        connection = HTTPConnection(address.removeprefix("http://").strip("/"), timeout=100)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=100) == 0


def test_the_module_refuses_a_port_that_is_no_number():
    done = subprocess.run([sys.executable, "-m", "harvester.sample", "x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr
