"""Every way a mail server can fail: nothing is lost, nobody else waits, what is sent again has the same Message-ID."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from desk import Desk, article
from post_office import CUT, CUT_AFTER, Office, office

from harvester.digests.deliver import HARD_BOUNCES, End, after_try
from harvester.model.alert import Delivery, DeliveryKind, DeliveryState
from storage.store import Store

ANN, BOB, CAT = "ann@reader.example", "bob@reader.example", "cat@reader.example"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def three(desk: Desk) -> None:
    for one in (ANN, BOB, CAT):
        desk.alert(one)
    desk.save(article(1), article(2))


@pytest.mark.fault(133)
def test_a_server_that_is_down_loses_nothing_and_the_next_digest_is_apart(store: Store) -> None:
    port = free_port()
    desk = Desk(store)
    desk.settings = desk.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})
    desk.rounds = desk.new_rounds()
    desk.alert(ANN)
    desk.save(article(1))
    assert "cannot be used" in desk.rounds.look().trouble
    desk.later(hours=1)
    desk.save(article(2))
    assert "cannot be used" in desk.rounds.look().trouble
    assert store.deliveries.counts()["waiting"] == 2
    with office(port) as post:
        assert desk.rounds.look().sent == 2
        assert desk.rounds.look().sent == 0
        first, second = (one.message.get_body(("plain",)).get_content() for one in post.taken)  # type: ignore[union-attr]
    assert "étude 1" in first and "étude 2" not in first
    assert "étude 2" in second and "étude 1" not in second


@pytest.mark.fault(134)
@pytest.mark.parametrize("code", ["451 greylisted", "452 mailbox full"])
def test_a_recipient_who_is_put_off_is_tried_again_alone(desk: Desk, post: Office, code: str) -> None:
    three(desk)
    post.answers[BOB] = [code]
    tally = desk.rounds.look()
    assert (tally.sent, tally.put_off) == (2, 1)
    desk.later(minutes=1)
    assert desk.rounds.look().sent == 0  # not before its time
    desk.later(minutes=10)
    assert desk.rounds.look().sent == 1
    assert [len(post.to(one)) for one in (ANN, BOB, CAT)] == [1, 1, 1]


@pytest.mark.fault(134)
def test_a_message_that_is_put_off_waits_longer_each_time_and_is_given_up_after_five_days(desk: Desk) -> None:
    one = Delivery(id="d", alert_id="a", reader_id="r", made_at=desk.now)
    waits = []
    for _ in range(7):
        one = after_try(one, End.PUT_OFF, "450", desk.now)
        assert one.next_at
        waits.append(one.next_at - desk.now)
    assert waits[0] < waits[2] < waits[4]
    desk.later(days=6)
    assert after_try(one, End.PUT_OFF, "450", desk.now).state is DeliveryState.DROPPED


@pytest.mark.fault(135)
def test_an_address_that_bounces_is_suspended_and_nobody_else_notices(desk: Desk, post: Office) -> None:
    three(desk)
    post.answers[BOB] = ["550 5.1.1 no such user"] * HARD_BOUNCES
    tally = desk.rounds.look()
    assert (tally.sent, tally.bounced) == (2, 1)
    for _ in range(HARD_BOUNCES):
        desk.later(days=1, minutes=1)
        desk.rounds.look()
    reader = desk.store.alerts.reader_at(BOB)
    assert reader and reader.suspended_at
    assert "550" in reader.suspended_reason
    assert desk.store.deliveries.counts()["suspended"] == 1
    desk.save(article(3))
    desk.later(days=1)
    desk.rounds.look()
    assert [len(post.to(one)) for one in (ANN, BOB, CAT)] == [2, 0, 2]
    desk.store.transact(lambda unit: desk.store.alerts.change_reader(unit, reader.id, suspended_at=None, bounces=0))
    desk.store.transact(lambda unit: desk.store.deliveries.try_again(unit, reader.id))
    desk.rounds.look()
    assert len(post.to(BOB)) == 2  # nothing of what waited was lost


def test_a_mail_that_arrives_ends_a_row_of_bounces(desk: Desk, post: Office) -> None:
    desk.alert(BOB)
    desk.save(article(1))
    post.answers[BOB] = ["550 no"] * (HARD_BOUNCES - 1)
    for _ in range(HARD_BOUNCES):
        desk.rounds.look()
        desk.later(days=1, minutes=1)
    reader = desk.store.alerts.reader_at(BOB)
    assert reader and reader.bounces == 0 and reader.suspended_at is None
    assert len(post.to(BOB)) == 1


@pytest.mark.fault(137)
def test_an_end_that_nobody_knows_makes_one_duplicate_at_most(desk: Desk, post: Office) -> None:
    three(desk)
    post.to_messages[BOB] = [CUT_AFTER]
    tally = desk.rounds.look()
    assert (tally.sent, tally.put_off) == (2, 1)
    for _ in range(4):
        desk.later(hours=6)
        desk.rounds.look()
    assert [len(post.to(one)) for one in (ANN, BOB, CAT)] == [1, 2, 1]
    assert len(set(post.ids(BOB))) == 1


@pytest.mark.fault(137)
def test_a_message_that_was_not_taken_when_the_line_broke_is_sent_again(desk: Desk, post: Office) -> None:
    desk.alert(BOB)
    desk.save(article(1))
    post.to_messages[BOB] = [CUT]
    assert desk.rounds.look().put_off == 1
    desk.later(hours=1)
    assert desk.rounds.look().sent == 1
    assert len(post.to(BOB)) == 1


@pytest.mark.fault(138)
@pytest.mark.parametrize("answer", [CUT, "421 shutting down", "451 later"])
def test_a_cut_in_data_costs_nobody_else_anything(desk: Desk, post: Office, answer: str) -> None:
    three(desk)
    post.in_data[BOB] = [answer]
    assert desk.rounds.look().sent == 2
    desk.later(hours=1)
    assert desk.rounds.look().sent == 1
    assert [len(post.to(one)) for one in (ANN, BOB, CAT)] == [1, 1, 1]


@pytest.mark.fault(138)
def test_a_server_that_says_421_at_once_is_asked_again(desk: Desk, post: Office) -> None:
    three(desk)
    post.greetings = ["421 too busy"]
    assert desk.rounds.look().sent == 3
    assert post.connections == 2


@pytest.mark.fault(138)
def test_a_slow_server_is_waited_for_and_a_silent_one_is_not_for_ever(desk: Desk, post: Office) -> None:
    desk.alert(ANN)
    desk.save(article(1))
    rounds = desk.new_rounds(timeout_s=0.5)
    post.delay_s = 0.3
    assert rounds.look().sent == 1
    desk.save(article(2))
    desk.later(hours=1)
    post.delay_s = 1.0
    began = time.monotonic()
    assert "cannot be used" in rounds.look().trouble
    assert time.monotonic() - began < 30
    post.delay_s = 0
    assert rounds.look().sent == 1
    assert len(post.to(ANN)) == 2


@pytest.mark.fault(144)
def test_who_unsubscribes_between_build_and_send_gets_nothing(desk: Desk, post: Office) -> None:
    three(desk)
    desk.rounds.watch.look()
    assert len(desk.rounds.make()) == 3
    ended = next(one for one in desk.active() if one.reader_id == getattr(desk.store.alerts.reader_at(BOB), "id", ""))
    desk.store.transact(lambda unit: desk.store.alerts.end(unit, ended.id))
    reader = desk.store.alerts.reader_at(CAT)
    assert reader
    desk.store.alerts.erase(reader.id, desk.now)
    tally = desk.rounds.look()
    assert (tally.sent, tally.dropped) == (1, 1)
    assert [one.to for one in post.taken] == [ANN]


def test_a_sender_nobody_takes_mail_from_is_trouble_and_all_of_it_waits(desk: Desk, post: Office) -> None:
    three(desk)
    desk.settings = desk.settings.model_copy(update={"smtp_url": f"smtp://me:secret@127.0.0.1:{post.port}"})
    rounds = desk.new_rounds()
    trouble = rounds.look().trouble  # the server knows no AUTH
    assert "cannot be used" in trouble and "secret" not in trouble
    assert desk.store.deliveries.counts()["waiting"] == 3


def test_two_senders_share_the_outbox(desk: Desk, post: Office) -> None:
    three(desk)
    desk.rounds.watch.look()
    desk.rounds.make()
    claimed = desk.rounds.post._claim(None)
    assert len(claimed) == 3
    assert desk.new_rounds().look().sent == 0


_SENDER = """
import sys
from datetime import UTC, datetime
from harvester.digests.rounds import Rounds
from harvester.run.lease import is_alive, this_process
from harvester.settings import Settings
from storage.store import Store
url, smtp = sys.argv[1:]
settings = Settings(base_url="https://harvest.example", mail_from="alerts@harvest.example", smtp_url=smtp)
with Store.open(url) as store:
    print(Rounds(store, settings, this_process(), is_alive, lambda: datetime.now(UTC)).look(), flush=True)
"""


def sender(database: str, post: Office) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", _SENDER, database, post.url], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE
    )


@pytest.mark.fault(136)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_sender_that_is_killed_repeats_at_most_the_mail_in_hand(desk: Desk, post: Office, database: str) -> None:
    kills, readers = 3, desk.alerts(30)
    desk.save(article(1), article(2))
    desk.rounds.watch.look()
    desk.rounds.make()
    post.delay_s = 0.005
    for _ in range(kills):
        post.on_message.clear()
        process = sender(database, post)
        assert post.on_message.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout
        process.stdout.close()
    post.delay_s = 0
    last = sender(database, post)
    last.communicate(timeout=100)
    assert last.returncode == 0
    counts = [len(post.to(one)) for one in readers]
    assert min(counts) == 1
    assert sum(counts) <= len(readers) + kills
    assert all(len(set(post.ids(one))) == 1 for one in readers)
    assert desk.store.deliveries.counts() == {"waiting": 0, "sent": 30, "dropped": 0, "suspended": 0}


def test_short_mails_go_out_with_the_same_care(desk: Desk, post: Office) -> None:
    from harvester.digests import signing_up
    from harvester.model.alert import Timing, Wants

    assert signing_up.sign_up(desk.store, ANN, Wants(query="lupus"), Timing(), "fr", "", desk.now)
    post.answers[ANN] = ["451 later"]
    assert desk.rounds.look().put_off == 1
    desk.later(minutes=10)
    assert desk.rounds.look().sent == 1
    (sent,) = desk.store.deliveries.all()
    assert (sent.kind, sent.state) == (DeliveryKind.CONFIRM, DeliveryState.SENT)
