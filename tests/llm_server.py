"""A small server that speaks OpenAI's chat protocol over real HTTP, and says what a test wants it to say."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Heard:
    """What a server was asked, and how it answers."""

    answer: Callable[[str], str]
    status: int = 200
    seconds: float = 0.0
    raw: bytes | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def llm_server(answer: Callable[[str], str] = lambda text: "none") -> Iterator[Heard]:
    """Serve until the block ends; `answer` gets the message of the user."""
    heard = Heard(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.requests.append(asked)
            heard.keys.append(self.headers.get("Authorization", ""))
            time.sleep(heard.seconds)
            said = {"role": "assistant", "content": heard.answer(asked["messages"][-1]["content"])}
            body = heard.raw or json.dumps(
                {"id": "1", "object": "chat.completion", "created": 0, "model": asked["model"],
                 "choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}
            ).encode()  # fmt: skip
            try:
                self.send_response(heard.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the client waited no longer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
