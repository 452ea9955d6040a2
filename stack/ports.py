"""Ports on this machine."""

import random
import socket

import psutil

# Below the range from which systems choose the ports of outgoing connections, so that nobody takes one by accident.
_FREE_PORTS = range(20_000, 32_000)
_LONGEST = 80  # characters of a command


def is_free(port: int) -> bool:
    """Whether we could listen on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listener(port: int) -> str:
    """Who listens on it: the process, as far as this user may see it."""
    try:
        connections = psutil.net_connections("tcp")
        pids = {
            one.pid for one in connections if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
        }
        for pid in pids - {None}:
            process = psutil.Process(pid)
            return f"process {process.pid}, {' '.join(process.cmdline())[:_LONGEST] or process.name()}"
    except psutil.Error:
        pass
    return "another user's process"


def free_port() -> int:
    """A port that nothing listens on."""
    return next(port for port in random.sample(_FREE_PORTS, len(_FREE_PORTS)) if is_free(port))
