"""Works: what is stated joins, what is alike is asked, every merge can be undone, no harvest redoes it."""

import threading
from datetime import datetime
from typing import Any

import pytest
from made import make_record

from harvester.errors import UsageError
from harvester.model.record import Contributor, DateValue, Identifier, LangText, Record, Relation, record_id
from harvester.model.run import ChangeKind
from harvester.model.signal import Evidence
from storage.saving import Saved
from storage.store import Store
from storage.tables import work_ties

TITLE = "A long title that tells this article from the others"


def save(store: Store, now: datetime, *batch: Record) -> list[Saved]:
    with store.begin() as unit:
        return store.records.save(unit, batch, run_id="run-1", now=now)


def at(source: str, n: int, **more: Any) -> Record:
    """The n-th article of a Source."""
    url = more.pop("url", f"https://{source}.test/article/{n}")
    return make_record(n, url=url, id=record_id(source, url), source_id=source, **more)


def tie(kind: str, target: str | None, state: str = "resolved") -> Relation:
    return Relation(type=kind, target=target, state=state if target else "unresolved")


def works(store: Store) -> list[set[str]]:
    """Ids of the records of each work of several."""
    return [{record.id for record in work} for work in store.works.iter()]


def kinds(store: Store, record: Record) -> list[ChangeKind]:
    return [change.kind for change in store.changes.since(0) if change.record_id == record.id]


def stored(store: Store, record: Record) -> Record:
    found = store.records.get(record.id)
    assert found
    return found


def look(store: Store, now: datetime) -> list[tuple[str, str]]:
    """The review queue at the end of the change log."""
    while True:
        with store.begin() as unit:
            if not store.works.look(unit, now):
                break
    return [(one.a, one.b) for one in store.works.queue()]


def split(store: Store, record: Record, now: datetime) -> list[str]:
    with store.begin() as unit:
        return store.works.split(unit, record.id, "another article", now)


def merge(store: Store, one: Record, other: Record, now: datetime) -> bool:
    with store.begin() as unit:
        return store.works.merge(unit, one.id, other.id, "seen by me", now)


class TestStated:
    def test_one_own_doi_at_two_sources_is_one_work(self, store: Store, now: datetime) -> None:
        here, there = at("alpha", 1, doi="10.1000/ABC"), at("beta", 7, doi="10.1000/abc")
        save(store, now, here)
        (saved,) = save(store, now, there)
        assert works(store) == [{here.id, there.id}]
        assert stored(store, there).work_id == stored(store, here).work_id == here.id
        assert (saved.kind, saved.extra, saved.revision) == (ChangeKind.CREATED, (ChangeKind.MERGED,), 1)
        assert kinds(store, here) == [ChangeKind.CREATED]

    def test_the_same_in_one_batch(self, store: Store, now: datetime) -> None:
        here, there = at("alpha", 1, doi="10.1000/a"), at("beta", 7, doi="10.1000/a")
        save(store, now, there, here)
        assert stored(store, here).work_id == stored(store, there).work_id == there.id

    def test_a_doi_that_comes_later_joins_with_a_revision_a_follower_can_read(
        self, store: Store, now: datetime
    ) -> None:
        here, there = at("alpha", 1, doi="10.1000/a"), at("beta", 7)
        save(store, now, there)
        save(store, now, here)
        (saved,) = save(store, now, at("beta", 7, doi="10.1000/a"))
        assert (saved.kind, saved.extra) == (ChangeKind.UPDATED, ())
        change = store.changes.since(0)[-1]
        assert (change.record_id, change.kind) == (here.id, ChangeKind.MERGED)
        assert stored(store, here).work_id == there.id
        assert stored(store, here).revision == change.revision == 2
        assert [record.work_id for record in store.records.revisions(here.id)] == [here.id, there.id]

    @pytest.mark.parametrize("kind", ["isTranslationOf", "hasTranslation", "isVariantFormOf"])
    @pytest.mark.parametrize("target", ["10.1000/en", "https://beta.test/article/7"])
    @pytest.mark.parametrize("first", ["the one that states it", "the other"])
    def test_translations_and_parallel_editions_join_whichever_comes_first(
        self, store: Store, now: datetime, kind: str, target: str, first: str
    ) -> None:
        french = at("alpha", 1, doi="10.1000/fr", relations=(tie(kind, target),))
        english = at("beta", 7, doi="10.1000/en")
        order = (french, english) if first == "the one that states it" else (english, french)
        for record in order:
            save(store, now, record)
        assert works(store) == [{french.id, english.id}]
        assert {stored(store, record).work_id for record in order} == {order[0].id}

    def test_a_doi_that_several_pages_of_a_source_print_joins_none_but_its_owner(
        self, store: Store, now: datetime
    ) -> None:
        issue = [at("alpha", n, doi="10.1000/issue") for n in range(4)]
        save(store, now, *issue)
        elsewhere = at("beta", 7, doi="10.1000/issue")
        save(store, now, elsewhere)
        save(store, now, *(at("alpha", n, doi="10.1000/issue", title="Autre") for n in range(4)))
        assert [len(work) for work in works(store)] == [2]

    def test_a_tie_by_pubmed_id_joins_too(self, store: Store, now: datetime) -> None:
        english = at("beta", 7, identifiers=(Identifier(scheme="pmid", value="123456", raw="123456"),))
        french = at("alpha", 1, relations=(tie("isTranslationOf", "pmid:123456"),))
        save(store, now, english)
        save(store, now, french)
        assert works(store) == [{french.id, english.id}]

    def test_the_doi_of_another_edition_joins_nothing_by_itself(self, store: Store, now: datetime) -> None:
        other = (Identifier(scheme="doi", value="10.1000/en", raw="10.1000/en", role="other_edition"),)
        save(store, now, at("alpha", 1, identifiers=other), at("beta", 7, doi="10.1000/en"))
        noted = (tie("isVariantFormOf", None),)
        save(store, now, at("gamma", 3, doi="10.1000/en", relations=noted))
        assert works(store) == []

    @pytest.mark.parametrize("kind", ["isCorrectionOf", "hasRetraction", "isCommentOn", "isReplyTo", "isReviewOf"])
    def test_a_notice_a_comment_and_a_review_are_works_of_their_own(
        self, store: Store, now: datetime, kind: str
    ) -> None:
        article = at("beta", 7, doi="10.1000/a")
        save(store, now, article, at("alpha", 1, relations=(tie(kind, "10.1000/a"),)))
        save(store, now, at("gamma", 2, doi="10.1000/a", relations=(tie("isCorrectionOf", "10.1000/a"),)))
        assert works(store) == []

    def test_an_unresolved_tie_joins_nothing(self, store: Store, now: datetime) -> None:
        vague = Relation(type="isTranslationOf", target="10.1000/en", state="ambiguous")
        save(store, now, at("beta", 7, doi="10.1000/en"), at("alpha", 1, relations=(vague,)))
        assert works(store) == []

    def test_a_record_that_bridges_two_works_joins_both_under_the_oldest_id(self, store: Store, now: datetime) -> None:
        a, b = at("alpha", 1, doi="10.1000/a"), at("beta", 1, doi="10.1000/a")
        c, d = at("alpha", 2, doi="10.1000/c"), at("beta", 2, doi="10.1000/c")
        for record in (a, b, c, d):
            save(store, now, record)
        bridge = at("gamma", 1, doi="10.1000/a", relations=(tie("hasTranslation", "10.1000/c"),))
        save(store, now, bridge)
        assert works(store) == [{record.id for record in (a, b, c, d, bridge)}]
        assert stored(store, d).work_id == a.id
        assert kinds(store, d) == [ChangeKind.CREATED, ChangeKind.MERGED, ChangeKind.MERGED]

    def test_what_is_saved_again_stays_in_its_work(self, store: Store, now: datetime) -> None:
        here, there = at("alpha", 1, doi="10.1000/a"), at("beta", 7, doi="10.1000/a")
        save(store, now, here, there)
        head = store.changes.head()
        save(store, now, here, there)
        assert store.changes.head() == head
        save(store, now, at("beta", 7, doi="10.1000/a", title="Autre"))
        assert stored(store, there).work_id == here.id
        assert kinds(store, there)[-1] is ChangeKind.UPDATED

    def test_unchanged_records_cost_no_statement_about_works(
        self, store: Store, now: datetime, statements: list[str]
    ) -> None:
        batch = [at("alpha", n, doi=f"10.1000/{n}") for n in range(64)]
        save(store, now, *batch)
        assert sum("FROM work_" in statement for statement in statements) == 1
        statements.clear()
        save(store, now, *batch)
        assert not any("work_ties" in statement for statement in statements)


class TestUndo:
    @pytest.fixture
    def four(self, store: Store, now: datetime) -> tuple[Record, ...]:
        """Two works of two, then a fifth record that ties them."""
        four = (*(at(s, 1, doi="10.1000/a") for s in ("a", "b")), *(at(s, 2, doi="10.1000/c") for s in ("a", "b")))
        for record in four:
            save(store, now, record)
        save(store, now, at("b", 2, doi="10.1000/c", relations=(tie("isTranslationOf", "10.1000/a"),)))
        assert len(works(store)) == 1
        return four

    def test_a_split_restores_the_grouping_and_its_ids(
        self, store: Store, now: datetime, four: tuple[Record, ...]
    ) -> None:
        a, b, c, d = four
        assert split(store, d, now) == sorted((c.id, d.id))
        assert {frozenset(work) for work in works(store)} == {frozenset((a.id, b.id)), frozenset((c.id, d.id))}
        assert {stored(store, record).work_id for record in (c, d)} == {c.id}
        assert kinds(store, c)[-1] is kinds(store, d)[-1] is ChangeKind.SPLIT
        assert ChangeKind.SPLIT not in kinds(store, a) + kinds(store, b)

    def test_no_harvest_redoes_it_until_the_operator_does(
        self, store: Store, now: datetime, four: tuple[Record, ...]
    ) -> None:
        a, b, c, d = four
        split(store, d, now)
        again = (tie("isTranslationOf", "10.1000/a"),)
        save(store, now, at("b", 2, doi="10.1000/c", relations=again, title="Autre"))
        save(store, now, at("gamma", 9, doi="10.1000/c", relations=again))
        assert len(works(store)) == 2
        assert merge(store, d, b, now)
        assert len(works(store)) == 1
        assert stored(store, c).work_id == a.id
        assert not merge(store, c, a, now)

    def test_a_record_that_came_through_one_side_goes_with_it(
        self, store: Store, now: datetime, four: tuple[Record, ...]
    ) -> None:
        _, _, c, d = four
        late = at("gamma", 9, relations=(tie("isTranslationOf", "https://b.test/article/2"),))
        save(store, now, late)
        assert split(store, c, now) == sorted((c.id, d.id, late.id))
        assert stored(store, late).work_id == c.id
        save(store, now, at("gamma", 9, relations=late.relations, title="Autre"))
        assert stored(store, late).work_id == c.id

    def test_the_oldest_record_undoes_the_last_merge_of_its_work(
        self, store: Store, now: datetime, four: tuple[Record, ...]
    ) -> None:
        a, b, c, d = four
        assert split(store, a, now) == sorted((c.id, d.id))
        assert split(store, a, now) == [b.id]
        with pytest.raises(UsageError, match="alone"):
            split(store, a, now)

    def test_what_was_undone_is_remembered_with_its_reason(
        self, store: Store, now: datetime, four: tuple[Record, ...]
    ) -> None:
        split(store, four[3], now)
        undone = [one for one in store.works.merges(four[3].id) if one.undone_at]
        assert [(one.basis, one.undone_reason) for one in undone] == [("isTranslationOf", "another article")]

    def test_a_name_nobody_has_is_refused(self, store: Store, now: datetime) -> None:
        with pytest.raises(UsageError, match="no record"), store.begin() as unit:
            store.works.split(unit, "nobody", "why", now)


def alike(source: str, n: int, **more: Any) -> Record:
    """A record that title, authors and year make like its namesakes."""
    people = more.pop("people", (("Dupont", "Anne"), ("Martin", "Jo")))
    values: dict[str, Any] = {
        "titles": {"en": LangText(value=TITLE, language="en")},
        "contributors": tuple(
            Contributor(name=f"{given} {family}", family=family, given=given, order=place)
            for place, (family, given) in enumerate(people, 1)
        ),
        "dates": (DateValue(kind="published", value="2024-03", precision="month", raw="", rule="iso"),),
    }
    return at(source, n, **values | more)


class TestReview:
    def test_the_same_title_authors_and_year_are_asked_never_merged(self, store: Store, now: datetime) -> None:
        one = alike("alpha", 1)
        other = alike(
            "beta",
            2,
            titles={"en": LangText(value=TITLE.upper() + ".", language="en")},
            people=(("DUPONT", "A."), ("Martin", "J."), ("Third", "Z.")),
            dates=(DateValue(kind="print", value="2025", precision="year", raw="", rule="iso"),),
        )
        save(store, now, one, other)
        assert look(store, now) == [tuple(sorted((one.id, other.id)))]
        assert works(store) == []
        why = " | ".join(store.works.queue()[0].why)
        assert "the same title (en)" in why and "2 of 2 authors agree" in why and "2024" in why
        assert "Dupont" not in why

    @pytest.mark.parametrize(
        "other",
        [
            alike("beta", 2, titles={"en": LangText(value="Letter to the editor", language="en")}),
            alike("beta", 2, people=(("Dubois", "Anne"),)),
            alike("beta", 2, people=(("Dupont", "Zoé"), ("Martin", "Lea"))),
            alike("beta", 2, dates=(DateValue(kind="published", value="2019", precision="year", raw="", rule="iso"),)),
            alike("beta", 2, people=(), dates=()),
            alike("beta", 2, relations=(tie("isCorrectionOf", "https://alpha.test/article/1"),)),
        ],
        ids=["title", "family names", "initials", "year", "too little known", "a notice"],
    )
    def test_what_differs_is_not_asked(self, store: Store, now: datetime, other: Record) -> None:
        save(store, now, alike("alpha", 1), other)
        assert look(store, now) == []

    @pytest.mark.parametrize("kind", ["isPreprintOf", "isVersionOf", "isReplacedBy"])
    def test_another_version_is_asked_with_the_word_that_states_it(
        self, store: Store, now: datetime, kind: str
    ) -> None:
        preprint = at("alpha", 1, relations=(tie(kind, "10.1000/a"),), titles={})
        save(store, now, preprint)
        assert look(store, now) == []
        article = at("beta", 2, doi="10.1000/a", titles={})
        save(store, now, article)
        assert look(store, now) == [tuple(sorted((preprint.id, article.id)))]
        assert store.works.queue()[0].why == (f"stated: {kind}",)
        assert works(store) == []

    def test_a_rejected_pair_never_comes_back(self, store: Store, now: datetime) -> None:
        one, other = alike("alpha", 1), alike("beta", 2)
        save(store, now, one, other)
        look(store, now)
        with store.begin() as unit:
            store.works.reject(unit, other.id, one.id, "two letters", now)
        assert store.works.queue() == []
        save(store, now, alike("alpha", 1, type="letter"))
        assert look(store, now) == []

    def test_an_accepted_pair_is_one_work_and_leaves_the_queue(self, store: Store, now: datetime) -> None:
        one, other = alike("alpha", 1), alike("beta", 2)
        save(store, now, one, other)
        look(store, now)
        assert merge(store, one, other, now)
        assert (works(store), store.works.queue()) == ([{one.id, other.id}], [])
        assert look(store, now) == []
        split(store, other, now)
        assert (works(store), look(store, now)) == ([], [])

    def test_a_record_that_changes_is_looked_at_again(self, store: Store, now: datetime) -> None:
        save(store, now, alike("alpha", 1), alike("beta", 2))
        assert len(look(store, now)) == 1
        save(store, now, alike("beta", 2, people=(("Dubois", "Luc"),)))
        assert look(store, now) == []
        with store.begin() as unit:
            store.records.delete(unit, alike("alpha", 1).id, "gone", now)
        save(store, now, alike("beta", 2))
        assert look(store, now) == []

    def test_a_title_that_crowds_carry_is_no_sign(self, store: Store, now: datetime) -> None:
        save(store, now, *(alike("alpha", n) for n in range(40)))
        assert look(store, now) == []


def test_a_note_says_which_edition_to_cite(store: Store, now: datetime) -> None:
    said = Evidence(vocabulary="sentence", name="cite_other_edition", quote="please cite the English", where="/p")
    note = Relation(type="isVariantFormOf", target="10.1000/en", state="resolved", evidence=(said,))
    french, english = at("alpha", 1, relations=(note,)), at("beta", 7, doi="10.1000/en")
    save(store, now, french)
    (cited,) = store.works.citations(french.id)
    assert (cited.record_id, cited.cite_record, cited.cite_doi) == (french.id, None, "10.1000/en")
    save(store, now, english)
    (cited,) = store.works.citations(english.id)
    assert (cited.record_id, cited.cite_record, cited.note) == (french.id, english.id, said.quote)


def test_an_unresolved_note_leaves_the_own_doi(store: Store, now: datetime) -> None:
    said = Evidence(vocabulary="sentence", name="cite_other_edition", quote="please cite the English", where="/p")
    french = at("alpha", 1, doi="10.1000/fr", relations=(Relation(type="isVariantFormOf", evidence=(said,)),))
    save(store, now, french)
    (cited,) = store.works.citations(french.id)
    assert (cited.cite_record, cited.cite_doi) == (None, None)


def test_two_writers_of_the_same_articles_make_works_of_both(store: Store, database: str, now: datetime) -> None:
    def write(source: str) -> None:
        with Store.open(database) as other:
            start.wait()
            for n in range(12):
                batch = [at(source, 20 * n + i, doi=f"10.1000/{20 * n + i}", title=f"{n}") for i in range(20)]
                other.transact(lambda unit, batch=batch: other.records.save(unit, batch, run_id=source, now=now))

    start = threading.Barrier(3)
    writers = [threading.Thread(target=write, args=(source,)) for source in ("alpha", "beta", "gamma")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [len(work) for work in works(store)] == [3] * 240
    merged = [change for change in store.changes.since(0, 5000) if change.kind is ChangeKind.MERGED]
    assert len(merged) == 480


def test_what_two_transactions_stated_unseen_is_joined_by_the_reader_of_the_log(store: Store, now: datetime) -> None:
    french = at("alpha", 1, relations=(tie("isTranslationOf", "https://beta.test/article/7"),))
    save(store, now, french)
    with store.begin() as unit:
        unit.connection.execute(work_ties.delete())
    save(store, now, at("beta", 7))
    assert works(store) == []
    look(store, now)
    assert len(works(store)) == 1
