"""One end of the pair of pipes between a parent and its worker. Python 3.7.

The protocol has descriptors of its own: what a network's file reads from standard input, or writes
to standard output and standard error, never meets it.
"""
# ruff: noqa: UP006, UP035, UP045 - what Python 3.7 can evaluate

from __future__ import annotations

import os
import select
import time
from typing import Any, Optional, Tuple

from frontends.workers.encoding import decode, encode
from frontends.workers.protocol import Message

CHUNK = 1 << 16  # bytes, what a pipe holds


class Channel:
    """Sends and receives messages, each with the number of the request it belongs to."""

    def __init__(self, reads: int, writes: int) -> None:
        """Take over two descriptors; programs that this process starts do not inherit them."""
        self._reads, self._writes, self._received = reads, writes, b""
        for descriptor in (reads, writes):
            os.set_inheritable(descriptor, False)

    def send(self, number: int, message: Message) -> None:
        """Send a message. Raises BrokenPipeError if the other end is closed."""
        left = (encode(number, message) + "\n").encode()
        while left:
            left = left[os.write(self._writes, left) :]

    def receive(self, timeout: Optional[float] = None) -> Optional[Tuple[int, Any]]:
        """Return the next message with its number, None if the other end is closed.

        Waits for `timeout` seconds, None: for ever. Raises TimeoutError, and ProtocolError for
        what is no message.
        """
        ends = None if timeout is None else time.monotonic() + timeout
        poll = select.poll()
        poll.register(self._reads, select.POLLIN)
        while b"\n" not in self._received:
            left = None if ends is None else max(0.0, ends - time.monotonic())
            if not poll.poll(None if left is None else left * 1000):
                raise TimeoutError
            chunk = os.read(self._reads, CHUNK)
            if not chunk:
                return None
            self._received += chunk
        line, self._received = self._received.split(b"\n", 1)
        return decode(line.decode(errors="replace"))

    def close(self) -> None:
        """Close this end; afterwards it must not be used."""
        os.close(self._reads)
        os.close(self._writes)
