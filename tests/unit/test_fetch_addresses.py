"""Which addresses may be dialled."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from workers.fetch.addresses import dialable, permitted

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.254", "0.0.0.0",  # noqa: S104 -- dialled here, not bound
    "0.1.2.3", "192.0.0.8", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
    "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:10.0.0.1", "::127.0.0.1",
    "64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("name", PRIVATE)
def test_what_is_not_public_is_refused(name: str) -> None:
    assert not permitted(ip_address(name), ())


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_is_dialled(name: str) -> None:
    assert permitted(ip_address(name), ())


def test_an_allowed_network_opens_itself_alone() -> None:
    allowed = (ip_network("127.0.0.0/8"),)
    assert permitted(ip_address("127.0.0.1"), allowed)
    assert permitted(ip_address("::ffff:127.0.0.1"), allowed)
    assert not permitted(ip_address("10.0.0.1"), allowed)
    assert not permitted(ip_address("::1"), allowed)
    assert permitted(ip_address("::1"), (ip_network("::1/128"),))


def test_only_the_permitted_addresses_of_a_name_are_kept_in_their_order() -> None:
    assert dialable(["10.0.0.1", "8.8.4.4", "no address", "::1", "8.8.8.8"], ()) == ["8.8.4.4", "8.8.8.8"]
    assert dialable(["127.0.0.1"], ()) == []
