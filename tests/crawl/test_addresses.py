"""Which addresses may be connected to."""

import asyncio

import pytest

from harvester.crawl.addresses import Gate
from harvester.urls import AddressRefusedError, target


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://a.example/x", "gopher://a.example/", "data:text/html,x", "javascript:alert(1)",
        "//a.example/", "http://", "http:///x", "http://user@a.example/", "http://a.example@127.0.0.1/",
        "http://a.example:99999/", "http://a b/", "http://a\\b/", "http://[::1/", "http://ex%61mple.org/",
    ],
)  # fmt: skip
@pytest.mark.fault(90, 96)
def test_no_web_address(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        target(url)


def test_target_spells_hosts_as_the_allow_list_does() -> None:
    where = target("HTTP://LocalHost:8901/x")
    assert (where.origin, where.host_port, where.netloc) == (
        "http://localhost:8901",
        "localhost:8901",
        "localhost:8901",
    )
    assert target("https://bücher.example/").origin == "https://xn--bcher-kva.example"
    assert target("http://[::1]:80/").host_port == "[::1]:80"
    assert target("http://a.example:80/").netloc == "a.example"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8901/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/",
        "http://[::1]/", "http://[::ffff:7f00:1]/", "http://169.254.169.254/",
        "http://0/",
    ],
)  # fmt: skip
@pytest.mark.fault(88, 89)
def test_refused_after_resolution(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        asyncio.run(Gate().admit(url))


def test_a_name_of_this_machine_is_refused() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    with pytest.raises(AddressRefusedError):
        asyncio.run(Gate(resolve=resolve).admit("http://localhost/"))


@pytest.mark.fault(97)
def test_allow_list_opens_exactly_what_it_names() -> None:
    gate = Gate(["127.0.0.1:8901"])
    asyncio.run(gate.admit("http://127.0.0.1:8901/x"))
    assert gate.pinned("127.0.0.1", 8901) == ("127.0.0.1",)
    for url in ("http://127.0.0.2:8901/", "http://127.0.0.1:8902/", "http://127.0.0.1/", "http://2130706433:8901/"):
        with pytest.raises(AddressRefusedError):
            asyncio.run(gate.admit(url))


@pytest.mark.fault(88)
def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(AddressRefusedError, match=r"10\.0\.0\.1"):
        asyncio.run(Gate(resolve=resolve).admit("http://mixed.example/"))


@pytest.mark.fault(91)
def test_a_name_cannot_change_its_mind_after_the_check() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])

    async def resolve(host: str, port: int) -> list[str]:
        return next(answers)

    gate = Gate(resolve=resolve)
    for _ in range(3):
        asyncio.run(gate.admit("http://rebinding.example/"))
        assert gate.pinned("rebinding.example", 80) == ("93.184.216.34",)


def test_nothing_is_pinned_that_was_not_admitted() -> None:
    assert Gate(["127.0.0.1:80"]).pinned("127.0.0.1", 80) == ()
