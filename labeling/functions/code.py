"""Kind code: a function of `coded.py`, named by its name and the hash of its source.

Code that has changed since is another function: it must be saved again, so that its votes are computed again.
"""

import hashlib
import inspect

from labeling.functions import coded
from labeling.functions.bounding import OverdueError, watched
from labeling.functions.coded import Row
from labeling.functions.errors import FunctionError, SpecError
from labeling.functions.reading import check_keys, choice_at
from labeling.functions.rows import Rows


def read(spec: object, *, task: str) -> dict[str, str]:
    """Check `{"function": NAME}` and add the hash of its source as it is now.

    Raises:
        SpecError: it is not on the list, or votes for another task.
    """
    name = choice_at(check_keys(spec, {"function", "source"}), "function", list(coded.ALLOWED))
    of_task, _ = coded.ALLOWED[name]
    if of_task != task:
        raise SpecError(f"function {name} votes for {of_task}, not for {task}")
    return {"function": name, "source": _source(name)}


def vote(spec: dict[str, str], *, rows: Rows) -> list[str | None]:
    """Run the function over each message.

    Raises:
        FunctionError: it is gone or has changed since, or it crashed on a message or did not end, which is named.
    """
    name = spec["function"]
    if name not in coded.ALLOWED:
        raise FunctionError(f"{name} is gone from labeling/functions/coded.py: retire it")
    if spec["source"] != _source(name):
        raise FunctionError(f"the code of {name} has changed since: save it again")
    function = coded.ALLOWED[name][1]
    columns = (rows.texts, rows.subjects, rows.languages, rows.channels, rows.cases, rows.customers)
    said = []
    with watched() as watch:
        for message_id, *values in zip(rows.ids, *columns, strict=True):
            watch.message_id = message_id
            try:
                said.append(function(Row(*values)))
            except OverdueError as error:
                raise FunctionError(f"{name} took too long on message {message_id}: make it end") from error
            except Exception as error:
                raise FunctionError(
                    f"{name} crashed on message {message_id}: {type(error).__name__}: {error}"
                ) from error
    return said


def _source(name: str) -> str:
    return hashlib.sha256(inspect.getsource(coded.ALLOWED[name][1]).encode()).hexdigest()[:16]
