//! TLS that trusts what this machine trusts, or what `AWS_CA_BUNDLE` holds.

use rustls::ClientConfig;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The configuration, made once: reading the certificates takes time.
pub(crate) fn config() -> Result<ClientConfig, String> {
    static MADE: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(config) = MADE.get() {
        return Ok(config.clone());
    }
    let config = make()?;
    Ok(MADE.get_or_init(|| config).clone())
}

fn make() -> Result<ClientConfig, String> {
    let found = match std::env::var_os("AWS_CA_BUNDLE").filter(|file| !file.is_empty()) {
        Some(file) => rustls_native_certs::load_certs_from_paths(Some(Path::new(&file)), None),
        None => rustls_native_certs::load_native_certs(),
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
        return Err(format!(
            "no trusted certificates are on this machine (install ca-certificates){why}"
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
