"""Which hosts count as one: whoever registers a domain answers for all names below it."""

from ipaddress import ip_address

import tldextract

from harvester.urls import Target

_domains = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def registrable(where: Target, *, opened: bool) -> str:
    """The registrable host; `host:port` for addresses and for what the operator `opened`."""
    if opened or _is_address(where.host):
        return where.host_port
    return _domains(where.host).top_domain_under_public_suffix or where.host


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
