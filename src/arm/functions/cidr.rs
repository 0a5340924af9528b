use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::Args;
use crate::arm::error::Fault;

/// An address block: address bits on the left of `width`, and how many of them are fixed.
struct Block {
    bits: u128,
    prefix: u32,
    width: u32,
}

fn block(args: &Args<'_>) -> Result<Block, Fault> {
    let text = args.text(0)?;
    let wrong = || {
        args.wrong(format!(
            "The text '{text}' is not a network in CIDR notation."
        ))
    };
    let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
    let prefix: u32 = prefix.parse().map_err(|_| wrong())?;
    let (bits, width) = match address.parse::<IpAddr>().map_err(|_| wrong())? {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    if prefix > width {
        return Err(wrong());
    }
    let bits = bits & !host_mask(prefix, width);
    Ok(Block {
        bits,
        prefix,
        width,
    })
}

/// The bits that are free below a prefix.
fn host_mask(prefix: u32, width: u32) -> u128 {
    match width - prefix {
        128 => u128::MAX,
        free => (1 << free) - 1,
    }
}

fn address(bits: u128, width: u32) -> String {
    match u32::try_from(bits) {
        Ok(bits) if width == 32 => Ipv4Addr::from_bits(bits).to_string(),
        _ => Ipv6Addr::from_bits(bits).to_string(),
    }
}

pub(super) fn parse(args: &Args<'_>) -> Result<Value, Fault> {
    let block = block(args)?;
    let mask = host_mask(block.prefix, block.width);
    let last = block.bits | mask;
    let full = host_mask(0, block.width);
    let mut parsed = json!({
        "network": address(block.bits, block.width),
        "netmask": address(full & !mask, block.width),
        "broadcast": address(last, block.width),
        "firstUsable": address(block.bits + u128::from(mask > 1), block.width),
        "lastUsable": address(last - u128::from(mask > 1), block.width),
        "cidr": block.prefix,
    });
    if block.width == 128 {
        // There is no broadcast in version 6.
        if let Some(object) = parsed.as_object_mut() {
            object.remove("broadcast");
        }
    }
    Ok(parsed)
}

pub(super) fn subnet(args: &Args<'_>) -> Result<Value, Fault> {
    let block = block(args)?;
    let wanted = u32::try_from(args.int(1)?)
        .ok()
        .filter(|wanted| (block.prefix..=block.width).contains(wanted))
        .ok_or_else(|| args.wrong("The new prefix does not fit the network."))?;
    let index = u128::try_from(args.int(2)?)
        .ok()
        .filter(|index| *index <= host_mask(block.width - (wanted - block.prefix), block.width))
        .ok_or_else(|| args.wrong("The network has no subnet of that number."))?;
    let shifted = index.checked_shl(block.width - wanted).unwrap_or(0);
    Ok(format!("{}/{wanted}", address(block.bits | shifted, block.width)).into())
}

/// The address of a host, counted from the first usable one.
pub(super) fn host(args: &Args<'_>) -> Result<Value, Fault> {
    let block = block(args)?;
    let mask = host_mask(block.prefix, block.width);
    let first = u128::from(mask > 1);
    let number = u128::try_from(args.int(1)?)
        .ok()
        .map(|number| number + first)
        .filter(|number| *number <= mask - first)
        .ok_or_else(|| args.wrong("The network has no host of that number."))?;
    Ok(address(block.bits | number, block.width).into())
}
