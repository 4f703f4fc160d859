"""Stands between a process and a server, and loses the reply to one COMMIT that was carried out."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS = {"postgresql": 5432, "mariadb": 3306}
_CHUNK = 1 << 16


@dataclass
class Proxy:
    """Passes on what is said; of transactions that say `mark` it counts the commits."""

    address: tuple[str, int]
    mark: bytes
    listening: socket.socket
    lose: int = 0
    commits: int = 0
    lost: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def through(self, url: str) -> str:
        """Return the URL of the same database by way of this proxy."""
        host, port = self.listening.getsockname()
        led = sa.make_url(url).set(host=host, port=port)
        if led.get_backend_name() == "postgresql":  # else its words could not be read
            led = led.update_query_dict({"sslmode": "disable"})
        return led.render_as_string(hide_password=False)

    def lose_reply(self, nth: int) -> None:
        """From now on, lose the reply to the nth commit."""
        with self._lock:
            self.lose, self.commits, self.lost = nth, 0, 0

    def serve(self) -> None:
        """Take connections until nobody listens any more."""
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                threading.Thread(target=self._connected, args=(client,), daemon=True).start()

    def _connected(self, client: socket.socket) -> None:
        """Ask and hear in turns: both protocols answer before they are asked again."""
        with suppress(OSError), client, socket.create_connection(self.address) as server:
            losing = threading.Event()
            back = threading.Thread(target=_replies, args=(server, client, losing), daemon=True)
            back.start()
            said = b""
            while asked := client.recv(_CHUNK):
                said += asked
                if b"COMMIT" in asked and self._is_to_lose(said):
                    losing.set()
                if b"COMMIT" in asked or b"ROLLBACK" in asked:
                    said = b""
                server.sendall(asked)
            server.shutdown(socket.SHUT_WR)
            back.join()

    def _is_to_lose(self, said: bytes) -> bool:
        if self.mark not in said:
            return False
        with self._lock:
            self.commits += 1
            self.lost += self.commits == self.lose
            return self.commits == self.lose


def _replies(server: socket.socket, client: socket.socket, losing: threading.Event) -> None:
    with suppress(OSError):
        while heard := server.recv(_CHUNK):
            if losing.is_set():
                break
            client.sendall(heard)
    for each in (client, server):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(url: str, mark: bytes) -> Iterator[Proxy]:
    """Give a proxy before the server of a database."""
    address = sa.make_url(url)
    port = address.port or PORTS[address.get_backend_name()]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        standing = Proxy((address.host or "127.0.0.1", port), mark, listening)
        serving = threading.Thread(target=standing.serve, daemon=True)
        serving.start()
        yield standing
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        serving.join()
