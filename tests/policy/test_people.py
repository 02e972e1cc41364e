"""No e-mail address of a person is kept."""

import pytest
from pages import ABSTRACT, NO_BASIS, TITLE, URL, decided, keep, page, record

from harvester.model.record import AbstractPolicy, Contributor, KeywordList, LangText
from harvester.model.signal import Evidence
from harvester.policy import body_to_keep

ADDRESSES = {
    "plain": "maud@lamps.example",
    "link": '<a href="mailto:maud@lamps.example">write</a>',
    "entities": "maud&#64;lamps&#46;example",
    "all entities": "".join(f"&#{ord(char)};" for char in "maud@lamps.example"),
    "hexadecimal": "".join(f"&#x{ord(char):x};" for char in "maud@lamps.example"),
    "script": r'<script>var m = "maud\u0040lamps.example";</script>',
    "percent": '<a href="mailto:maud%40lamps.example">write</a>',
    "attribute": '<span data-mail="maud@lamps.example"></span>',
    "split": "maud<span>@</span>lamps.example",
    "spelled": "maud [at] lamps [dot] example",
    "worded": "maud at lamps dot example",
    "several": "{maud,otto}@lamps.example",
    "xored": '<a data-cfemail="0a676b7f6e4a666b677a7924">write</a>',
    "joined": "<a href=\"javascript:location='mailto:'+'maud'+'@' + 'lamps.example'\">write</a>",
    "comment": "<!-- maud@lamps.example -->",
    "zero width": "maud\u200b@\u200blamps.example",
    "blanks": "maud&nbsp;@&nbsp;lamps.example",
    "comments": "maud<!-- x -->@<!-- y -->lamps.example",
    "breaks": "maud@<wbr>lamps.<wbr>example",
    "no semicolon": "maud&#64 lamps.example",
    "small sign": "maud\ufe6blamps.example",
    "capital": "maud [At] lamps.example",
    "French": "maud [\u00e0] lamps.example",
    "short": "maud(a)lamps.example",
    "Spanish": "maud (arroba) lamps.example",
    "picture": 'maud<img src="/at.gif" alt="@">lamps.example',
    "accents": "\u00e9maud\u00e9@lamps.example",
    "number": "maud.lamps@[192.0.2.7]",
    "quoted": '"maud otto"@lamps.example',
    "moved": "<a href=\"javascript:linkTo_UnCryptMailto('nbjmup;nbveAmbnqt/fybnqmf');\">write</a>",
    "numbers": f"<script>x(String.fromCharCode({','.join(str(ord(each)) for each in 'maud@lamps.example')}))</script>",
    "array": '<script>m=["maud","lamps.example"].join("@")</script>',
    "base64": '<a data-mail="bWF1ZEBsYW1wcy5leGFtcGxl">write</a>',
    "parts": '<a data-user="maud" data-domain="lamps.example">write</a>',
}


@pytest.mark.parametrize("shape", ADDRESSES)
@pytest.mark.parametrize("policy", [AbstractPolicy(), NO_BASIS])
@pytest.mark.fault(151)
def test_no_address_of_a_person_is_kept(shape: str, policy: AbstractPolicy) -> None:
    kept = keep(
        f"<html><body><h1>{TITLE}</h1><p>Maud Quillfeather&#160;{ADDRESSES[shape]}, Anse</p></body></html>", policy
    )
    assert kept.page is not None
    text = kept.page.body.decode()
    assert kept.state == "cut"
    for part in ("maud", "otto", "lamps", "0a676b", "&#109;", "&#x6d;", "nbveA", "109,97", "bWF1", "192.0"):
        assert part not in text
    assert "Quillfeather" in text
    assert "e-mail" in kept.reason or not policy.keep


@pytest.mark.fault(151)
def test_no_address_of_a_person_is_kept_among_the_headers() -> None:
    headers = (("link", '<mailto:maud@lamps.example>; rel="author"'), ("x-author", "otto@lamps.example"))
    kept = body_to_keep(page("<p>Lamps</p>", *headers), record(), policy=AbstractPolicy(), robots=())
    assert kept.page is not None
    assert dict(kept.page.headers) == {
        "content-type": "text/html; charset=utf-8",
        "link": '<mailto:>; rel="author"',
        "x-author": "",
    }
    assert (kept.state, kept.reason) == ("cut", "e-mail addresses")


@pytest.mark.parametrize(
    "text",
    [
        "@media print",
        '{"@context": "https://schema.org"}',
        "/npm/jquery@3.6.0/x",
        "logo@2x.png",
        "Follow @lamps",
        "5 @ 3",
        "as in panel (a) of figure 2.3, and (a) text",
        "\u90ae\u7bb1 [a] example.net",
        '<script>x = [a, "lamps.example"].join(", "); y = String.fromCharCode(64)</script>',
        '<div data-domain="lamps.example" data-mail-subject="Of tides and lamps"></div>',
        "<script>var rule = 'x' + '@' + 'media';</script>",
    ],
)
def test_what_is_no_address_stays(text: str) -> None:
    assert keep(f"<html><body><p>{text}</p></body></html>", AbstractPolicy()).state == "kept"


def test_a_body_too_large_to_cut_is_not_kept() -> None:
    kept = keep(f"<p>{ABSTRACT}</p>" + "<p>x</p>" * 700_000)
    assert (kept.page, kept.state) == (None, "none")
    assert "too large" in kept.reason


@pytest.mark.fault(151)
def test_no_address_of_a_person_is_in_a_record() -> None:
    quote = Evidence(
        vocabulary="heading", name="abstract", quote="Write to maud@lamps.example.", where="/html/p/@title"
    )
    abstract = LangText(value=f"{ABSTRACT} Write to maud [at] lamps [dot] example.", language="en", evidence=(quote,))
    office = "Office of Lamps, Port Anse. maud@lamps.example"
    found = record(
        titles={"en": LangText(value=f"{TITLE} otto@lamps.example", language="en", kind="title")},
        abstracts={"en": abstract},
        keywords={"en": KeywordList(items=("Tide tables", "maud@lamps.example"), language="en")},
        contributors=(Contributor(name="Maud Quillfeather", order=1, affiliations=(office,)),),
        aliases=(f"{URL}/of/maud@lamps.example",),
    )
    kept = decided(found)
    assert kept.titles["en"].value == TITLE
    assert kept.abstracts["en"].value == f"{ABSTRACT} Write to ."
    assert kept.abstracts["en"].evidence[0].quote == "Write to ."
    assert kept.keywords["en"].items == ("Tide tables",)
    assert kept.contributors[0].affiliations == ("Office of Lamps, Port Anse.",)
    assert kept.aliases == found.aliases
    assert decided(kept) == kept
