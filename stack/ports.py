"""Ports on this machine."""

import random
import socket

# Below the range from which systems choose the ports of outgoing connections, so that nobody takes one by accident.
_FREE_PORTS = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether we could listen on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nothing listens on."""
    return next(port for port in random.sample(_FREE_PORTS, len(_FREE_PORTS)) if is_free(port))
