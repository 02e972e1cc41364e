"""The repository: a request's arguments in, its answer out. Reads by one thread, many at a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from harvester.serving.oai import answers
from harvester.serving.oai.arguments import Pairs, RefusedError, arguments_of, period_of, verb_of
from harvester.serving.oai.face import Face
from harvester.serving.oai.following import judge, render, render_ahead
from harvester.serving.oai.metadata import FORMATS
from harvester.serving.oai.sets import PARENTS
from harvester.serving.oai.tokens import Signer, Token
from storage.oai import Item, Metadata, Window
from storage.store import Store

PAGE = 100
SETS_PAGE = 500
_PATIENCE_S = 5.0  # for reading Changes before a list may end


class BehindError(Exception):
    """Too many Changes are unread: no list can end now. Come back later."""


class UnsettledError(Exception):
    """Something changed in the second that is not over: a list may end when it is."""


class Answer(NamedTuple):
    """The document, and metadata rendered for it, to be kept."""

    body: bytes
    rendered: Sequence[Metadata] = ()


class _Asked(NamedTuple):
    """One request: arguments, the repository's address, and whether the second that was not over is over."""

    verb: str
    given: Mapping[str, str]
    base_url: str
    settled: bool


_Content = tuple[Sequence[bytes], Sequence[Metadata]]  # the document's parts within the verb's element


class _Page(NamedTuple):
    items: Sequence[Item]
    is_last: bool


def _now() -> datetime:
    return datetime.now(UTC)


class Repository:
    """Answers over an open store. `clock` tells the time."""

    def __init__(self, store: Store, face: Face, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._face = face
        self._clock = clock
        self._signer: Signer | None = None
        self._verbs: Mapping[str, Callable[[_Asked], _Content]] = {
            "Identify": self._identify,
            "ListMetadataFormats": self._list_formats,
            "ListSets": self._list_sets,
            "GetRecord": self._get_record,
            "ListIdentifiers": self._list,
            "ListRecords": self._list,
        }

    def answer(self, pairs: Pairs, address: str, *, settled: bool = False) -> Answer:
        """The document for these arguments; `address` is where the server listens, for want of a base URL.

        Raises UnsettledError, after which the same request is `settled` in the next second; BehindError; and
        StorageError while the database is away.
        """
        base_url = self._face.base_url or address
        request: dict[str, str] = {}
        now = self._clock().timestamp()
        try:
            verb = verb_of(pairs)
            given = arguments_of(verb, pairs)
            period_of(given)
            request = {"verb": verb, **given}
            content, rendered = self._verbs[verb](_Asked(verb, given, base_url, settled))
        except RefusedError as refused:
            return Answer(answers.response(now, base_url, request, [answers.error(refused).encode()]))
        parts = (f"<{verb}>".encode(), *content, f"</{verb}>".encode())
        return Answer(answers.response(now, base_url, request, parts), rendered)

    def keep_up(self) -> bool:
        """Read some Changes, or render some items ahead; whether there may be more to do."""
        state = self._store.oai.state()
        if state.read < state.head:
            self._store.oai.follow(judge(), self._clock())
            return True
        return render_ahead(self._store)

    def keep(self, rendered: Sequence[Metadata]) -> None:
        """Keep what was rendered for an answer."""
        if rendered:
            self._store.oai.keep(rendered)

    def _identify(self, asked: _Asked) -> _Content:
        self._read_changes()
        earliest = self._store.oai.earliest()
        moment = self._clock().timestamp() if earliest is None else earliest
        return [answers.identify(self._face, asked.base_url, moment).encode()], ()

    def _list_formats(self, asked: _Asked) -> _Content:
        given = asked.given
        if "identifier" not in given:
            return [answers.formats(FORMATS).encode()], ()
        item = self._item(given["identifier"])
        if not item.formats:
            raise RefusedError("noMetadataFormats", "the record is deleted")
        return [answers.formats(one for one in FORMATS if one in item.formats).encode()], ()

    def _get_record(self, asked: _Asked) -> _Content:
        given = asked.given
        prefix = _known(given["metadataPrefix"])
        item = self._item(given["identifier"], prefix)
        if prefix not in item.once:
            raise RefusedError("cannotDisseminateFormat", f"the record cannot be had in {prefix}")
        (item,), rendered = render(self._store, [item], prefix)
        return [answers.record(self._face, item, prefix)], rendered

    def _item(self, identifier: str, prefix: str = "") -> Item:
        """What is known of an identifier, after the Changes so far. Raises RefusedError (idDoesNotExist)."""
        self._read_changes()
        record_id = self._face.record_id(identifier)
        item = self._store.oai.get(record_id, prefix) if record_id else None
        if item is None:
            raise RefusedError("idDoesNotExist", "no record of this repository has this identifier")
        return item

    def _list_sets(self, asked: _Asked) -> _Content:
        given = asked.given
        token = Token("ListSets")
        if "resumptionToken" in given:
            token = self._signed().read(given["resumptionToken"], "ListSets")
        else:
            self._read_changes()
        found = self._store.oai.sets(token.after_set, SETS_PAGE + 1)
        shown = found[:SETS_PAGE]
        named = shown if token.after_set else [*PARENTS.items(), *shown]
        last = shown[-1][0] if len(found) > SETS_PAGE else ""
        following = token._replace(after_set=last, cursor=token.cursor + len(named)) if last else None
        return [answers.sets(named).encode(), self._told(token, following)], ()

    def _list(self, asked: _Asked) -> _Content:
        token = self._token(asked.verb, asked.given)
        with_xml = asked.verb == "ListRecords"
        page = self._page(token, with_xml=with_xml, settled=asked.settled)
        if not page.items:
            raise RefusedError("noRecordsMatch", "no record matches")
        items, rendered = render(self._store, page.items, token.prefix) if with_xml else (page.items, [])
        write = answers.record if with_xml else answers.header
        content = [write(self._face, item, token.prefix) for item in items]
        following = token._replace(after=page.items[-1].seq, cursor=token.cursor + len(page.items))
        return [*content, self._told(token, None if page.is_last else following)], rendered

    def _token(self, verb: str, given: Mapping[str, str]) -> Token:
        """Where to begin: as the token says, or as the arguments do."""
        if "resumptionToken" in given:
            token = self._signed().read(given["resumptionToken"], verb)
            if token.prefix not in FORMATS:
                raise RefusedError("badResumptionToken", f"{token.prefix} is no format any more: begin the list anew")
            return token
        start, until = period_of(given)
        return Token(verb, _known(given["metadataPrefix"]), start, until, given.get("set"))

    def _told(self, token: Token, following: Token | None) -> bytes:
        """The resumptionToken of a page: with the next one, empty on the last of several, none on the only one."""
        if following is None:
            return answers.token("", token.cursor).encode() if token.cursor else b""
        return answers.token(self._signed().write(following), token.cursor).encode()

    def _page(self, token: Token, *, with_xml: bool, settled: bool) -> _Page:
        """The next items, and whether they are the last.

        A full page is right at any time, for the list goes on. It may end only when every Change was read, and
        no later one can be dated into it.
        """
        window = Window(token.prefix, token.after, token.start, token.until, token.spec)

        def full() -> list[Item] | None:
            items = self._store.oai.page(window, PAGE + 1, with_xml=with_xml)
            return items[:PAGE] if len(items) > PAGE else None

        now = self._clock()
        state = self._store.oai.state()
        if state.read < state.head or state.closed < int(now.timestamp()):
            items = full() or self._read_changes(close=now, unless=full)
            if items:
                return _Page(items, is_last=False)
            state = self._store.oai.state()
        until = state.closed - 1 if token.until is None else min(token.until, state.closed - 1)
        items = self._store.oai.page(window._replace(until=until), PAGE + 1, with_xml=with_xml)
        if len(items) > PAGE:
            return _Page(items[:PAGE], is_last=False)
        is_open = token.until is None or token.until >= state.closed
        if is_open and state.stamp >= state.closed and not settled:
            raise UnsettledError
        if not items and token.after:
            # What was to come has changed and left the window. A list must not be empty, and repeats are allowed.
            items = self._store.oai.last_before(window, with_xml=with_xml)
        return _Page(items, is_last=True)

    def _read_changes(
        self, close: datetime | None = None, unless: Callable[[], list[Item] | None] = lambda: None
    ) -> list[Item] | None:
        """Read all Changes so far, or until `unless` has items; with `close`, end the seconds before it.

        Raises BehindError if it takes too long.
        """
        deadline = time.monotonic() + _PATIENCE_S
        state = self._store.oai.state()
        left = state.head - state.read
        unsaid = close is not None and state.closed < int(close.timestamp())
        while left > 0 or unsaid:
            left = self._store.oai.follow(judge(), self._clock(), close=close is not None)
            unsaid = False
            if items := unless():
                return items
            if left > 0 and time.monotonic() > deadline:
                raise BehindError
        return None

    def _signed(self) -> Signer:
        if self._signer is None:
            self._signer = Signer(self._store.secret("oai"))
        return self._signer


def _known(prefix: str) -> str:
    if prefix not in FORMATS:
        raise RefusedError("cannotDisseminateFormat", f"no format here is named so; there are {', '.join(FORMATS)}")
    return prefix
