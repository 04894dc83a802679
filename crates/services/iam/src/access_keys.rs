//! Long-lived access keys of users.

use crate::error::Error;
use crate::records::AccessKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use service::{Ctx, Entropy, Found};
use store::{Batch, Expect};

/// Most access keys of one user.
// AWS: IAM quotas.
pub(crate) const ACCESS_KEYS_MOST: usize = 2;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new key of a user.
pub(crate) fn new(ctx: &Ctx, user: &str) -> AccessKey {
    let mut secret = [0; 30];
    ctx.kit.entropy.fill(&mut secret);
    AccessKey {
        id: new_id("AKIA", ctx.account(), &*ctx.kit.entropy),
        secret: STANDARD.encode(secret),
        user: user.to_owned(),
        active: true,
        created_ms: ctx.now_ms,
    }
}

/// Adds a new key to the batch.
pub(crate) fn create(batch: &mut Batch, key: &AccessKey) {
    batch.put_indexed(AccessKey::KIND, &key.id, key, key.index(), Expect::Absent);
}

/// The key of that id and user.
///
/// # Errors
/// `NoSuchEntity` in AWS's words.
pub(crate) async fn find(ctx: &Ctx, user: &str, id: &str) -> Result<Found<AccessKey>, Error> {
    let found = ctx.records::<AccessKey>(AccessKey::KIND).get(id).await?;
    found
        .filter(|found| found.value.user == user)
        .ok_or_else(|| Error::NoSuchEntity(format!("The Access Key with id {id} cannot be found.")))
}

/// AWS's word for whether the key works.
pub(crate) fn status(key: &AccessKey) -> &'static str {
    if key.active { "Active" } else { "Inactive" }
}

/// A new key id: a prefix (`AKIA`, `ASIA`) and ten bytes in base32. As in AWS's ids the account stands in bits 7 to 46
/// of the first six bytes, so that it can be told from the id alone; the rest is random.
pub(crate) fn new_id(prefix: &str, account: &str, entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 10];
    entropy.fill(&mut bytes);
    let account: u64 = account.parse().unwrap_or(0);
    let low = u64::from(bytes[5] & 0x7f);
    let head = (1 << 47) | ((account & 0xff_ffff_ffff) << 7) | low;
    bytes[..6].copy_from_slice(&head.to_be_bytes()[2..]);
    format!("{prefix}{}", base32(&bytes))
}

/// The account that a key id names; `None` for a text that is no key id.
pub(crate) fn account_of(id: &str) -> Option<String> {
    let letters = id.strip_prefix("AKIA").or_else(|| id.strip_prefix("ASIA"))?;
    if letters.len() != 16 {
        return None;
    }
    let mut head: u64 = 0;
    for letter in letters.bytes().take(10) {
        let value = BASE32.iter().position(|known| *known == letter)?;
        head = (head << 5) | value as u64;
    }
    // Ten letters are 50 bits: two more than the six bytes in front.
    Some(format!("{:012}", (head >> 2 & 0x7fff_ffff_ff80) >> 7))
}

/// Base32 without padding; of ten bytes, sixteen letters.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        bits = (bits << 8 | u32::from(*byte)) & 0xffff;
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(BASE32[(bits >> count & 31) as usize]));
        }
    }
    text
}
