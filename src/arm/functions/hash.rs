use serde_json::Value;
use sha1::{Digest, Sha1};

use super::{Args, to_text};
use crate::arm::error::Fault;
use crate::base::Seed;

/// The namespace of Azure's name-based GUIDs: 11fb06fb-712d-4ddd-98c7-e71bbd588830.
const NAMESPACE: [u8; 16] = [
    0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd, 0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30,
];

/// A version 5 GUID (RFC 4122) of the arguments joined by hyphens.
pub(super) fn guid(args: &Args<'_>) -> Result<Value, Fault> {
    let name = joined(args)?;
    let mut sha = Sha1::new();
    sha.update(NAMESPACE);
    sha.update(name.as_bytes());
    let digest = sha.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Ok(layout(bytes, 0x50).into())
}

/// A version 4 GUID from a seeded source.
pub(in crate::arm) fn random_guid(seed: &mut Seed) -> String {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&seed.next_u64().to_be_bytes());
    bytes[8..].copy_from_slice(&seed.next_u64().to_be_bytes());
    layout(bytes, 0x40)
}

fn layout(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = bytes[6] & 0x0f | version;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ]
    .join("-")
}

/// Thirteen characters of `a-z2-7`: 64 bits of hash, five at a time from the top.
pub(super) fn unique_string(args: &Args<'_>) -> Result<Value, Fault> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut hash = murmur(joined(args)?.as_bytes());
    let mut text = String::with_capacity(13);
    for _ in 0..13 {
        text.push(char::from(
            LETTERS[usize::try_from(hash >> 59).unwrap_or(0)],
        ));
        hash <<= 5;
    }
    Ok(text.into())
}

fn joined(args: &Args<'_>) -> Result<String, Fault> {
    let mut parts = Vec::with_capacity(args.values.len());
    for (index, value) in args.values.iter().enumerate() {
        match value {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => parts.push(to_text(value)),
            _ => return Err(args.expects(index, "String")),
        }
    }
    Ok(parts.join("-"))
}

/// The 64-bit Murmur variant of Azure: two 32-bit lanes over blocks of eight bytes, with the
/// third generation's mixing at the end. Known answers are in the tests.
fn murmur(data: &[u8]) -> u64 {
    const A: u32 = 0x239b_961b;
    const B: u32 = 0xab0e_9789;
    let (mut low, mut high) = (0_u32, 0_u32);
    let mut blocks = data.chunks_exact(8);
    for block in &mut blocks {
        low ^= lane(&block[..4], A, 15, B);
        low = low
            .rotate_left(19)
            .wrapping_add(high)
            .wrapping_mul(5)
            .wrapping_add(0x561c_cd1b);
        high ^= lane(&block[4..], B, 17, A);
        high = high
            .rotate_left(13)
            .wrapping_add(low)
            .wrapping_mul(5)
            .wrapping_add(0x0bca_a747);
    }
    let rest = blocks.remainder();
    let split = rest.len().min(4);
    low ^= lane(&rest[..split], A, 15, B);
    high ^= lane(&rest[split..], B, 17, A);
    // Values are bounded far below four gigabytes.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    low ^= length;
    high ^= length;
    low = low.wrapping_add(high);
    high = high.wrapping_add(low);
    low = finish(low);
    high = finish(high);
    low = low.wrapping_add(high);
    high = high.wrapping_add(low);
    u64::from(high) << 32 | u64::from(low)
}

/// Up to four bytes, little end first, mixed by two factors and a turn between them.
fn lane(bytes: &[u8], before: u32, turn: u32, after: u32) -> u32 {
    let word = bytes
        .iter()
        .rev()
        .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    word.wrapping_mul(before)
        .rotate_left(turn)
        .wrapping_mul(after)
}

fn finish(mut lane: u32) -> u32 {
    lane ^= lane >> 16;
    lane = lane.wrapping_mul(0x85eb_ca6b);
    lane ^= lane >> 13;
    lane = lane.wrapping_mul(0xc2b2_ae35);
    lane ^ lane >> 16
}
