"""The exported encoder: near the original, the same in any company, and only from the weights upstream published."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from copilot.pipeline.encoder import CARD, MODEL, Encoder
from copilot.pipeline.types import HeadError, Question
from labeling.training.encoder import ExportError, check_weights, export_encoder, load_teacher
from labeling.training.fidelity import SENTENCES, fidelity

TEXTS = ["reader dead", "Where is my payout from Friday?", "", "👍👍", "a [SEP] b [CLS]", "long " * 500]


said: list[logging.LogRecord] = []  # by the export


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    listener = logging.Handler()
    listener.emit = said.append  # type: ignore[method-assign]
    logging.root.addHandler(listener)
    level = logging.root.level
    logging.root.setLevel(logging.INFO)
    try:
        return export_encoder(tmp_path_factory.mktemp("export") / "encoder")
    finally:
        logging.root.setLevel(level)
        logging.root.removeHandler(listener)


@pytest.fixture(scope="session")
def encoder(exported: Path) -> Encoder:
    return Encoder.load(exported)


def test_quantised_vectors_stay_near_the_original(exported: Path, encoder: Encoder) -> None:
    teacher = load_teacher("all-MiniLM-L6-v2")
    measured = fidelity(teacher.encode(list(SENTENCES), normalize_embeddings=True), encoder.encode(SENTENCES))
    card = json.loads((exported / CARD).read_text())

    assert measured.mean_cosine > 0.985
    assert measured.min_cosine > 0.95
    assert card["precision"] == "int8"
    assert card["int8_fidelity"]["mean_cosine"] == pytest.approx(measured.mean_cosine, abs=1e-6)


def test_vectors_have_length_one_and_the_card_names_them(exported: Path, encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)

    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.sha256 == json.loads((exported / CARD).read_text())["sha256"]
    assert encoder.encode([]).shape == (0, 384)


def test_a_text_has_one_vector_in_any_company(encoder: Encoder) -> None:
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])

    np.testing.assert_array_equal(encoder.encode(TEXTS), alone)
    np.testing.assert_array_equal(encoder.encode(TEXTS[::-1] * 2), np.vstack([alone[::-1]] * 2))


def test_texts_are_cut_and_commands_in_them_are_text(encoder: Encoder) -> None:
    assert encoder.n_tokens("long " * 500) == 128
    assert encoder.n_tokens("[SEP]") > 3


def test_changed_files_are_refused(exported: Path, tmp_path: Path) -> None:
    for path in exported.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / MODEL).open("ab") as model:
        model.write(b"\0")

    with pytest.raises(HeadError, match=r"encoder: .* has SHA-256 .*, not .*: export the encoder again"):
        Encoder.load(tmp_path)


def test_another_encoder_than_the_release_names_is_refused(exported: Path) -> None:
    with pytest.raises(HeadError, match="not 000000000000: export the encoder again"):
        Encoder.load(exported, sha256="0" * 64)


@pytest.mark.parametrize("name", [CARD, MODEL])
def test_a_missing_file_is_named(exported: Path, tmp_path: Path, name: str) -> None:
    for path in exported.iterdir():
        if path.name != name:
            (tmp_path / path.name).write_bytes(path.read_bytes())

    with pytest.raises(HeadError, match=f"encoder: .* has no {name}: run manage.py export_encoder"):
        Encoder.load(tmp_path)


def test_weights_other_than_upstreams_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"somebody else's")

    with pytest.raises(ExportError, match=r"weights have SHA-256 .*, upstream's is 53aa.*: do not use them"):
        check_weights(tmp_path, sha256="53aa")


def test_a_worker_stays_small(exported: Path) -> None:
    """Resident memory after a full batch of long texts, in a process of its own."""
    code = (
        "import sys; from pathlib import Path; from copilot.pipeline.encoder import Encoder\n"
        f"encoder = Encoder.load(Path({str(exported)!r}))\n"
        "encoder.encode([f'{n} word ' * 200 for n in range(64)])\n"
        "status = Path('/proc/self/status').read_text().splitlines()\n"
        "resident = next(line for line in status if line.startswith('VmRSS')).split()[1]\n"
        "print(resident, 'torch' in sys.modules)"
    )

    kilobytes, has_torch = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert int(kilobytes) < 350_000
    assert has_torch == "False"


def test_layers_are_read_beside_the_vector(encoder: Encoder) -> None:
    features = encoder.features([Question(text) for text in TEXTS])

    np.testing.assert_array_equal(features.embedding, encoder.encode(TEXTS))
    assert features.layers.shape == (len(TEXTS), encoder.layer_dimensions) == (len(TEXTS), 2 * 384)
    for layer in np.split(features.layers, 2, axis=1):
        np.testing.assert_allclose(np.linalg.norm(layer, axis=1), 1, atol=1e-5)
    assert encoder.features([]).deep.shape == (0, 3 * 384)


@pytest.mark.usefixtures("exported")
def test_an_export_says_nothing_on_its_own() -> None:
    assert [record.getMessage() for record in said if record.name == "root"] == []
