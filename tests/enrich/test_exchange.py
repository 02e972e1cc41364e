"""The exchange with a registry goes encrypted, to a server that is who it says."""

from pathlib import Path

import pytest
from certified import certificate
from registry import registry

from harvester.enrich.exchange import UnansweredError, get


@pytest.mark.parametrize(
    ("name", "is_trusted", "refusal"),
    [("127.0.0.1", True, ""), ("127.0.0.1", False, "CERTIFICATE_VERIFY_FAILED"), ("127.0.0.2", True, "mismatch")],
)
def test_a_certificate_must_be_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_trusted: bool, refusal: str
) -> None:
    context = certificate(tmp_path, name)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "post.pem"))
    with registry(context) as desk:
        desk.always = {}
        allowed = (desk.url.removeprefix("https://"),)
        if not refusal:
            assert get(f"{desk.url}/works/10.5555?mailto=a", "Harvester", allowed).body == b"{}"
            return
        with pytest.raises(UnansweredError, match=refusal):
            get(f"{desk.url}/works/10.5555?mailto=a", "Harvester", allowed)
        assert desk.asked == []
