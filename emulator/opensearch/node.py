"""One node as a process: started, waited for, killed, started again on the same data.

With `security`, the node speaks TLS and asks who calls (see `security`); `url` is then https.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from emulator.opensearch import security as plugin
from emulator.opensearch.jars import Jars, NodeMissing

_PORTS = range(9200, 9299, 2)  # HTTP answers on base + 1; bases outside of 9200-9299 are refused
_RUNNER = "org.codelibs.opensearch.runner.OpenSearchRunner"
_PLUGINS = ("NoriPlugin", "org.opensearch.knn.plugin.KNNPlugin")
_POLL_S = 0.25


class SearchNode:
    """A node with its data in `folder`. `url`, `port`; ready when the constructor returns.

    Raises NodeMissing with the end of its log when it does not come up in `patience_s` seconds.
    """

    def __init__(
        self, jars: Jars, folder: Path, *, security: bool = False, heap: str = "1g", patience_s: float = 180
    ) -> None:
        self.folder = folder.absolute()
        self.security = security
        self._jars, self._heap, self._patience_s = jars, heap, patience_s
        self.folder.mkdir(parents=True, exist_ok=True)
        self._end_orphan()
        self.port = _free_port()
        self._configure()
        self.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.security else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start on the data that is there, at the same port; returns when it answers."""
        names = (*_PLUGINS, *([plugin.CLASS] if self.security else []))
        command = ["java", f"-Xms{self._heap}", f"-Xmx{self._heap}", "-XX:+UseSerialGC"]
        command += ["-cp", self._jars.class_path(security=self.security), _RUNNER]
        command += ["-basePath", str(self.folder), "-numOfNode", "1", "-baseHttpPort", str(self.port - 1)]
        command += ["-clusterName", f"ragtune-{self.port}", "-pluginTypes", ",".join(names)]
        with (self.folder / "node.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )
        self._pid_file.write_text(str(self._process.pid), encoding="ascii")
        try:
            self._wait()
        except BaseException:  # also Ctrl+C meanwhile: nobody else knows of it yet
            self.kill()
            raise

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it; its data stay."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._pid_file.unlink(missing_ok=True)

    def remove(self) -> None:
        """End it and remove its data."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def memory_bytes(self) -> int:
        """What it holds of the machine's memory."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """(status, decoded body) of one call, as the administrator on a secured node."""
        payload = None if body is None else json.dumps(body)
        connection = self._connection()
        try:
            connection.request(method, path, payload, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def tls(self, *, admin: bool = False) -> ssl.SSLContext:
        """Trusts this node alone; as `admin`, with the certificate that may do everything."""
        return plugin.tls(self.folder, admin=admin)

    def _connection(self) -> http.client.HTTPConnection:
        if self.security:
            context = self.tls(admin=True)
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def _configure(self) -> None:
        config = self.folder / "node_1" / "config"
        config.mkdir(parents=True, exist_ok=True)
        lines = ["cluster.routing.allocation.disk.threshold_enabled: false", "discovery.type: single-node"]
        lines.append(f"path.repo: {self.folder / 'snapshots'}")
        if self.security:
            lines += plugin.configure(self.folder, config, self._jars.security_config)
        (config / "opensearch.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _wait(self) -> None:
        deadline = time.monotonic() + self._patience_s
        path = "/_plugins/_security/health" if self.security else "/_cluster/health?wait_for_status=yellow"
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError, ValueError, http.client.HTTPException):
                status, body = self.ask("GET", path)
                if status == 200 and (not self.security or "UP" in str(body)):
                    return
            time.sleep(_POLL_S)
        log = (self.folder / "node.log").read_text(encoding="utf-8", errors="replace").strip()
        raise NodeMissing(f"the node at {self.url} did not start: …{log[-600:]}")

    @property
    def _pid_file(self) -> Path:
        return self.folder / "node.pid"

    def _end_orphan(self) -> None:
        """End what a killed process of ours left running on this folder."""
        with suppress(OSError, ValueError):
            pid = int(self._pid_file.read_text(encoding="ascii"))
            if str(self.folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
                time.sleep(_POLL_S)

    def __enter__(self) -> "SearchNode":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _free_port() -> int:
    for base in _PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", base + 1))
                return base + 1
    raise NodeMissing("every port of 9201-9299 is taken; end a node that you don't need")
