"""The dataset pages: frozen by order, looked at, downloaded as a stream with or without personal data."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.test import Client
from django.utils import timezone

from copilot import datasets
from copilot.datasets import Split
from helpdesk.models import User
from labeling import frozen
from labeling.freezing import freeze
from labeling.models import Annotation, FrozenDataset, Task
from tests.copilot.making import make_topic
from tests.making import make_message
from tests.pipelines import CATALOG, make_example
from tests.processes import web

pytestmark = pytest.mark.django_db

PAGE = "/labeling/datasets/"
ORDER = {"name": "autumn", "takes": "gold", "seed": "3", "test_share": "0.25"}


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.DATASETS_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def client(client: Client, sana: User) -> Client:
    client.force_login(sana)
    return client


@pytest.fixture
def ours(nadia: User) -> str:
    """A dataset of one message of Priya Raman's."""
    make_topic("fees")
    message = make_message("Priya here, why this fee? Mail me: priya@moss.example")
    for task, label in ((Task.VALIDITY, "question"), (Task.TOPIC, "fees")):
        Annotation.objects.create(
            message=message, author=nadia, task=task, label=label, is_gold=True, made_at=timezone.now()
        )
    freeze("ours", now=timezone.now())
    return "ours"


def downloaded(client: Client, name: str, **query: str) -> bytes:
    answer = client.get(f"{PAGE}{name}/export/", {"format": "jsonl", **query})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    return b"".join(answer)


def test_an_order_becomes_a_freeze_and_then_a_dataset(client: Client, sana: User, ours: str) -> None:
    assert client.post(PAGE, ORDER).status_code == 302
    row = FrozenDataset.objects.get()
    assert (row.name, row.seed, row.test_share, row.ordered_by) == ("autumn", 3, 0.25, sana)
    waiting = client.get(f"{PAGE}freezes/{row.pk}/").text
    assert "waits for a worker" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    frozen.run(row.pk)
    done = client.get(f"{PAGE}freezes/{row.pk}/").text
    assert "hx-trigger" not in done
    assert f'href="{PAGE}autumn/"' in done
    assert "autumn" in client.get(PAGE).text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../x"}, "Enter a valid"),
        ({"name": ""}, "This field is required"),
        ({"test_share": "1"}, "less than or equal to 0.9"),
        ({"seed": "-1"}, "greater than or equal to 0"),
        ({"name": "ours"}, "there is a dataset ours: what was frozen stays, so choose another name"),
    ],
)
def test_a_bad_order_says_why(client: Client, ours: str, change: dict[str, str], message: str) -> None:
    answer = client.post(PAGE, {**ORDER, **change})
    assert answer.status_code == 200
    assert message in answer.text
    assert not FrozenDataset.objects.exists()


def test_a_failed_freeze_says_why(client: Client) -> None:
    FrozenDataset.objects.create(
        name="weak", test_share=0.1, state="failed", problem="there are no labels", ordered_at=timezone.now()
    )
    assert "there are no labels" in client.get(PAGE).text


def test_without_a_dataset_the_page_says_what_to_do(client: Client) -> None:
    assert "There is no dataset yet." in client.get(PAGE).text


def test_the_card_is_shown(client: Client, ours: str) -> None:
    text = client.get(f"{PAGE}ours/").text
    assert "1 rows to learn from and 0 to test, of 1 class." in text
    assert "fewer than 8 rows to learn from: fees" in text
    assert "up to a month: 2" in text
    assert "nobody labeled a message twice to tell, on the topic" in text


def test_a_dataset_from_elsewhere_is_shown_with_what_is_known(client: Client, root: Path) -> None:
    datasets.write(root / "table", [make_example(1, "x", topic="t")], {"name": "table"})
    (root / "broken").mkdir()
    (root / "broken" / "card.json").write_text("{")
    assert "table" in client.get(PAGE).text
    assert "1 row; the card says nothing more" in client.get(f"{PAGE}table/").text
    assert client.get(f"{PAGE}broken/").status_code == 404


def test_rows_are_downloaded_with_and_without_personal_data(client: Client, ours: str) -> None:
    whole = json.loads(downloaded(client, ours))
    redacted = json.loads(downloaded(client, ours, redact="on"))
    assert "priya@moss.example" in whole["text"]
    assert redacted["text"] == "[name-1] here, why this fee? Mail me: [email-1]"
    key = json.loads(downloaded(client, ours, what="key"))
    assert key["key"] == {"[name-1]": "Priya", "[email-1]": "priya@moss.example"}
    assert key["message"] == redacted["message"]


def test_the_file_is_named_after_what_is_in_it(client: Client, root: Path) -> None:
    datasets.write(root / "two", [make_example(1, "x", topic="t", split=Split.TEST)], {}, catalog=CATALOG)
    for query, name in (
        ({"format": "parquet", "split": "test"}, "two-test.parquet"),
        ({"format": "csv", "redact": "on"}, "two-redacted.csv"),
        ({"format": "chat-topics"}, "two-chat-topics.jsonl"),
        ({"format": "csv", "what": "key"}, "two-key.jsonl"),
    ):
        answer = client.get(f"{PAGE}two/export/", query)
        assert f'filename="{name}"' in answer["Content-Disposition"]


@pytest.mark.parametrize("query", [{}, {"format": "xml"}, {"format": "csv", "split": "both"}])
def test_what_is_no_export_is_not_found(client: Client, ours: str, query: dict[str, str]) -> None:
    assert client.get(f"{PAGE}ours/export/", query).status_code == 404


def test_a_changed_dataset_is_not_exported(client: Client, ours: str, root: Path) -> None:
    (root / "ours" / datasets.EXAMPLES).write_text("{}\n")
    assert client.get(f"{PAGE}ours/export/", {"format": "csv"}).status_code == 404


@pytest.mark.parametrize("name", ["gone", ".hidden", "%2e%2e"])
def test_no_name_leads_elsewhere(client: Client, name: str) -> None:
    assert client.get(f"{PAGE}{name}/").status_code == 404
    assert client.get(f"{PAGE}{name}/export/", {"format": "csv"}).status_code == 404


def test_agents_see_no_dataset_and_experts_freeze_none(
    client: Client, ours: str, ana: User, nadia: User
) -> None:
    row = FrozenDataset.objects.create(name="next", test_share=0.1, ordered_at=timezone.now())
    urls = [PAGE, f"{PAGE}ours/", f"{PAGE}ours/export/?format=csv", f"{PAGE}freezes/{row.pk}/"]
    client.force_login(ana)
    assert [client.get(url).status_code for url in urls] == [403] * 4
    client.force_login(nadia)
    assert [client.get(url).status_code for url in urls] == [200] * 4
    assert "Freeze a dataset" not in client.get(PAGE).text
    assert client.post(PAGE, ORDER).status_code == 403
    assert FrozenDataset.objects.count() == 1


def test_other_verbs_are_refused(client: Client, ours: str) -> None:
    assert client.delete(PAGE).status_code == 405
    assert client.post(f"{PAGE}ours/").status_code == 405
    assert client.post(f"{PAGE}ours/export/").status_code == 405
    assert client.post(f"{PAGE}freezes/1/").status_code == 405
    assert client.get(f"{PAGE}freezes/999999/").status_code == 404


def test_strangers_are_sent_to_the_door(client: Client, ours: str) -> None:
    client.logout()
    for url in (PAGE, f"{PAGE}ours/", f"{PAGE}ours/export/?format=csv"):
        assert "/sign-in/" in client.get(url).url


@pytest.mark.django_db(transaction=True)
def test_a_download_does_not_fill_the_memory_of_the_web_process(sana: User, root: Path) -> None:
    texts = ("word " * 1_000 + str(number) for number in range(20_000))
    datasets.write(root / "large", (make_example(n, text, topic="t") for n, text in enumerate(texts)), {})
    client = Client()
    client.force_login(sana)
    with web(DATASETS_ROOT=str(root)) as address:
        process = next(child for child in psutil.Process().children() if "uvicorn" in child.cmdline())
        request = urllib.request.Request(
            f"{address}{PAGE}large/export/?format=jsonl",
            headers={"Cookie": f"sessionid={client.cookies['sessionid'].value}"},
        )
        before = peak = process.memory_info().rss
        n_bytes = 0
        with urllib.request.urlopen(request) as answer:
            while part := answer.read(2**20):
                n_bytes += len(part)
                peak = max(peak, process.memory_info().rss)
    assert n_bytes == (root / "large" / datasets.EXAMPLES).stat().st_size > 100_000_000
    assert peak - before < 40_000_000


def test_a_freeze_is_cancelled_by_who_may_order_one(client: Client, nadia: User, sana: User) -> None:
    row = FrozenDataset.objects.create(name="late", test_share=0.1, ordered_at=timezone.now())
    cancel = f"/labeling/datasets/freezes/{row.pk}/cancel/"
    client.force_login(nadia)
    assert client.post(cancel).status_code == 403
    client.force_login(sana)
    assert client.get(cancel).status_code == 405
    assert client.post(cancel).status_code == 302
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert "has ended already" in client.post(cancel, follow=True).text
