"""Texts to vectors: ONNX Runtime and a tokenizer, one thread, no torch.

Each text is run by itself. int8 graphs scale their activations by whatever shares a batch, so the same text among
other texts comes out different (measured: cosine 0.992, at worst 0.970), while batches of 34-token messages are
only a quarter faster on one thread. Run by itself a text has one vector: what was evaluated is what serves, no text
is padded, and the process stays small.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from copilot.pipeline.types import ENCODER, Features, HeadError, Question, Vector, Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

FORMAT = 2
MODEL, TOKENIZER, CARD = "model.onnx", "tokenizer.json", "card.json"
MAX_TOKENS = 128
MAX_CHARACTERS = 4_000  # far more than 128 tokens; a tokenizer reads all of a text before it cuts it
GRAPH_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
GRAPH_OUTPUTS = ("embedding", "layers")


@dataclass(frozen=True, eq=False)
class Encoder:
    """A loaded sentence encoder. `sha256` names graph and tokenizer together: vectors of two encoders never mix.

    `dimensions` are those of a vector, `layer_dimensions` those of what `Features.layers` holds of a question.
    `learned_from` names the texts (see `key_of` of the datasets) that it was tuned on: it knows them by heart, so they
    can't show how sure anything may be.
    """

    session: "InferenceSession"
    tokenizer: "Tokenizer"
    inputs: frozenset[str]
    sha256: str
    dimensions: int
    layer_dimensions: int
    learned_from: frozenset[str] = frozenset()

    @classmethod
    def load(cls, folder: Path, *, sha256: str | None = None) -> "Encoder":
        """Load the folder that `export_encoder` wrote, refusing files other than its card (or `sha256`) names."""
        card = _read_card(folder)
        found = digest(folder)
        for expected in filter(None, (card["sha256"], sha256)):
            if found != expected:
                raise HeadError(
                    ENCODER,
                    f"{folder} has SHA-256 {found[:12]}, not {str(expected)[:12]}: export the encoder again",
                )
        from onnxruntime import (
            InferenceSession,
            SessionOptions,
        )  # heavy; a process without a pipeline never pays
        from tokenizers import Tokenizer

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True  # a customer's "[SEP]" is text, not a command
        session = InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
        return cls(
            session=session,
            tokenizer=tokenizer,
            inputs=frozenset(graph_input.name for graph_input in session.get_inputs()),
            sha256=found,
            dimensions=int(str(card["dimensions"])),
            layer_dimensions=int(str(card["layer_dimensions"])),
            learned_from=frozenset(str(key) for key in cast(list[object], card.get("learned_from", []))),
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32[len(texts), dimensions], each row of length 1; equal texts are run once."""
        return self._read(texts)[0]

    def features(self, questions: Sequence[Question]) -> Features:
        """Read questions as the heads do."""
        embedding, layers = self._read([question.text for question in questions])
        return Features(embedding=embedding, layers=layers, questions=tuple(questions))

    def _read(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        read = {text: self._read_one(text) for text in dict.fromkeys(texts)}
        if not read:
            shapes = ((0, self.dimensions), (0, self.layer_dimensions))
            return np.zeros(shapes[0], dtype=np.float32), np.zeros(shapes[1], dtype=np.float32)
        embedding, layers = zip(*(read[text] for text in texts), strict=True)
        return np.stack(embedding), np.stack(layers)

    def n_tokens(self, text: str) -> int:
        """How many tokens of this text the encoder reads, its two markers included."""
        return len(self.tokenizer.encode(text[:MAX_CHARACTERS]).ids)

    def _read_one(self, text: str) -> tuple[Vector, Vector]:
        encoding = self.tokenizer.encode(text[:MAX_CHARACTERS])
        arrays = (encoding.ids, encoding.attention_mask, encoding.type_ids)
        feed = {
            name: np.array([values], dtype=np.int64)
            for name, values in zip(GRAPH_INPUTS, arrays, strict=True)
            if name in self.inputs
        }
        embedding, layers = self.session.run(list(GRAPH_OUTPUTS), feed)
        return embedding[0], layers[0]


def digest(folder: Path) -> str:
    """SHA-256 over graph and tokenizer, in this order."""
    whole = hashlib.sha256()
    for name in (MODEL, TOKENIZER):
        try:
            whole.update((folder / name).read_bytes())
        except FileNotFoundError:
            raise HeadError(ENCODER, f"{folder} has no {name}: run manage.py export_encoder") from None
    return whole.hexdigest()


def _read_card(folder: Path) -> dict[str, object]:
    try:
        card: dict[str, object] = json.loads((folder / CARD).read_text("utf-8"))
    except FileNotFoundError:
        raise HeadError(ENCODER, f"{folder} has no {CARD}: run manage.py export_encoder") from None
    if card.get("format") != FORMAT:
        raise HeadError(
            ENCODER, f"{folder} has format {card.get('format')}, not {FORMAT}: export the encoder again"
        )
    return card
