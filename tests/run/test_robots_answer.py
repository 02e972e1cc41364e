"""What is told of a page that may or may not be fetched."""

from press import Press

from harvester.model.source import GENERIC
from harvester.run.robots import ask_robots
from harvester.settings import Settings
from storage.store import Store


def test_the_deciding_line_is_named_and_the_page_not_asked_for(settings: Settings, press: Press) -> None:
    press.robots = "User-agent: *\nCrawl-delay: 3\nDisallow: /article/\nAllow: /article/7\n"
    closed = ask_robots(f"{press.origin}/article/8", GENERIC, settings)
    assert (closed.allowed, closed.line, closed.crawl_delay, closed.status) == (False, "3: Disallow: /article/", 3, 200)
    free = ask_robots(f"{press.origin}/article/7", GENERIC, settings)
    assert (free.allowed, free.line) == (True, "4: Allow: /article/7")
    assert [path for path, _ in press.asked] == ["/robots.txt"]


def test_robots_that_cannot_be_read_closes_the_host(settings: Settings, press: Press, store: Store) -> None:
    press.robots_status = 503
    answer = ask_robots(f"{press.origin}/article/8", GENERIC, settings)
    assert (answer.allowed, answer.line) == (False, None)
    assert "robots.txt cannot be read (HTTP 503)" in answer.rule


def test_a_delay_over_the_cap_is_told_each_time(settings: Settings, press: Press) -> None:
    press.robots = "User-agent: *\nCrawl-delay: 86400\nAllow: /\n"
    for _ in range(2):
        answer = ask_robots(f"{press.origin}/article/8", GENERIC, settings)
        assert answer.allowed
        assert "86400 s between requests, over the cap of 60 s" in (answer.warning or "")


def test_a_private_address_is_not_asked(settings: Settings, press: Press) -> None:
    shut = settings.model_copy(update={"private_allow": ()})
    answer = ask_robots(f"{press.origin}/article/8", GENERIC, shut)
    assert not answer.allowed
    assert "loopback" in answer.rule
    assert press.asked == []
