"""Other people's harvesters: each walks a list to its end and tells the identifiers, deleted ones too."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from oaipmh_scythe import Scythe
from sickle import Sickle

Walk = Callable[[str, str], set[str]]

_PERL = """
use strict; use warnings; use HTTP::OAI;
my ($url, $prefix) = @ARGV;
my $harvester = HTTP::OAI::Harvester->new(baseURL => $url);
my $list = $harvester->ListRecords(metadataPrefix => $prefix, onRecord => sub { print shift->identifier, "\\n" });
die $list->code . " " . $list->message if $list->is_error;
"""
_NODE = """
const { OaiPmh } = require('oai-pmh')
const [url, prefix] = process.argv.slice(2)
async function walk () {
  for await (const record of new OaiPmh(url).listRecords({ metadataPrefix: prefix })) {
    console.log(record.header.identifier)
  }
}
walk().catch(error => { console.error(error); process.exit(1) })
"""


def sickle(url: str, prefix: str) -> set[str]:
    """Sickle (Python)."""
    return {record.header.identifier for record in Sickle(url).ListRecords(metadataPrefix=prefix)}


def scythe(url: str, prefix: str) -> set[str]:
    """oaipmh-scythe (Python)."""
    with Scythe(url) as client:
        return {str(record.header.identifier) for record in client.list_records(metadata_prefix=prefix)}


def perl(url: str, prefix: str) -> set[str]:
    """HTTP::OAI (Perl; Debian's libhttp-oai-perl)."""
    return _said(["perl", "-e", _PERL, url, prefix])


def node(folder: Path) -> Walk:
    """oai-pmh (npm), installed in a folder."""
    (folder / "walk.js").write_text(_NODE)
    return lambda url, prefix: _said(["node", str(folder / "walk.js"), url, prefix])


def _said(command: list[str]) -> set[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr}")
    return set(done.stdout.split())


PYTHON: Mapping[str, Walk] = {"sickle": sickle, "oaipmh-scythe": scythe}
