"""One module a part of the packet: ``read(bytes) -> value`` and ``write(value) -> bytes`` side by side."""
