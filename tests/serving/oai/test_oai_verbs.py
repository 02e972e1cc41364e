"""The six verbs, what they take, and what is wrong with a request."""

import gzip
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from made import make_record
from provider import FACE, OAI, Provider, ask, asked, checked, errors, page, status, walk

from harvester.model.record import AbstractPolicy, Container, Issn, LangText, Licence, Rights, TdmReservation
from harvester.serving.oai.arguments import RefusedError, arguments_of, period_of, verb_of
from harvester.serving.oai.face import Face
from harvester.serving.oai.repository import Repository
from harvester.settings import Settings
from storage.store import Store

ID = FACE.identifier(make_record(1).id)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite alone: nothing here depends on the engine."""
    return f"sqlite:///{tmp_path}/data/harvester.db"


def test_identify(provider: Provider) -> None:
    provider.fill(2)
    root = ask(provider.url, "Identify")
    said = {child.tag.removeprefix(OAI): child.text for child in root.find(f"{OAI}Identify")}
    assert said["baseURL"] == f"{provider.url}/oai"
    assert said["earliestDatestamp"] == "2026-03-01T08:00:00Z"
    assert (said["deletedRecord"], said["granularity"]) == ("persistent", "YYYY-MM-DDThh:mm:ssZ")
    assert said["adminEmail"] == "you@example.org"
    described = {etree.QName(one[0]).localname for one in root.iter(f"{OAI}description")}
    assert described == {"oai-identifier", "eprints", "rightsManifest"}


def test_no_address_comes_from_the_host_header(provider: Provider) -> None:
    root = asked(f"{provider.url}/oai?verb=Identify", Host="evil.example")
    assert root.findtext(f".//{OAI}baseURL") == root.findtext(f"{OAI}request") == f"{provider.url}/oai"


def test_the_base_url_that_is_set_goes_before_the_address() -> None:
    face = Face.of(Settings(base_url="https://harvest.example.org/base", contact="mailto:me@example.org"))
    assert face == ("harvest.example.org", "https://harvest.example.org/base/oai", "me@example.org")
    nobody = Face.of(Settings(base_url="http://127.0.0.1:8000", contact="https://example.org/me@here"))
    assert nobody[0::2] == ("harvester.localhost", "postmaster@harvester.localhost")
    assert Face.of(Settings(repository_id="a.example")).repository == "a.example"


def test_one_record_in_each_format(provider: Provider) -> None:
    provider.save(make_record(1, status="subscription", doi="10.5555/1"))
    for prefix, tag in (("oai_dc", "dc"), ("oai_openaire", "resource"), ("jats", "article")):
        root = ask(provider.url, "GetRecord", identifier=ID, metadataPrefix=prefix)
        metadata = root.find(f".//{OAI}metadata")
        assert etree.QName(metadata[0]).localname == tag
        langs = {one.get("{http://www.w3.org/XML/1998/namespace}lang") for one in metadata.iter()}
        assert {"fr", "en"} <= langs
        assert [etree.QName(one[0]).localname for one in root.iter(f"{OAI}about")] == ["provenance", "rights"]


def test_formats_of_all_and_of_one(provider: Provider) -> None:
    provider.save(make_record(1, status="unknown"), make_record(2, status="free"))

    def prefixes(**given: str) -> list[str | None]:
        root = ask(provider.url, "ListMetadataFormats", **given)
        return errors(root) or [one.text for one in root.iter(f"{OAI}metadataPrefix")]

    assert prefixes() == ["oai_dc", "oai_openaire", "jats"]
    assert prefixes(identifier=ID) == ["oai_dc", "jats"]
    assert prefixes(identifier=FACE.identifier(make_record(2).id)) == ["oai_dc", "oai_openaire", "jats"]
    provider.delete(make_record(2).id)
    assert prefixes(identifier=FACE.identifier(make_record(2).id)) == ["noMetadataFormats"]
    assert prefixes(identifier="oai:elsewhere.example:1") == ["idDoesNotExist"]


def test_a_profile_that_demands_a_right_leaves_out_who_has_none(provider: Provider) -> None:
    provider.save(make_record(1, status="unknown"))
    asked_for = {"metadataPrefix": "oai_openaire"}
    assert page(provider.url, "ListRecords", **asked_for).errors == ["noRecordsMatch"]
    assert errors(ask(provider.url, "GetRecord", identifier=ID, **asked_for)) == ["cannotDisseminateFormat"]
    provider.save(make_record(1, status="open"))
    assert [one.deleted for one in walk(provider.url, "ListRecords", "oai_openaire")] == [False]
    provider.save(make_record(1, status="unknown"))  # whoever has it is told that it is gone in this format
    assert [one.deleted for one in walk(provider.url, "ListRecords", "oai_openaire")] == [True]
    assert [one.deleted for one in walk(provider.url, "ListRecords", "oai_dc")] == [False]


REFUSED = [
    ("", ["badVerb"]),
    ("verb=", ["badVerb"]),
    ("verb=identify", ["badVerb"]),
    ("verb=Identify&verb=Identify", ["badVerb"]),
    ("verb=%FF", ["badVerb"]),
    ("verb=Identify&x=1", ["badArgument"]),
    ("verb=Identify&%00=1", ["badArgument"]),
    ("verb=ListSets&set=a", ["badArgument"]),
    ("verb=GetRecord", ["badArgument"]),
    (f"verb=GetRecord&identifier={ID}", ["badArgument"]),
    (f"verb=GetRecord&identifier={ID}&identifier={ID}&metadataPrefix=oai_dc", ["badArgument"]),
    (f"verb=GetRecord&identifier={ID}&metadataPrefix=marc", ["cannotDisseminateFormat"]),
    (f"verb=GetRecord&identifier={ID}x&metadataPrefix=oai_dc", ["idDoesNotExist"]),
    ("verb=GetRecord&identifier=junk&metadataPrefix=oai_dc", ["idDoesNotExist"]),
    ("verb=GetRecord&identifier=%01&metadataPrefix=oai_dc", ["badArgument"]),
    ("verb=ListRecords", ["badArgument"]),
    ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", ["badArgument"]),
    ("verb=ListRecords&metadataPrefix=marc", ["cannotDisseminateFormat"]),
    ("verb=ListRecords&metadataPrefix=o%20i", ["badArgument"]),
    ("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=x", ["badArgument"]),
    ("verb=ListRecords&resumptionToken=x", ["badResumptionToken"]),
    ("verb=ListRecords&resumptionToken=", ["badResumptionToken"]),
    ("verb=ListRecords&metadataPrefix=oai_dc&set=nobody:knows", ["noRecordsMatch"]),
    ("verb=ListRecords&metadataPrefix=oai_dc&set=a::b", ["badArgument"]),
    ("verb=ListRecords&metadataPrefix=oai_dc&set=%27%3BDROP%20TABLE%20records", ["badArgument"]),
    ("verb=ListIdentifiers&metadataPrefix=oai_dc&from=", ["badArgument"]),
]


@pytest.mark.parametrize(("query", "codes"), REFUSED, ids=[query or "nothing" for query, _ in REFUSED])
def test_what_is_wrong_is_said(query: str, codes: list[str], shared: str) -> None:
    root = asked(f"{shared}/oai?{query}")
    assert errors(root) == codes
    assert bool(root.find(f"{OAI}request").attrib) == (codes[0] not in {"badVerb", "badArgument"})
    assert errors(asked(f"{shared}/oai", query.encode())) == codes


@pytest.mark.fault(129)
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("from=2026-03-01&until=2026-03-01", None),
        ("from=2026-03-01T08:00:00Z&until=2026-03-01T08:00:00Z", None),
        ("until=2026-03-01T08:00:00Z", None),
        ("from=2026-03-01&until=2026-03-01T08:00:00Z", "badArgument"),
        ("from=2026-03-02&until=2026-03-01", "badArgument"),
        ("from=2026-03-01T08:00Z", "badArgument"),
        ("from=2026-03-01T08:00:00", "badArgument"),
        ("from=2026-03-01T08:00:00.0Z", "badArgument"),
        ("from=2026-03-01T08:00:00%2B01:00", "badArgument"),
        ("from=2026-02-29", "badArgument"),
        ("from=2026-3-1", "badArgument"),
        ("from=0000-01-01", "badArgument"),
        (f"from={quote('２０２６-03-01')}", "badArgument"),
        ("from=now", "badArgument"),
        ("from=2026-03-01&from=2026-03-01", "badArgument"),
        ("until=2026-02-28", "noRecordsMatch"),
        ("until=0001-01-01", "noRecordsMatch"),
        ("from=2026-03-02", "noRecordsMatch"),
        ("from=2026-03-01T08:00:01Z", "noRecordsMatch"),
        ("from=9999-12-31", "noRecordsMatch"),
        ("until=9999-12-31", None),
    ],
)
def test_dates_are_days_or_seconds(given: str, code: str | None, shared: str) -> None:
    root = asked(f"{shared}/oai?verb=ListIdentifiers&metadataPrefix=oai_dc&{given}")
    assert errors(root) == ([code] if code else [])


def test_post_is_as_get_and_bounded(provider: Provider) -> None:
    provider.fill(1)
    url = f"{provider.url}/oai"
    form = b"verb=ListIdentifiers&metadataPrefix=oai_dc"
    assert len(list(asked(url, form).iter(f"{OAI}header"))) == 1
    assert status(url, form, **{"Content-Type": "application/json"}) == 413
    assert status(url, form + b"&x=" + b"x" * 20_000) == 413
    assert status(f"{provider.url}/oai?verb=Identify", form) == 200


def test_gzip_for_who_takes_it(provider: Provider) -> None:
    provider.fill(3)
    url = f"{provider.url}/oai?verb=ListRecords&metadataPrefix=oai_dc"
    for accepted, coding in (("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("identity", None)):
        request = urllib.request.Request(url, headers={"Accept-Encoding": accepted})
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = answer.read()
            assert answer.headers["content-encoding"] == coding
            assert answer.headers["vary"] == "Accept-Encoding"
        assert len(list(checked(gzip.decompress(body) if coding else body).iter(f"{OAI}record"))) == 3


@pytest.mark.fault(122)
def test_control_characters_leave_valid_xml(provider: Provider) -> None:
    odd = "".join(map(chr, (1, 8, 11, 31, 127, 0xFFFE, 0x1F600))) + " ]]> & < \"'"
    provider.save(make_record(1, status="free", title=f"x{odd}y", container=Container(titles={"fr": f"R{odd}"})))
    for prefix in ("oai_dc", "oai_openaire", "jats"):
        assert len(walk(provider.url, "ListRecords", prefix)) == 1
    assert errors(ask(provider.url, "ListSets")) == []


@pytest.mark.parametrize("reserved", [True, False])
def test_abstracts_leave_where_they_may(reserved: bool, provider: Provider) -> None:
    policy = AbstractPolicy(basis="research" if reserved else "open", redistribute=not reserved)
    tdm = TdmReservation(reserved=True, policy_url="https://publisher.test/policy") if reserved else None
    provider.save(make_record(1, status="free", rights=Rights(tdm=tdm, abstract_policy=policy)))
    for prefix in ("oai_dc", "oai_openaire", "jats"):
        (one,) = walk(provider.url, "ListRecords", prefix)
        assert ("Un résumé" in one.record) is not reserved
        assert ("reserves text and data mining" in one.record) is reserved
        assert ("https://publisher.test/policy" in one.record) is reserved


def test_about_says_where_it_was_read_and_under_which_licence(provider: Provider) -> None:
    licence = Licence(url="https://creativecommons.org/publicdomain/zero/1.0/", applies_to="metadata")
    provider.save(make_record(1, status="free", rights=Rights(licences=(licence,))))
    root = ask(provider.url, "GetRecord", identifier=ID, metadataPrefix="oai_dc")
    (origin,) = root.iter("{*}originDescription")
    told = {etree.QName(child).localname: child.text for child in origin}
    assert told["baseURL"] == "https://publisher.test/"
    assert told["identifier"] == make_record(1).url
    assert told["metadataNamespace"] == "http://www.w3.org/1999/xhtml"
    assert [one.get("ref") for one in root.iter("{*}rightsReference")] == [licence.url]


def test_sets_are_named_and_listed(provider: Provider) -> None:
    box = Container(titles={"fr": "Revue de l'Été"}, issns=(Issn(value="1234-5679", kind="print"),))
    provider.save(
        make_record(1, container=box), make_record(2, container=Container(titles={"fr": "Revue de l'Été"})),
        make_record(3, container=Container(titles={"ru": "Вестник"})), make_record(4),
    )  # fmt: skip
    root = ask(provider.url, "ListSets")
    named = {one.findtext(f"{OAI}setSpec"): one.findtext(f"{OAI}setName") for one in root.iter(f"{OAI}set")}
    (foreign,) = [spec for spec in named if named[spec] == "Вестник"]
    assert set(named) == {"journal", "source", "source:alpha", "journal:1234-5679", "journal:revue-de-l-ete", foreign}
    assert named["journal:1234-5679"] == named["journal:revue-de-l-ete"] == "Revue de l'Été"
    for spec, members in (("source", 4), ("source:alpha", 4), ("journal", 3), ("journal:1234-5679", 1), (foreign, 1)):
        assert len(walk(provider.url, set=spec)) == members


def test_a_record_that_changes_its_journal_is_in_both_sets(provider: Provider) -> None:
    one, other = (Issn(value=value) for value in ("1234-5679", "2049-3630"))
    provider.save(make_record(1, container=Container(issns=(one,))))
    assert len(walk(provider.url, set="journal:1234-5679")) == 1
    provider.save(make_record(1, container=Container(issns=(other,))))
    for spec in ("journal:1234-5679", "journal:2049-3630"):
        (header,) = walk(provider.url, set=spec)
        assert set(header.sets) == {"source:alpha", "journal:1234-5679", "journal:2049-3630"}


def test_many_sets_come_in_pages(provider: Provider) -> None:
    boxes = [Container(titles={"fr": f"Revue {n:04}"}) for n in range(1200)]
    provider.save(*(make_record(n, container=box) for n, box in enumerate(boxes)))
    found: list[str] = []
    given: dict[str, str] = {}
    while True:
        root = ask(provider.url, "ListSets", **given)
        found += [one.text for one in root.iter(f"{OAI}setSpec")]
        token = root.findtext(f".//{OAI}resumptionToken")
        if not token:
            break
        given = {"resumptionToken": token}
    assert sorted(found) == sorted({*found})
    assert len(found) == 1200 + 3


@given(st.lists(st.tuples(st.sampled_from([
    "verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken", "x"]), st.one_of(
    st.text(max_size=12), st.sampled_from(["ListRecords", "GetRecord", "ListSets", "oai_dc", "2026-03-01", ID]))),
    max_size=5))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked_is_answered_by_the_schema(empty: Repository, pairs: list[tuple[str, str]]) -> None:
    checked(empty.answer(pairs, "http://127.0.0.1/oai").body)


@given(st.text(max_size=25))
def test_a_date_is_read_or_refused(text: str) -> None:
    pairs = [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("from", text)]
    try:
        start, _ = period_of(arguments_of(verb_of(pairs), pairs))
    except RefusedError as refused:
        assert refused.code == "badArgument"
    else:
        assert start is not None


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    path = tmp_path_factory.mktemp("oai") / "empty.sqlite"
    return Repository(Store.open(f"sqlite:///{path}", migrate=True), FACE)


def test_long_texts_are_one_page_still(provider: Provider) -> None:
    long = {"fr": LangText(value="mot " * 50_000, language="fr")}
    provider.save(make_record(1, status="free", abstracts=long))
    (one,) = walk(provider.url, "ListRecords")
    assert len(one.record) > 200_000
