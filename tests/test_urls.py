"""URLs as keys."""

import pytest

from harvester.model.source import UrlRules
from harvester.urls import (
    AddressRefusedError,
    absolute,
    canonical_url,
    clean_url,
    in_bounds,
    is_article,
    looks_like_login,
    refused,
)

NONE = UrlRules()


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("HTTP://A.Example:80/X#top", "http://a.example/X"),
        ("https://a.example", "https://a.example/"),
        ("https://a.example/x?utm_source=m&id=2&fbclid=q", "https://a.example/x?id=2"),
        ("https://a.example/x;jsessionid=AB12?id=2&PHPSESSID=9", "https://a.example/x?id=2"),
        ("https://a.example/x?b=1&a=%20z", "https://a.example/x?b=1&a=%20z"),
        ("https://a.example/x?lang=fr&sid=8f3c2a91bd04", "https://a.example/x?lang=fr"),
        ("https://a.example/a?t=%E9t%E9&utm_source=toc&b=x+y&c", "https://a.example/a?t=%E9t%E9&b=x+y&c"),
        ("https://a.example/x?from=menu", "https://a.example/x?from=menu"),
    ],
)
@pytest.mark.fault(99)
def test_clean(url: str, cleaned: str) -> None:
    assert clean_url(url, NONE) == cleaned


def test_parameters_of_the_source_are_dropped_too() -> None:
    assert (
        clean_url("https://a.example/x?from=menu&id=1", UrlRules(drop_params=("from",))) == "https://a.example/x?id=1"
    )


def test_a_parameter_that_the_article_pattern_wants_is_no_session() -> None:
    rules = UrlRules(article=(r"/story\.php\?sid=(?P<id>\d+)",))
    assert clean_url("https://a.example/story.php?sid=12&utm_source=toc", rules) == "https://a.example/story.php?sid=12"
    assert clean_url("https://a.example/toc.php?sid=12", rules) == "https://a.example/toc.php"
    dropping = rules.model_copy(update={"drop_params": ("from",)})
    address = "https://a.example/story.php?sid=12"
    assert clean_url(f"{address}&from=toc", dropping) == address


def test_only_web_urls_are_keys() -> None:
    with pytest.raises(AddressRefusedError):
        clean_url("javascript:void(0)", NONE)


def test_template_over_named_groups() -> None:
    rules = UrlRules(article=(r"/article/(?P<id>\d+)",), canonical="https://a.example/article/{id}")
    assert canonical_url("http://a.example/article/12/a-slug?utm_source=x", rules) == "https://a.example/article/12"
    assert canonical_url("http://a.example/other/12", rules) == "http://a.example/other/12"


def test_template_takes_the_first_pattern_that_has_its_groups() -> None:
    rules = UrlRules(
        article=(r"/a/(?P<id>\d+)$", r"/j/(?P<code>\w+)/(?P<id>\d+)"), canonical="https://a.example/j/{code}/{id}"
    )
    assert canonical_url("https://a.example/j/x/7/resume", rules) == "https://a.example/j/x/7"
    assert canonical_url("https://a.example/a/7", rules) == "https://a.example/a/7"


@pytest.mark.parametrize("name", ["", "page.html", "file:///tmp/page.html"])
def test_what_is_no_web_url_has_no_other_form(name: str) -> None:
    assert canonical_url(name, NONE) == name


def test_article_patterns_are_searched_in_the_absolute_url() -> None:
    rules = UrlRules(article=(r"a\.example/article/\d+",))
    assert is_article("https://a.example/article/1", rules)
    assert not is_article("https://a.example/revue/1", rules)
    assert is_article("https://a.example/anything", NONE)


@pytest.mark.parametrize(
    "path",
    [
        "/article/1.pdf", "/article/1/PDF", "/doi/pdf/10.1/x", "/print/1", "/article/1/print",
        "/login?next=/a",        "/export/1",        "/article/1?format=pdf", "/article/1?print=1",
        "/article/1?action=login", "/x.PDF?y=1", "/a%2Epdf", "/x.zip",
        "/article/download/1/2", "/panier",
        "/article/1/drucken", "/articulo/1/descargar", "/anmelden", "/fig.jpg", "/a?download", "/" + "a" * 3000,
    ],
)  # fmt: skip
@pytest.mark.fault(81)
def test_refused(path: str) -> None:
    assert refused(f"https://a.example{path}", NONE)


@pytest.mark.parametrize(
    "path",
    [
        "/article/1", "/article/1/print-media-in-medicine", "/article/1/the-pdf-question",
        "/doi/10.1016/j.x.2020.01.001",        "/article/view/12?print=0", "/revue/cas/1",
        "/article/1/login-habits", "/a?page=2", "/article/1/single-sign-on",
    ],
)  # fmt: skip
def test_not_refused(path: str) -> None:
    assert refused(f"https://a.example{path}", NONE) is None


@pytest.mark.parametrize(
    "part", ["full", "fulltext", "texte-integral", "Volltext", "texto-completo/", "en/full-text?x=1"]
)
@pytest.mark.fault(81)
def test_a_full_text_behind_the_address_of_an_article_is_refused(part: str) -> None:
    rules = UrlRules(article=(r"/article/(?P<id>\d+)",))
    assert "never requested" in (refused(f"https://a.example/article/1/{part}", rules) or "")
    assert refused("https://a.example/article/1/a-full-account", rules) is None


@pytest.mark.parametrize("pattern", [r"/articles/(?P<id>\d+)/full", r"/articles/(?P<id>\d+/[^?#]+)"])
def test_a_landing_page_may_be_called_full(pattern: str) -> None:
    assert refused("https://a.example/articles/1/full", UrlRules(article=(pattern, r"/articles/\d+"))) is None


def test_refused_by_the_source_names_the_pattern() -> None:
    assert "alertePM" in (refused("https://a.example/article/1/alertePM", UrlRules(refuse=("alertePM",))) or "")


@pytest.mark.parametrize(
    "path", ["/login", "/user/signin.php", "/oauth2/authorize", "/Shibboleth.sso/Login", "/a?prompt=x", "/connexion"]
)
def test_login(path: str) -> None:
    assert looks_like_login(f"https://a.example{path}")


@pytest.mark.parametrize(
    "path", ["/article/1/single-sign-on", "/article/1/cas-clinique", "/blog/login-fatigue", "/a?q=login"]
)
def test_no_login(path: str) -> None:
    assert not looks_like_login(f"https://a.example{path}")


def test_bounds_are_host_and_port() -> None:
    hosts = ("a.example", "127.0.0.1:8901")
    inside = ("http://a.example/", "https://A.example/x", "http://a.example:80/", "http://127.0.0.1:8901/")
    outside = ("http://a.example:8080/", "http://www.a.example/", "http://a.example.evil.example/", "http://127.0.0.1/")
    assert all(in_bounds(url, hosts) for url in inside)
    assert not any(in_bounds(url, hosts) for url in (*outside, "http://a.example@evil.example/", "ftp://a.example/"))


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("b", "https://a.example/x/b"),
        ("//b.example/c", "https://b.example/c"),
        (" /c\n/d ", "https://a.example/c/d"),
        ("/a b", "https://a.example/a%20b"),
        ("#x", None),
        ("", None),
        ("mailto:a@b.example", None),
        ("javascript:void(0)", None),
        ("http://[bad", None),
    ],
)
def test_absolute(link: str, found: str | None) -> None:
    assert absolute("https://a.example/x/y", link) == found
