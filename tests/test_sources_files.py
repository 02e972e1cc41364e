"""Seed files: platform and source are merged, and every mistake is told with file, line, key and remedy."""

import re
import textwrap
import tomllib
from pathlib import Path

import pytest

from harvester import sources
from harvester.errors import SourceError, UsageError
from harvester.sources.files import dotted, key_lines

SHIPPED = Path(__file__).parent.parent / "seeds"

PLATFORM = r"""
name = "Press"
verified = "2026-01-02, a page"
languages = ["fr", "en"]

[detect]
hosts = ["press.example"]
elements = ["#press"]

[urls]
article = ['^https?://www\.press\.example/article/(?P<id>\d+)']
canonical = "https://www.press.example/article/{id}"
refuse = ['/print/']
drop_params = ["from"]

[read]
title = [{ css = "h1", drop = ["span"] }]
doi = [{ css = "#doi" }]
boilerplate = ['See the PDF\.']

[access]
slots = [".banner"]

[politeness]
delay = 4.0
timeout = 30.0
"""

SOURCE = r"""
id = "one"
name = "Journal One"
platform = "press"
verified = "2026-01-02, article 7"
hosts = ["www.press.example"]

[[journals]]
code = "ONE"
title = "Journal One"
issns = ["0317-8471"]

[[journals]]
code = "T+O"
title = "Journal Two"

[[discovery]]
kind = "listing"
url = "https://www.press.example/revue/{code}/"
follow = ['/revue/{code}/\d{4}/']

[[discovery]]
kind = "sitemap"
url = "https://www.press.example/sitemap.xml"

[urls]
refuse = ['/abo/']

[read]
title = [{ css = "h1.own" }]

[politeness]
delay = 2.0
"""


@pytest.fixture
def seeds(tmp_path):
    """A function that writes files (folder/name -> text) into a seeds folder and returns it."""

    def write(**files: str) -> Path:
        for folder in ("platforms", "sources"):
            (tmp_path / folder).mkdir(exist_ok=True)
        for name, text in files.items():
            folder = "platforms" if name == "press" else "sources"
            (tmp_path / folder / f"{name}.toml").write_text(textwrap.dedent(text), encoding="utf-8")
        return tmp_path

    return write


# Merging -------------------------------------------------------------------------------------------------------------


def test_own_rules_come_first_and_own_scalars_win(seeds):
    one = sources.load(seeds(press=PLATFORM, one=SOURCE)).get("one")
    assert [rule.css for rule in one.read.title] == ["h1.own", "h1"]
    assert [rule.css for rule in one.read.doi] == ["#doi"]
    assert one.read.boilerplate == (r"See the PDF\.",)
    assert one.urls.refuse == ("/abo/", "/print/")
    assert one.urls.drop_params == ("from",)
    assert one.urls.canonical == "https://www.press.example/article/{id}"
    assert (one.politeness.delay, one.politeness.timeout) == (2.0, 30.0)
    assert one.access.slots == (".banner",)
    assert one.languages == ("fr", "en")


def test_own_article_patterns_replace_the_platforms(seeds):
    own = SOURCE.replace("[urls]", r"[urls]" + "\n" + r"article = ['/article/(?P<id>7\d*)']")
    one = sources.load(seeds(press=PLATFORM, one=own)).get("one")
    assert one.urls.article == (r"/article/(?P<id>7\d*)",)


def test_code_is_spelt_out_for_each_journal(seeds):
    one = sources.load(seeds(press=PLATFORM, one=SOURCE)).get("one")
    assert [entry.url for entry in one.discovery] == [
        "https://www.press.example/revue/ONE/",
        "https://www.press.example/revue/T+O/",
        "https://www.press.example/sitemap.xml",
    ]
    assert one.discovery[1].follow == (r"/revue/T\+O/\d{4}/",)


@pytest.mark.parametrize(
    ("says", "enabled"),
    [
        ('verified = "2026-01-02, article 7"', True),
        ("verified = false", False),
        ("", False),
        ("verified = false\nenabled = true", True),
        ('verified = "2026-01-02, article 7"\nenabled = false', False),
    ],
)
def test_only_a_verified_source_is_on_by_default(seeds, says, enabled):
    text = SOURCE.replace('verified = "2026-01-02, article 7"', says)
    assert sources.load(seeds(press=PLATFORM, one=text)).get("one").enabled is enabled


def test_the_id_may_be_left_to_the_file_name(seeds):
    text = SOURCE.replace('id = "one"\n', "")
    assert sources.load(seeds(press=PLATFORM, one=text)).get("one").id == "one"


def test_the_digest_follows_both_files(seeds):
    first = sources.load(seeds(press=PLATFORM, one=SOURCE)).get("one").digest
    again = sources.load(seeds()).get("one").digest
    by_source = sources.load(seeds(one=SOURCE + "\n# a word\n")).get("one").digest
    by_platform = sources.load(seeds(press=PLATFORM + "\n# a word\n")).get("one").digest
    assert first == again
    assert len({first, by_source, by_platform}) == 3
    assert first.startswith("sha256:")


def test_files_elsewhere_use_the_platforms_of_the_seeds_folder(seeds, tmp_path):
    folder = seeds(press=PLATFORM, broken="nonsense")
    (tmp_path / "one.toml").write_text(SOURCE)
    catalogue = sources.load_files([tmp_path / "one.toml"], folder)
    assert list(catalogue.sources) == ["one"]
    assert [rule.css for rule in catalogue.get("one").read.doi] == ["#doi"]


# Who reads a page ----------------------------------------------------------------------------------------------------

SECOND = """
name = "Journal Three"
platform = "press"
hosts = ["www.press.example"]
journals = [{ code = "THREE", title = "Journal Three" }]
"""
ALONE = """
name = "Alone"
hosts = ["127.0.0.1:8901"]
[politeness]
delay = 0.0
"""


def test_one_source_of_a_host_reads_its_pages(seeds):
    catalogue = sources.load(seeds(press=PLATFORM, one=SOURCE, alone=ALONE))
    assert catalogue.for_saved_page("https://www.press.example/article/1").id == "one"
    assert catalogue.for_saved_page("https://press.example/article/1").id == "one"
    assert catalogue.for_saved_page("http://127.0.0.1:8901/x").id == "alone"
    assert catalogue.for_saved_page("http://127.0.0.1:8902/x") is None
    assert catalogue.for_saved_page("https://elsewhere.example/", canonical="http://127.0.0.1:8901/x").id == "alone"
    assert catalogue.for_saved_page() is None


def test_several_sources_of_one_host_leave_it_to_their_platform(seeds):
    catalogue = sources.load(seeds(press=PLATFORM, one=SOURCE, three=SECOND))
    reader = catalogue.for_saved_page("https://www.press.example/article/1")
    assert (reader.id, reader.enabled, reader.discovery) == ("press", False, ())
    assert {journal.code for journal in reader.journals} == {"ONE", "T+O", "THREE"}
    assert [rule.css for rule in reader.read.title] == ["h1"]


def test_a_platform_reads_pages_of_hosts_below_its_own(seeds):
    catalogue = sources.load(seeds(press=PLATFORM))
    assert catalogue.for_saved_page("https://bio.press.example/article/1").id == "press"
    assert catalogue.for_saved_page("https://compress.example/article/1") is None
    assert [(detect.elements, platform.id) for detect, platform in catalogue.fingerprints] == [(("#press",), "press")]
    assert catalogue.platforms_by_host["press.example"].id == "press"


def test_the_source_named_wins_and_an_unknown_one_is_an_error(seeds):
    catalogue = sources.load(seeds(press=PLATFORM, one=SOURCE, alone=ALONE))
    assert catalogue.for_saved_page("http://127.0.0.1:8901/x", source_id="one").id == "one"
    assert catalogue.for_saved_page(source_id="press").digest.startswith("sha256:")
    with pytest.raises(UsageError, match='there is no source "onee"') as caught:
        catalogue.for_saved_page(source_id="onee")
    assert caught.value.remedy == "did you mean one?"


# Mistakes ------------------------------------------------------------------------------------------------------------

HEAD = 'name = "X"\nhosts = ["www.x.example"]\n'
LISTING = '[[discovery]]\nkind = "listing"\nurl = "https://www.x.example/toc"\n'
ARTICLE = "[urls]\narticle = ['/a/(?P<id>\\d+)']\n"

MISTAKES = [  # text of x.toml, line, key, part of what is wrong, part of the remedy
    ('name = "X"\n', 1, "hosts", "names no host", "write hosts ="),
    ('hosts = ["www.x.example"]\n', 1, "name", "is missing", "add the key"),
    (HEAD + 'plattform = "press"\n', 3, "plattform", "is not a known key", "did you mean platform?"),
    (HEAD + "\n[politeness]\ndealy = 2\n", 5, "politeness.dealy", "is not a known key", "did you mean delay?"),
    (HEAD + "zzz = 1\n", 3, "zzz", "is not a known key", "keys of the file are: access,"),
    (HEAD + 'digest = "sha256:0"\n', 3, "digest", "is not a known key", "computed"),
    (HEAD + 'platform = "pres"\n', 3, "platform", 'there is no platform "pres"', 'did you mean "press"?'),
    (HEAD + 'platform = "qqqq"\n', 3, "platform", "there is no platform", "known platforms: press"),
    (HEAD + 'id = "y"\n', 3, "id", "is not the name of the file", 'write id = "x"'),
    (HEAD + "verified = true\n", 3, "verified", "True", ""),
    (HEAD + 'enabled = "maybe"\n', 3, "enabled", "'maybe'", "true or false"),
    (HEAD + 'languages = ["french language"]\n', 3, "languages[0]", "is not a language code", "BCP 47"),
    (HEAD + 'homepage = "www.x.example"\n', 3, "homepage", "is not an http(s) address", "https://"),
    (HEAD + 'homepage = "https://[www"\n', 3, "homepage", "is not an http(s) address", "https://"),
    (HEAD + ARTICLE + 'canonical = "https://[x/{id}"\n', 5, "urls.canonical", "is not an http(s) address", "write"),
    (HEAD + f"deep = {'[' * 999}{']' * 999}\n", 1, "", "within each other", "seeds/README.md"),
    (HEAD + f"x{'.x' * 999} = 1\n", 1, "", "within each other", "seeds/README.md"),
    (
        'name = "X"\nhosts = [\n  "www.x.example",\n  "https://Y.example/z",\n]\n',
        4,
        "hosts[1]",
        "is not a host",
        '"y.example"',
    ),
    (HEAD + "[read]\ndoi = [\n  { css = 'a[b' },\n]\n", 5, "read.doi[0].css", "is not a CSS selector", "correct"),
    (HEAD + "[read]\ndoi = [{ css = 'a', drop = ['b', 'c['] }]\n", 4, "read.doi[0].drop[1]", "is not a CSS", "correct"),
    (HEAD + "[read]\ndoi = [{ css = 'a::text' }]\n", 4, "read.doi[0].css", "is not a CSS selector", "correct"),
    (HEAD + "[read]\ndoi = [{ xpath = '//a[' }]\n", 4, "read.doi[0].xpath", "is not an XPath", "correct"),
    (HEAD + "[read]\ndoi = [{ attr = 'x' }]\n", 4, "read.doi[0]", "either css or xpath", "write css"),
    (HEAD + "[read]\ndoi = [{ css = 'a', pattern = '(' }]\n", 4, "read.doi[0].pattern", "not a regular expr", "''"),
    (HEAD + "[access]\nslots = ['>']\n", 4, "access.slots[0]", "is not a CSS selector", "correct"),
    (HEAD + "[access]\nignore = ['robots']\n", 4, "access.ignore[0]", "is not vocabulary:name", "meta:"),
    (HEAD + "[[access.marks]]\ncss = '.lock'\nstatus = 'opne'\n", 5, "access.marks[0].status", "'opne'", '"open"'),
    (HEAD + ARTICLE + LISTING + "links = 'a['\n", 8, "discovery[0].links", "is not a CSS selector", "correct"),
    (HEAD + LISTING, 1, "urls.article", "is missing", "write article ="),
    (HEAD + ARTICLE + "[[discovery]]\nkind = 'sitemap'\n", 5, "discovery[0].url", "is missing", "write url ="),
    (HEAD + ARTICLE + "[[discovery]]\nkind = 'urls'\n", 5, "discovery[0].urls", "is missing", "write urls ="),
    (
        HEAD + ARTICLE + LISTING + LISTING.replace("www.x", "cdn.x"),
        10,
        "discovery[1].url",
        'host "cdn.x.example" is not one of hosts',
        'add "cdn.x.example" to hosts',
    ),
    (HEAD + ARTICLE + LISTING.replace("toc", "{code}"), 5, "discovery[0]", "no journal", "[[journals]]"),
    (HEAD + ARTICLE + LISTING.replace("toc", "{kode}"), 7, "discovery[0].url", "{kode} is not known", "{code}"),
    (
        HEAD + ARTICLE + 'canonical = "https://www.x.example/{idd}"\n',
        5,
        "urls.canonical",
        "no pattern of urls.article has a group named 'idd'",
        "did you mean {id}?",
    ),
    (
        HEAD + ARTICLE + 'canonical = "https://x.example/{id}"\n',
        5,
        "urls.canonical",
        "is on a host that hosts does not name",
        'add "x.example" to hosts',
    ),
    (HEAD + ARTICLE + 'canonical = "/a/{id}"\n', 5, "urls.canonical", "is not an http(s) address", "write https://"),
    (HEAD + 'platform = "press"\n', 1, "urls.canonical", "(from the platform)", 'add "www.press.example"'),
    (HEAD + "[politeness]\ndelay = 0.5\n", 4, "politeness.delay", "is 0.5 s", "HARVESTER_PRIVATE_ALLOW"),
    (HEAD + "[rights]\nbasis = 'licence'\ndeclared_by = 'me'\n", 3, "rights.reference", "is missing", "reference"),
    (HEAD + "[rights]\nbasis = 'permission'\nreference = 'r'\n", 3, "rights.declared_by", "is missing", "vouches"),
    (HEAD + "[rights]\nbasis = 'research'\nkeep = true\n", 5, "rights.keep", "has no effect", "remove it"),
    (HEAD + "[rights]\nbasis = 'licnce'\n", 4, "rights.basis", "'licnce' is not one of", 'did you mean "licence"?'),
    (HEAD + "[schedule]\nevry = '1d'\n", 4, "schedule.evry", "is not a known key", "did you mean every?"),
    (HEAD + "[schedule]\nevery = '4m'\n", 4, "schedule.every", "less than 5 minutes", "README"),
    (HEAD + "[schedule]\nevery = '6 hours'\n", 4, "schedule.every", "as in 6h", "README"),
    (HEAD + "[schedule]\nevery = '6h'\ncron = '0 1 * * *'\n", 3, "schedule", "both every and cron", "README"),
    (HEAD + "[schedule]\ncron = '0 25 * * *'\n", 4, "schedule.cron", "hour '25' is not one of 0 to 23", "README"),
    (HEAD + "[schedule]\ncron = '0 1 * *'\n", 4, "schedule.cron", "has 4 fields instead of five", "README"),
    (HEAD + "[schedule]\ncron = '* 1 * * *'\n", 4, "schedule.cron", "again within 5 minutes", "README"),
    (HEAD + "[schedule]\ncron = '0 1 30 2 *'\n", 4, "schedule.cron", "30 never comes in month 2", "README"),
    (HEAD + "[schedule]\ncron = '0 1 * * *'\nzone = 'Paris'\n", 5, "schedule.zone", "name of a time zone", "README"),
    (HEAD + "[schedule]\nzone = 'Europe/Paris'\n", 4, "schedule.zone", "no effect without cron", "write cron ="),
    (HEAD + "[schedule]\nevery = '1h'\njitter = '1h'\n", 3, "schedule", "jitter 1h is not shorter", "README"),
    (HEAD + "[expect]\nwith_doi = 80\n", 4, "expect.with_doi", "80", ""),
    (
        HEAD + '[[journals]]\ncode = "A"\ntitle = "A"\n[[journals]]\ncode = "A"\ntitle = "B"\n',
        7,
        "journals[1].code",
        '"A" is declared twice',
        "its own code",
    ),
    (
        HEAD + '[[journals]]\ncode = "A"\ntitle = "A"\nissns = ["0317-8471", "0317-8472"]\n',
        6,
        "journals[0].issns[1]",
        "check digit",
        "issn.org",
    ),
    (
        HEAD + '[[journals]]\ncode = "A"\ntitle = "A"\nissns = ["03178471"]\n',
        6,
        "journals[0].issns[0]",
        "no hyphen",
        '"0317-8471"',
    ),
    (HEAD + 'broken = [1,\nx = "2"\n', 4, "", "is not TOML", "correct the TOML"),
    (HEAD + 'name = "Y"\n', 3, "", "is not TOML: Cannot overwrite a value", "correct the TOML"),
    (HEAD + 'x = """never closed', 3, "", "is not TOML", "correct the TOML"),
]


@pytest.mark.parametrize(
    ("text", "line", "key", "what", "remedy"), MISTAKES, ids=[f"{one[2]}-{index}" for index, one in enumerate(MISTAKES)]
)
def test_a_mistake_is_told_with_its_place_and_remedy(seeds, text, line, key, what, remedy):
    folder = seeds(press=PLATFORM, x=text)
    found = sources.check(None, folder)
    assert len(found) == 1, [str(one) for one in found]
    assert found[0].file == str(folder / "sources" / "x.toml")
    assert (found[0].line, found[0].key) == (line, key)
    assert what in found[0].what
    assert remedy in found[0].remedy
    assert found[0].remedy
    with pytest.raises(SourceError, match="1 mistake in 1 seed file"):
        sources.load(folder)


def test_all_mistakes_of_all_files_at_once(seeds, monkeypatch):
    folder = seeds(
        press=PLATFORM.replace("h1", "h1[").replace("{id}", "{number}"),
        one=SOURCE.replace("0317-8471", "0317-8470").replace("kind", "kinds", 1),
        two="name = \n",
        tri=HEAD + "[urls]\narticle = ['(']\ncanonical = 'https://www.x.example/{id}'\n",
        x=HEAD + "[politeness]\ndelay = 0\n",
    )
    monkeypatch.chdir(folder)
    with pytest.raises(SourceError) as caught:
        sources.load(Path())
    assert caught.value.exit_code == 2
    assert str(caught.value) == GOLDEN.strip("\n")


GOLDEN = r"""
8 mistakes in 5 seed files
platforms/press.toml:12: urls.canonical: no pattern of urls.article has a group named 'number'
    remedy: write one as in (?P<number>\d+); there are: id
platforms/press.toml:17: read.title[0].css: "h1[" is not a CSS selector: Expected ident or '*', got <EOF at 3>
    remedy: correct the selector; quote attribute values: a[href='x']
sources/one.toml:11: journals[0].issns[0]: the check digit of ISSN "0317-8470" is wrong
    remedy: copy the ISSN again from the journal or portal.issn.org
sources/one.toml:17: discovery[0].kind: is missing
    remedy: add the key; seeds/README.md has an example
sources/one.toml:18: discovery[0].kinds: is not a known key
    remedy: did you mean kind?
sources/tri.toml:4: urls.article[0]: not a regular expression: missing ), unterminated subpattern at position 0, in '('
    remedy: correct the pattern; write it in '' so that \ needs no doubling
sources/two.toml:1: is not TOML: Invalid value
    remedy: correct the TOML on this line or the one before it (https://toml.io); quote patterns with ''
sources/x.toml:4: politeness.delay: is 0.0 s, and www.x.example is a public host
    remedy: write 1.0 or more; only hosts of HARVESTER_PRIVATE_ALLOW may go without a gap
"""


def test_a_broken_platform_is_complained_of_once(seeds):
    found = sources.check(None, seeds(press=PLATFORM + "nonsense", one=SOURCE))
    assert [Path(one.file).name for one in found] == ["press.toml"]


def test_only_the_files_named_are_checked(seeds, tmp_path):
    folder = seeds(press=PLATFORM.replace("h1", "h1["), one=SOURCE, x="name = 1")
    assert [one.key for one in sources.check([folder / "sources" / "x.toml"], folder)] == ["hosts", "name"]
    assert sources.check([folder / "sources" / "one.toml"], folder) == []
    assert [one.key for one in sources.check([folder / "platforms" / "press.toml"], folder)] == ["read.title[0].css"]
    missing = sources.check([tmp_path / "none.toml"], folder)
    assert [one.what for one in missing] == ["cannot be read: No such file or directory"]


def test_a_file_that_is_not_utf8(seeds):
    folder = seeds()
    (folder / "sources" / "x.toml").write_bytes('name = "X"\n# é\n'.encode("cp1252"))
    assert [(one.line, one.what) for one in sources.check(None, folder)] == [(2, "is not UTF-8")]


def test_the_same_id_twice(seeds, tmp_path):
    folder = seeds(press=PLATFORM, one=SOURCE)
    (tmp_path / "one.toml").write_text(SOURCE)
    found = sources.check([folder / "sources" / "one.toml", tmp_path / "one.toml"], folder)
    assert [(one.line, one.what) for one in found] == [(2, '"one" is the id of another file too')]


def test_a_delay_of_the_platform_is_named_as_such(seeds):
    found = sources.check(None, seeds(press=PLATFORM.replace("delay = 4.0", "delay = 0"), three=SECOND))
    assert [one.what for one in found] == ["is 0.0 s (from the platform), and www.press.example is a public host"]


def test_no_seeds_folder(tmp_path):
    with pytest.raises(SourceError, match="is no seeds folder") as caught:
        sources.load(tmp_path)
    assert "HARVESTER_SEEDS_DIR" in caught.value.remedy


def test_hosts_that_may_go_without_a_gap(seeds):
    folder = seeds(alone=ALONE, x=HEAD + "[politeness]\ndelay = 0\n")
    assert [Path(one.file).stem for one in sources.check(None, folder)] == ["x"]
    assert sources.check(None, folder, private_allow=["www.x.example"]) == []


# Lines ---------------------------------------------------------------------------------------------------------------


def test_key_lines_knows_all_of_toml():
    text = '''\
# [not] a = table
a.b = 1 # x = 2
"q.r".s = [ 1,
  # ] no end
  "]", { k = "v\\"}", l = [2] },
]
s = """
[no]
x = 1\\""""
t = \'\'\'
y = 1\'\'\'\'
u = 1979-05-27T07:32:00Z
[[d]]
x = 1
[[d]]
x = "a # b"
[d.sub]
y = 'C:\\'
[[d.e]]
z = { f.g = 3 }
[[d.e]]
[ h . "i" ]
z = 4'''
    tomllib.loads(text)
    lines = {dotted(key): line for key, line in key_lines(text).items()}
    assert lines == {
        "a": 2, "a.b": 2, "q.r": 3, "q.r.s": 3, "q.r.s[0]": 3, "q.r.s[1]": 5, "q.r.s[2]": 5, "q.r.s[2].k": 5,
        "q.r.s[2].l": 5, "q.r.s[2].l[0]": 5, "s": 7, "t": 10, "u": 12, "d": 13, "d[0]": 13, "d[0].x": 14,
        "d[1]": 15, "d[1].x": 16, "d[1].sub": 17, "d[1].sub.y": 18, "d[1].e": 19, "d[1].e[0]": 19,
        "d[1].e[0].z": 20, "d[1].e[0].z.f": 20, "d[1].e[0].z.f.g": 20, "d[1].e[1]": 21, "h.i": 22, "h.i.z": 23,
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/*.toml")), ids=lambda path: path.stem)
def test_every_key_of_a_shipped_file_is_found_on_its_line(path):
    text = path.read_text(encoding="utf-8")
    lines, written = key_lines(text), text.splitlines()
    assert set(_paths(tomllib.loads(text))) == set(lines)
    for key, line in lines.items():
        if isinstance(key[-1], str):
            assert key[-1] in written[line - 1]


def _paths(node, at=()):
    """Every key path of parsed TOML."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*at, key)
        yield from _paths(value, (*at, key))


def test_windows_line_ends(seeds):
    folder = seeds()
    (folder / "sources" / "x.toml").write_bytes(b'name = "X"\r\nhosts = [\r\n  "a b",\r\n]\r\n')
    assert [(one.line, one.key) for one in sources.check(None, folder)] == [(3, "hosts[0]")]


# What is shipped -----------------------------------------------------------------------------------------------------


def test_the_shipped_seeds_have_no_mistake():
    assert sources.check(None, SHIPPED) == []
    catalogue = sources.load(SHIPPED)
    assert len(catalogue.sources) >= 3


def test_every_key_stands_in_the_readme():
    from harvester.model import source

    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    models = [value for value in vars(source).values() if isinstance(value, type) and issubclass(value, source.Value)]
    keys = {name for model in models if model is not source.Value for name in model.model_fields} - {"digest"}
    missing = sorted(key for key in keys if not re.search(rf"`{key}`|`?\b{key} =|\[{key}\]", text))
    assert missing == []
