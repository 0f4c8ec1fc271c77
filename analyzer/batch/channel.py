"""Messages between processes over a pair of sockets, as ``multiprocessing.connection`` has them.

That module takes longer to import than all the rest a worker needs before its first source, and it would be imported
before the workers' own process is forked.
"""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any, Final

_SIZE: Final = struct.Struct("<Q")


class Channel:
    """One end. Both ends are the same program: what comes in is trusted."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Return two ends that are connected."""
        ours, theirs = socket.socketpair()
        return cls(ours), cls(theirs)

    @classmethod
    def of(cls, handle: int) -> Channel:
        """Return the end with this file descriptor, which is its own from now on."""
        return cls(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, handle))

    def fileno(self) -> int:
        """Return the file descriptor, for those who wait for several."""
        return self._socket.fileno()

    def send(self, message: Any) -> None:
        """Send something picklable.

        Raises:
            OSError: the other end is closed.
        """
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._socket.sendall(_SIZE.pack(len(data)) + data)

    def recv(self) -> Any:
        """Return what was sent.

        Raises:
            EOFError: the other end is closed.
            OSError: this one is.
        """
        (size,) = _SIZE.unpack(self._exactly(_SIZE.size))
        return pickle.loads(self._exactly(size))  # noqa: S301 -- from our own process

    def _exactly(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            count = self._socket.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return data

    def send_handle(self, handle: int) -> None:
        """Send a file descriptor."""
        socket.send_fds(self._socket, [b"h"], [handle])

    def recv_handle(self) -> int:
        """Return a file descriptor that was sent."""
        data, handles, _, _ = socket.recv_fds(self._socket, 1, 1)
        if not data or not handles:
            raise EOFError
        return handles[0]

    def close(self) -> None:
        """Close this end."""
        self._socket.close()
