//! Secrets in the state and in configuration: sealed with a key that is made from a passphrase, in Pulumi's form.
//!
//! Key: PBKDF2-HMAC-SHA-256 of the passphrase with an 8-byte salt, a million rounds. Sealed text:
//! `v1:base64(nonce):base64(AES-256-GCM)`. The salt is kept with a sealed known word, which tells a wrong passphrase.

use super::random;
use crate::error::Error;
use crate::value::Sealer;
use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, Key, KeyInit, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Mutex;
use std::sync::PoisonError;

const ROUNDS: u32 = 1_000_000;
/// The word whose sealed form stands beside the salt.
const KNOWN: &str = "pulumi";

/// Seals and opens with a passphrase, once one is needed.
pub(crate) struct Vault {
    passphrase: Option<String>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// `v1:SALT:SEALED WORD`
    salt: Option<String>,
    cipher: Option<Aes256Gcm>,
}

impl Vault {
    /// A vault; `salt` is the one secrets were sealed with before.
    pub(crate) fn new(passphrase: Option<String>, salt: Option<String>) -> Self {
        Self { passphrase, open: Mutex::new(Open { salt, cipher: None }) }
    }

    /// The salt, once something was sealed with it.
    pub(crate) fn salt(&self) -> Option<String> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).salt.clone()
    }

    fn cipher(&self) -> Result<Aes256Gcm, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cipher) = &open.cipher {
            return Ok(cipher.clone());
        }
        let Some(passphrase) = &self.passphrase else {
            return Err(Error::Secret(
                "the stack holds a secret and there is no passphrase; set PULUMI_CONFIG_PASSPHRASE"
                    .to_owned(),
            ));
        };
        let cipher = if let Some(stored) = &open.salt {
            reopened(passphrase, stored)?
        } else {
            let salt = random::<8>();
            let cipher = derive(passphrase, &salt);
            let known = seal(&cipher, KNOWN)?;
            open.salt = Some(format!("v1:{}:{known}", STANDARD.encode(salt)));
            cipher
        };
        open.cipher = Some(cipher.clone());
        Ok(cipher)
    }
}

impl Sealer for Vault {
    fn seal(&self, plain: &str) -> Result<String, Error> {
        seal(&self.cipher()?, plain)
    }

    fn open(&self, sealed: &str) -> Result<String, Error> {
        unseal(&self.cipher()?, sealed).ok_or_else(|| {
            Error::Secret("a secret cannot be opened: its sealed form is damaged".to_owned())
        })
    }
}

fn derive(passphrase: &str, salt: &[u8]) -> Aes256Gcm {
    let mut key = [0_u8; 32];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(passphrase.as_bytes(), salt, ROUNDS, &mut key);
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(key))
}

fn reopened(passphrase: &str, stored: &str) -> Result<Aes256Gcm, Error> {
    let damaged = || Error::Secret("the encryption salt is damaged".to_owned());
    let (salt, known) =
        stored.strip_prefix("v1:").and_then(|rest| rest.split_once(':')).ok_or_else(damaged)?;
    let cipher = derive(passphrase, &STANDARD.decode(salt).map_err(|_| damaged())?);
    match unseal(&cipher, known).as_deref() {
        Some(KNOWN) => Ok(cipher),
        _ => Err(Error::Secret("the passphrase is wrong".to_owned())),
    }
}

fn seal(cipher: &Aes256Gcm, plain: &str) -> Result<String, Error> {
    let nonce = random::<12>();
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), plain.as_bytes())
        .map_err(|_| Error::Secret("a secret is too long to be sealed".to_owned()))?;
    Ok(format!("v1:{}:{}", STANDARD.encode(nonce), STANDARD.encode(sealed)))
}

fn unseal(cipher: &Aes256Gcm, sealed: &str) -> Option<String> {
    let (nonce, sealed) = sealed.strip_prefix("v1:")?.split_once(':')?;
    let nonce: [u8; 12] = STANDARD.decode(nonce).ok()?.try_into().ok()?;
    let plain =
        cipher.decrypt(&Nonce::from(nonce), STANDARD.decode(sealed).ok()?.as_slice()).ok()?;
    String::from_utf8(plain).ok()
}
