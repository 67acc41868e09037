"""What a short request costs this process: the harness's session beside a tuned `requests.Session` and bare urllib3.

The server, in a process of its own, answers 150 bytes of JSON at once; only the client's own processor time counts. Rounds are interleaved.

usage: python benchmarks/bench_requests.py [REQUESTS [ROUNDS]]
"""

from __future__ import annotations

import multiprocessing
import socket
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Callable

_BODY = b'{"value": "%s"}' % (b"x" * 135)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
_PATH = "/odata/standard.odata/Catalog_X?$top=1&$format=json"


def serve(listening: socket.socket) -> None:
    """Answers whatever comes, connection after connection."""
    while True:
        connection, _ = listening.accept()
        with connection:
            while connection.recv(65536):
                connection.sendall(_ANSWER)


def clients(root: str) -> dict[str, Callable[[], object]]:
    """Name to one request."""
    import requests
    import urllib3

    from harness.onec.guard import WriteGuard
    from harness.onec.session import StandSession

    own = StandSession(root, "Администратор", "benchmark", guard=WriteGuard())
    tuned = requests.Session()
    tuned.trust_env = False
    tuned.auth = ("user", "benchmark")
    bare = urllib3.HTTPConnectionPool(root.removeprefix("http://").partition("/")[0])
    headers = urllib3.make_headers(basic_auth="user:benchmark")
    return {
        "harness": lambda: own.json("GET", _PATH),
        "requests.Session": lambda: tuned.get(root + _PATH).json(),
        "urllib3": lambda: bare.urlopen("GET", f"/demo{_PATH}", headers=headers).json(),
    }


def main(count: int, rounds: int) -> None:
    """Prints microseconds of processor a request, and the ratios."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    servers = []
    found: dict[str, list[float]] = {}
    try:
        for _ in range(3):  # one connection each
            servers.append(multiprocessing.get_context("fork").Process(target=serve, args=(listening,), daemon=True))
            servers[-1].start()
        asked = clients(f"http://127.0.0.1:{listening.getsockname()[1]}/demo")
        for _ in range(rounds):
            for name, ask in asked.items():
                ask()
                started = time.process_time()
                for _ in range(count):
                    ask()
                found.setdefault(name, []).append((time.process_time() - started) / count)
    finally:
        for process in servers:
            process.terminate()
        listening.close()
    reference = statistics.median(found["requests.Session"])
    for name, times in found.items():
        median = statistics.median(times)
        print(f"{name:<18} median {median * 1e6:5.0f} µs of processor a request, {median / reference:.2f} x requests")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    numbers = [*given, *(1000, 5)[len(given) :]]
    main(numbers[0], numbers[1])
