"""Which addresses may be dialled: public ones, and those of networks that the settings name.

Pure but for the one look-up of a name. It must not know HTTP.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")  # RFC 8215: whatever it leads to is ours, not the internet's
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, 2.5.5.1
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")  # RFC 2765
_EXTRA_SPECIAL = (
    IPv4Network("0.0.0.0/8"), IPv4Network("100.64.0.0/10"), IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"),
    IPv4Network("198.18.0.0/15"), IPv4Network("240.0.0.0/4"), IPv6Network("fec0::/10"), IPv6Network("5f00::/16"),
    IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"), IPv6Network("100::/64"), _NAT64_LOCAL,
)  # fmt: skip


def permitted(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether a connection to the address may be opened. An IPv4 address inside an IPv6 one is judged as itself."""
    if isinstance(address, IPv6Address):
        inner = embedded(address)
        if inner is not None:
            return permitted(inner, allowed)
    if any(address in network for network in allowed):
        return True
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address in network for network in _EXTRA_SPECIAL)


def embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, translated, NAT64, 6to4 or Teredo; else None."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if any(address in network for network in (_NAT64, _TRANSLATED)):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _COMPATIBLE and int(address) > 0xFFFF:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order of preference.

    Raises:
        OSError: the name has none, or nobody could be asked.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def dialable(names: Iterable[str], allowed: Iterable[Network]) -> list[str]:
    """The addresses that may be dialled, in their order; what is no address is left out."""
    networks = tuple(allowed)
    kept = []
    for name in names:
        try:
            address = ip_address(name)
        except ValueError:
            continue
        if permitted(address, networks):
            kept.append(name)
    return kept
