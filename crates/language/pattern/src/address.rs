//! IP addresses and CIDR blocks as event patterns see them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An address as a number, apart by family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    V4(u32),
    V6(u128),
}

impl Address {
    /// `None` if the text is no address; texts that only look like one are ordinary strings.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.contains(':') {
            let address: Ipv6Addr = text.parse().ok()?;
            return Some(match address.to_ipv4_mapped() {
                Some(mapped) => Self::V4(mapped.into()),
                None => Self::V6(address.into()),
            });
        }
        let mut octets = [0; 4];
        let mut parts = text.split('.');
        for octet in &mut octets {
            let part = parts.next().filter(|part| part.bytes().all(|it| it.is_ascii_digit()))?;
            *octet = part.parse().ok()?;
        }
        parts.next().is_none().then(|| Self::V4(Ipv4Addr::from(octets).into()))
    }
}

/// The addresses from the one written to the last of its block. AWS's lower end is the address as
/// written, even where its last bits are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    first: Address,
    last: Address,
}

impl Block {
    /// Refusals are in the words of AWS's matcher.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((address, bits)) = text.split_once('/').filter(|(_, bits)| !bits.is_empty())
        else {
            return Err("Malformed CIDR, one '/' required".to_owned());
        };
        if bits.contains('/') {
            return Err("Malformed CIDR, one '/' required".to_owned());
        }
        let bits: i32 =
            bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer".to_owned())?;
        let bits = u32::try_from(bits)
            .map_err(|_| "Malformed CIDR, mask bits must not be negative".to_owned())?;
        let first = Address::parse(address).ok_or_else(|| refusal(address))?;
        let last = match first {
            Address::V4(_) if bits > 31 => return Err("IPv4 mask bits must be < 32".to_owned()),
            Address::V6(_) if bits > 127 => return Err("IPv6 mask bits must be < 128".to_owned()),
            Address::V4(number) => Address::V4(number | (u32::MAX >> bits)),
            Address::V6(number) => Address::V6(number | (u128::MAX >> bits)),
        };
        Ok(Self { first, last })
    }

    pub(crate) fn contains(&self, address: Address) -> bool {
        match (self.first, address, self.last) {
            (Address::V4(first), Address::V4(it), Address::V4(last)) => first <= it && it <= last,
            (Address::V6(first), Address::V6(it), Address::V6(last)) => first <= it && it <= last,
            _ => false,
        }
    }
}

fn refusal(address: &str) -> String {
    let dotted = address.split('.').count() == 4
        && address.split('.').all(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()));
    let colons =
        address.contains(':') && address.bytes().all(|it| it == b':' || it.is_ascii_hexdigit());
    let kind = if dotted || colons { "Invalid" } else { "Nonstandard" };
    format!("{kind} IP address: {address}")
}
