"""``open_packet``: finds the parts of a packet and reads them lazily and once."""

from analyzer.errors import Problem
from analyzer.packet.node import Node
from analyzer.packet.opening import open_packet, packet_of
from analyzer.packet.packet import Packet
from analyzer.packet.summary import PacketSummary, PartStatus

__all__ = ["Node", "Packet", "PacketSummary", "PartStatus", "Problem", "open_packet", "packet_of"]
