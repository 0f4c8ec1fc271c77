"""``open_packet``: finds the parts of a packet and reads them lazily and once."""
