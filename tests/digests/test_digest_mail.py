"""What stands in a mail: strict form, no header from outside, both parts, the reader's language, escaped markup."""

import re
import tomllib
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from importlib.resources import files
from typing import Any

import pytest
from desk import BASE, Desk, article
from lxml import html
from post_office import Office

from harvester.digests.mail import mail, sender
from harvester.model.alert import News, Reader, address
from harvester.model.override import Override
from harvester.model.record import AbstractPolicy, LangText, Record, Rights

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ANN = "ann@reader.example"
SPITEFUL = "Title\r\nBcc: all@reader.example\r\n\r\n<b>bold</b>\u2028X: y"


def one_mail(desk: Desk, post: Office, *records: Record, **alert: Any) -> EmailMessage:
    desk.alert(ANN, **alert)
    desk.save(*records)
    desk.rounds.look()
    return post.to(ANN)[0].message


def parts(message: EmailMessage) -> tuple[str, str]:
    text, markup = message.get_body(("plain",)), message.get_body(("html",))
    assert text and markup
    return text.get_content(), markup.get_content()


@pytest.mark.fault(140)
def test_line_ends_from_outside_make_no_header(desk: Desk, post: Office) -> None:
    record = article(1, titles={"fr": LangText(value=SPITEFUL, language="fr")})
    message = one_mail(desk, post, record, name=SPITEFUL, reader_name="Ann\r\nBcc: all@reader.example")
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Id", "List-Unsubscribe",
        "List-Unsubscribe-Post", "MIME-Version", "Content-Language", "Content-Type",
    }  # fmt: skip
    assert message["To"].addresses[0].addr_spec == ANN
    assert message["To"].addresses[0].display_name == "Ann Bcc: all@reader.example"
    assert "Title Bcc: all@reader.example" in message["Subject"]


@pytest.mark.fault(140)
@pytest.mark.parametrize(
    "text",
    ["a@b.example\r\nBcc: c@d.example", "a b@c.example", "a@b@c.example", "<a@b.example>", "a@b\n.example", "a@", ""],
)
def test_what_is_no_address_is_refused(database: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"mail address"):
        address(text)


@pytest.mark.fault(145)
def test_every_header_a_list_needs(desk: Desk, post: Office) -> None:
    message = one_mail(desk, post, article(1), query="lupus malades")
    (alert,) = desk.active()
    assert re.fullmatch(r"<[0-9a-f]{32}@harvest\.example>", message["Message-ID"])
    assert message["List-Id"] == f"<{alert.id}.alerts.harvest.example>"
    assert message["Date"].datetime == desk.now
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    raw = post.taken[0].raw
    assert re.search(
        rb"^List-Unsubscribe: <https://harvest\.example/readers/unsubscribe/[\w./-]+>\r$", raw, re.MULTILINE
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()


@pytest.mark.fault(145)
def test_markup_is_escaped_and_only_web_links_are_made(desk: Desk, post: Office) -> None:
    title = '<script>alert("x")</script> & <img src=http://spy.test/p.gif>'
    spiteful = article(1, titles={"fr": LangText(value=title, language="fr")}, url="javascript:alert(1)")
    odd = article(2, url='https://publisher.test/a"><script>b</script>?q=é&x=1')
    _, markup = parts(one_mail(desk, post, spiteful, odd, name="<i>mine</i>", query=""))
    tree = html.document_fromstring(markup)
    assert not tree.xpath("//script | //img | //i | //iframe | //link | //*[@onclick]")
    links = [str(one) for one in tree.xpath("//@href")]
    assert len(links) > 4
    assert all(link.startswith(("https://publisher.test/", "https://doi.org/", f"{BASE}/readers/")) for link in links)
    assert title in " ".join(tree.xpath("//h3//text()"))
    assert not tree.xpath("//@src")
    assert not re.search(r"url\(|@import", "".join(tree.xpath("//@style | //style/text()")))


def test_each_article_in_the_reader_s_language_and_the_other_a_click_away(desk: Desk, post: Office) -> None:
    text, markup = parts(one_mail(desk, post, article(1), name="Lupus"))
    tree = html.document_fromstring(markup)
    assert tree.get("lang") == "fr"
    assert tree.xpath("//h3/a/span[@lang='fr']/text()") == ["Les cellules CAR-T dans le lupus, étude 1"]
    assert tree.xpath("//details/summary/text()") == ["Version anglaise"]
    assert tree.xpath("//details/p[@lang='en']/text()") == [
        "CAR-T cells in lupus, study 1",
        "We followed 1 patients with lupus.",
    ]
    access = " ".join(tree.xpath("//p[@class='access']")[0].text_content().split(" "))
    assert access == (
        "Sur abonnement constaté le 2 mars 2026La page indique\u00a0: «\u00a0L'accès au texte intégral de cet article"
        " nécessite un abonnement.\u00a0»"
    )
    for words in (
        "Bulletin de veille – Lupus", "Nouveaux articles (1)", "Ann Example, Bob Sample · Revue des Exemples, 12(3),",
        "[Sur abonnement] constaté le 2 mars 2026", "Nous avons suivi 1 malades", "https://doi.org/10.5555/alpha.1",
        "https://publisher.test/article/1", "Version anglaise\u00a0: CAR-T cells in lupus, study 1",
    ):  # fmt: skip
        assert words in text
    assert max(map(len, text.splitlines())) < 130  # links alone are longer than a line


def test_the_same_in_english(desk: Desk, post: Office) -> None:
    message = one_mail(desk, post, article(1), article(2), article(3), language="en")
    text, markup = parts(message)
    assert str(message["Subject"]).endswith("” and 2 more articles")
    assert "CAR-T cells in lupus, study 1" in text
    assert "[Subscription] found on 2 March 2026" in text
    assert "French version: Les cellules CAR-T" in text
    assert html.document_fromstring(markup).xpath("//details/summary/text()") == ["French version"] * 3


def test_what_an_operator_corrected_is_told_as_corrected_and_quotes_no_page(desk: Desk, post: Office) -> None:
    desk.save(article(1))
    desk.later(hours=1)
    desk.alert(ANN, news=[News.FREED], language="en")
    about = {"id": 0, "record_id": article(1).id, "status": "free", "by": "maud", "reason": "asked", "at": desk.now}
    desk.store.transact(lambda unit: desk.store.overrides.set(unit, Override.model_validate(about)))
    desk.rounds.look()
    text, _ = parts(post.to(ANN)[0].message)
    assert "[Free to read] corrected by the operator on 2 March 2026" in text
    assert "the page says" not in text


def test_a_text_only_in_the_other_language_is_marked_as_such(desk: Desk, post: Office) -> None:
    record = article(1)
    english = record.model_copy(
        update={"titles": {"en": record.titles["en"]}, "abstracts": {"en": record.abstracts["en"]}}
    )
    _, markup = parts(one_mail(desk, post, english))
    tree = html.document_fromstring(markup)
    assert tree.xpath("//h3/a/span/@lang") == ["en"]
    assert tree.xpath("//p[@class='abstract']/@lang") == ["en"]
    assert not tree.xpath("//details")


@pytest.mark.parametrize(("show", "is_shown"), [("public", True), ("signed_in", True), ("nobody", False)])
def test_an_abstract_is_shown_as_policy_says(desk: Desk, post: Office, show: str, is_shown: bool) -> None:
    policy = AbstractPolicy.model_validate({"basis": "research", "show": show, "redistribute": False})
    desk.alert("bob@reader.example", query="malades")  # a word of the abstract alone
    desk.save(article(1, rights=Rights(abstract_policy=policy)))
    desk.rounds.look()
    assert bool(post.taken) is is_shown
    post.taken.clear()
    desk.later(hours=1)
    text, markup = parts(one_mail(desk, post, article(2, rights=Rights(abstract_policy=policy))))
    assert ("malades" in text) is is_shown
    assert ("malades" in markup) is is_shown
    assert ("Le résumé n’est pas diffusé" in text) is not is_shown


@pytest.mark.fault(143)
def test_a_digest_of_very_many_articles_is_cut_with_the_number_and_a_link(desk: Desk, post: Office) -> None:
    """At its full length, 10,000 articles: make soak."""
    desk.alert(ANN)
    desk.save(*(article(n, abstracts={}) for n in range(400)))
    desk.rounds.look()
    (taken,) = post.taken
    text, markup = parts(taken.message)
    assert "400 articles" in text
    assert "360 autres articles ne sont pas montrés ici." in " ".join(text.split("\n"))
    assert re.search(
        r"Voir tout le bulletin\u00a0: https://harvest\.example/readers/digest/[0-9a-f]{32}/\S{32}\r?\n", text
    )
    assert len(html.document_fromstring(markup).xpath("//h3")) == 40
    assert len(taken.raw) < 250_000


def test_a_subject_is_cut_at_a_word(desk: Desk, post: Office) -> None:
    long = "Les lymphocytes T à récepteur antigénique chimérique dans le traitement du lupus érythémateux systémique"
    message = one_mail(desk, post, article(1, titles={"fr": LangText(value=long, language="fr")}))
    assert message["Subject"] == ("«\u00a0Les lymphocytes T à récepteur antigénique chimérique dans le…\u00a0»")


def test_both_languages_have_all_words(database: str) -> None:
    tables = tomllib.loads(files("harvester.digests").joinpath("wording.toml").read_text("utf-8"))
    pages = tomllib.loads(files("harvester.serving.readers").joinpath("pages.toml").read_text("utf-8"))
    for table in (tables, pages):
        assert keys(table["fr"]) == keys(table["en"])
        for text in strings(table["fr"]):
            assert not re.search(r"[^\u00a0\u202f ][:;!?»](\s|$)| [:;!?»]|« |['\"]", text), text


def keys(table: dict[str, Any], prefix: str = "") -> set[str]:
    return {one for name, value in table.items() for one in (
        keys(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name})}  # fmt: skip


def strings(table: dict[str, Any]) -> list[str]:
    found = []
    for value in table.values():
        found += strings(value) if isinstance(value, dict) else [value] if isinstance(value, str) else value
    return found


def test_a_reader_s_name_in_any_script_is_encoded(desk: Desk) -> None:  # and is read as it was
    reader = Reader(id="r", address=ANN, name='Зоя "Zoé", Œuvre', created_at=desk.now)
    raw = mail(sender("a@b.example", BASE), reader, "d", "s", ("t", "<p>h</p>"), "fr", desk.now, {})
    assert raw.isascii()
    read = message_from_bytes(raw, policy=SMTP.clone(raise_on_defect=True))
    assert read["To"].addresses[0].display_name == reader.name  # type: ignore[attr-defined]
