"""Functions go to a file and come back the same; a bad file changes nothing and says where."""

from datetime import datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from helpdesk.models import User
from labeling import sharing
from labeling.functions.errors import SpecError
from labeling.models import FunctionVersion, LabelingFunction
from tests.copilot.making import make_topic
from tests.labeling.making import make_function

pytestmark = pytest.mark.django_db

ONE = "- {name: one, task: topic, kind: keyword, label: payout-timing, spec: {any: [payout]}}"


@pytest.fixture(autouse=True)
def topics(monkeypatch: pytest.MonkeyPatch) -> None:
    make_topic("Payout timing")
    monkeypatch.setattr("labeling.tasks.expect_votes.delay_on_commit", lambda: None)


def said() -> list[tuple[object, ...]]:
    return list(
        FunctionVersion.objects.newest()
        .order_by("function__slug")
        .values_list("function__slug", "function__task", "function__note", "function__owner", "kind", "label", "spec")
    )  # fmt: skip


def test_all_declarative_functions_come_back_the_same(nadia: User, now: datetime) -> None:
    make_function(
        "words", spec={"any": ["café", "c++", "yes"], "none": ["5 %"]}, by=nadia, note="It’s: so\nand so."
    )
    make_function("expression", kind="regex", spec={"pattern": r"pay\s?outs?\b.{0,5}'\"#"})
    make_function("field", kind="field", spec={"path": "channel", "op": "in", "value": ["chat", "no"]})
    make_function("thanks", task="validity", label="thanks", spec={"any": ["ta"]}, state="active")
    before, text = said(), sharing.exported()
    LabelingFunction.objects.all().delete()

    done = sharing.import_from(text, by=None, now=now)

    assert (done.n_new, done.n_changed, done.n_same) == (4, 0, 0)
    assert said() == before
    assert LabelingFunction.objects.get(slug="thanks").state == "trial", "active is earned anew"
    assert sharing.exported() == text
    assert sharing.import_from(text, by=None, now=now).n_same == 4


def test_an_edited_entry_is_the_next_version(now: datetime) -> None:
    sharing.import_from(ONE, by=None, now=now)
    done = sharing.import_from(ONE.replace("[payout]", "[payout, money]"), by=None, now=now)
    assert (done.n_new, done.n_changed) == (0, 1)
    assert FunctionVersion.objects.latest("number").number == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ONE.replace("spec:", "sepc:"), "entry 2 (one): unknown key 'sepc': known are name, task"),
        (ONE.replace("any:", "wrod:"), "entry 2 (one): unknown key 'wrod'"),
        (ONE.replace("[payout]", "[]"), "entry 2 (one): any has no words"),
        (ONE.replace("label: payout-timing", "label: cheques"), "'cheques' is no label of topic"),
        (ONE.replace("kind: keyword", "kind: code"), "kind 'code' is not written in files"),
        (ONE.replace("name: one, ", ""), "entry 2 (without a name): name is needed"),
        (ONE.replace("name: one", "name: 7"), "name is to be a text"),
        (ONE.replace("}}", "}, state: active}"), "a function becomes active by its worth"),
        (ONE.replace("}}", "}, owner: zoe}"), "owner 'zoe' is nobody here"),
        (ONE.replace("task: topic", "task: answer"), "is no label of answer"),
        ("- just words", "entry 2 (no function): keys with values are needed, got str"),
    ],
)
def test_one_bad_entry_changes_nothing_and_is_named(now: datetime, text: str, message: str) -> None:
    good = ONE.replace("one", "good")
    with pytest.raises(SpecError) as caught:
        sharing.import_from(f"{good}\n{text}", by=None, now=now)
    assert message in str(caught.value)
    assert not LabelingFunction.objects.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- [", "the file is no YAML"),
        ("name: one", "a list of functions"),
        ("- !!python/object/apply:os.system [ls]", "no YAML"),
        ("x" * 2_000_001, "2000000 are the most"),
    ],
)
def test_a_file_of_something_else_is_refused(now: datetime, text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        sharing.import_from(text, by=None, now=now)


def test_the_command_writes_and_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_function("words")
    file = tmp_path / "functions.yaml"
    call_command("functions", "export", str(file))
    call_command("functions", "import", str(file))
    assert "0 new, 0 changed, 1 the same." in capsys.readouterr().out
    call_command("functions", "export", "--task", "validity")
    assert capsys.readouterr().out.strip() == "[]"
    with pytest.raises(CommandError, match="No such file"):
        call_command("functions", "import", str(tmp_path / "gone"))


def test_the_page_gives_and_takes_the_file(client: Client, nadia: User, ana: User) -> None:
    client.force_login(nadia)
    make_function("words")
    given = client.get("/labeling/functions/export/")
    assert given.headers["Content-Disposition"] == 'attachment; filename="functions.yaml"'
    LabelingFunction.objects.all().delete()

    def give(content: bytes) -> str:
        file = SimpleUploadedFile("functions.yaml", content)
        return client.post("/labeling/functions/import/", {"file": file}, follow=True).text

    assert "1 new, 0 changed, 0 the same." in give(given.content)
    assert "Nothing was imported: entry 1 (one): unknown key" in give(ONE.replace("any", "x").encode())
    assert "Nothing was imported" in give(b"\xff\xfe")
    assert "choose a file" in client.post("/labeling/functions/import/", follow=True).text
    assert client.post("/labeling/functions/export/").status_code == 405
    assert client.get("/labeling/functions/import/").status_code == 405
    client.force_login(ana)
    assert client.get("/labeling/functions/export/").status_code == 403
    assert client.post("/labeling/functions/import/").status_code == 403
