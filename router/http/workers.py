"""Several processes that serve one port, and the one that watches over them.

The watching process accepts connections and hands them out in turn, so that each worker gets as many, the first ones when
all workers are up; it replaces workers that die. A worker ends when it is told to, or when the watching process is gone.
"""

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import structlog

_LOG = structlog.get_logger("router.workers")
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_READY, _CONNECTION = b"r", b"c"
_LONG_LIFE = 10.0  # seconds; who lived as long is replaced at once
_FIRST_PAUSE, _LAST_PAUSE = 0.1, 5.0
_EXTRA_GRACE = 2.0


def supervise(listening: socket.socket, count: int, grace: float) -> socket.socket:
    """Start `count` workers, in which this returns the channel to their parent. The parent exits with the last of them.

    `grace`: seconds that they get to end after a signal. If the first one fails before it serves, the parent exits with
    its exit code.
    """
    return _Supervisor(listening, count, grace).run()


def say_ready(channel: socket.socket) -> None:
    """From a worker: connections may come."""
    channel.send(_READY)


def take_connection(channel: socket.socket) -> socket.socket | None:
    """In a worker: the next connection, None if the parent is gone. Raises BlockingIOError."""
    message, (*descriptors,), _, _ = socket.recv_fds(channel, 1, 1)
    return socket.socket(fileno=descriptors[0]) if message else None


@dataclass(eq=False)
class _Worker:
    pid: int
    channel: socket.socket
    began: float
    is_ready: bool = False


class _Supervisor:
    def __init__(self, listening: socket.socket, count: int, grace: float) -> None:
        self._listening = listening
        self._count = count
        self._grace = grace
        self._workers: dict[int, _Worker] = {}
        self._ready: list[_Worker] = []
        self._served = False
        self._is_open = False
        self._start_at = 0.0
        self._pause = _FIRST_PAUSE
        self._end_by: float | None = None
        self._selector = selectors.DefaultSelector()
        self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> socket.socket:
        self._listening.setblocking(False)
        gc.collect()
        gc.freeze()  # so that workers share what is imported
        handlers = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        signal.set_wakeup_fd(self._wake[1])
        self._selector.register(self._wake[0], selectors.EVENT_READ)
        while True:
            while self._is_start_due():
                channel = self._start()
                if channel is not None:
                    self._become_worker(handlers)
                    return channel
            for key, _ in self._selector.select(0.1):
                if key.fileobj is self._listening:
                    self._distribute()
                elif isinstance(key.data, _Worker):
                    self._receive(key.data)
                else:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake[0], 64)
            self._reap()
            if self._end_by is not None:
                self._end_if_over()

    # Starting

    def _is_start_due(self) -> bool:
        wanted = self._count if self._served else 1  # the first shows whether there is something to serve
        return self._end_by is None and len(self._workers) < wanted and time.monotonic() >= self._start_at

    def _start(self) -> socket.socket | None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        theirs.setblocking(False)
        pid = os.fork()
        if pid == 0:
            ours.close()
            return theirs
        theirs.close()
        worker = self._workers[pid] = _Worker(pid, ours, time.monotonic())
        self._selector.register(ours, selectors.EVENT_READ, worker)
        return None

    def _become_worker(self, handlers: Mapping[signal.Signals, Any]) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        self._selector.close()
        self._listening.close()
        for descriptor in self._wake:
            os.close(descriptor)
        for worker in self._workers.values():
            worker.channel.close()

    # Working

    def _receive(self, worker: _Worker) -> None:
        try:
            if worker.channel.recv(1) != _READY:
                self._selector.unregister(worker.channel)  # it is gone, and will be reaped
                return
        except BlockingIOError:
            return
        except OSError:
            self._selector.unregister(worker.channel)
            return
        worker.is_ready = self._served = True
        self._ready.append(worker)
        if len(self._ready) == self._count:
            self._open()

    def _open(self) -> None:
        """Accept connections."""
        if not self._is_open and self._end_by is None:
            self._selector.register(self._listening, selectors.EVENT_READ)
            self._is_open = True

    def _stop_accepting(self) -> None:
        if self._is_open:
            self._selector.unregister(self._listening)
            self._is_open = False

    def _distribute(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except OSError:  # the client is gone again, or this process may open no more
            time.sleep(0.01)
            return
        with connection:
            for _ in self._ready:
                worker = self._ready.pop(0)
                self._ready.append(worker)
                with contextlib.suppress(OSError):  # it has just died, or is stuck
                    socket.send_fds(worker.channel, [_CONNECTION], [connection.fileno()])
                    return

    def _reap(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            worker = self._workers.pop(pid)
            with contextlib.suppress(KeyError):
                self._selector.unregister(worker.channel)
            worker.channel.close()
            if worker.is_ready:
                self._ready.remove(worker)
            if self._ready:
                self._open()  # and wait for none that may die again and again
            else:
                self._stop_accepting()
            if self._end_by is None:
                self._replace(worker, os.waitstatus_to_exitcode(status))

    def _replace(self, worker: _Worker, code: int) -> None:
        if not self._served:
            sys.exit(code if code > 0 else 1)
        now = time.monotonic()
        if now - worker.began > _LONG_LIFE:
            self._pause, self._start_at = _FIRST_PAUSE, now
        else:
            self._start_at = now + self._pause
            self._pause = min(self._pause * 2, _LAST_PAUSE)
        _LOG.error("a worker ended and is replaced", code=code)

    # Ending

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            if self._end_by is None:
                self._end_by = time.monotonic() + self._grace + _EXTRA_GRACE
                self._stop_accepting()
                self._listening.close()
            self._signal_workers(signal.SIGTERM)

    def _end_if_over(self) -> None:
        if not self._workers:
            sys.exit(0)
        if self._end_by is not None and time.monotonic() > self._end_by:
            self._signal_workers(signal.SIGKILL)

    def _signal_workers(self, number: signal.Signals) -> None:
        for pid in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
