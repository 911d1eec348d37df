"""What a frozen dataset was made of (pure): enough to make it again, and a hash by which two are told apart."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

FILE = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """The ids of what went in, in order, and every setting that decides what comes out; no time and no name.

    `labels` are annotations. `functions` are labeling functions, each with the hash of its version. `answers` are the
    catalog's versions. The same manifest on the same database is the same dataset.
    """

    takes: str
    seed: int
    test_share: float
    training: tuple[str, ...]
    test: tuple[str, ...]
    labels: tuple[int, ...]
    answers: tuple[str, ...] = ()
    functions: Mapping[str, str] = field(default_factory=dict)
    label_model: Mapping[str, object] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The hash of what the manifest says, however it is laid out.

        >>> one, other = (Manifest("gold", seed, 0.1, ("7",), (), (3, 4)) for seed in (1, 2))
        >>> one.sha256 == Manifest("gold", 1, 0.1, ("7",), (), (3, 4)).sha256, one.sha256 == other.sha256
        (True, False)
        """
        told = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()

    def as_json(self) -> str:
        return json.dumps({**asdict(self), "sha256": self.sha256}, sort_keys=True, ensure_ascii=False) + "\n"
