//! Where to send, as OpenTelemetry's environment variables say it.

use std::time::Duration;

/// How often metrics are sent.
// Facts: OpenTelemetry specification, OTEL_METRIC_EXPORT_INTERVAL.
const METRICS_EVERY: Duration = Duration::from_mins(1);

/// Why the settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A protocol that is not spoken.
    #[error("OTEL_EXPORTER_OTLP_PROTOCOL is {0}, and refit speaks http/json only")]
    Protocol(String),
    /// The address cannot be called.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT cannot be used: {0}")]
    Endpoint(String),
    /// Not `name=value,…`.
    #[error("OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value")]
    Headers,
    /// Not a number of milliseconds.
    #[error("OTEL_METRIC_EXPORT_INTERVAL is not a number of milliseconds from 1000 on")]
    Interval,
}

/// Where to send what, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// The collector, without a slash at the end.
    pub endpoint: String,
    /// Headers of every request: they may hold a key, so they are never shown.
    pub headers: Vec<(String, String)>,
    /// `service.name`.
    pub service_name: String,
    /// How often metrics are sent.
    pub metrics_every: Duration,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Settings").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Settings {
    /// The settings, read by `variable`; `None` when no collector is named.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Error> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let Some(endpoint) = variable("OTEL_EXPORTER_OTLP_ENDPOINT") else { return Ok(None) };
        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        if let Some(other) =
            variable("OTEL_EXPORTER_OTLP_PROTOCOL").filter(|protocol| protocol != "http/json")
        {
            return Err(Error::Protocol(other));
        }
        outbound::check_url(&endpoint).map_err(|error| Error::Endpoint(error.to_string()))?;
        let headers = match variable("OTEL_EXPORTER_OTLP_HEADERS") {
            Some(text) => headers(&text).ok_or(Error::Headers)?,
            None => Vec::new(),
        };
        let metrics_every = match variable("OTEL_METRIC_EXPORT_INTERVAL") {
            Some(text) => text.parse().ok().filter(|ms| *ms >= 1000).ok_or(Error::Interval)?,
            None => METRICS_EVERY.as_millis() as u64,
        };
        Ok(Some(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            headers,
            service_name: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "refit".to_owned()),
            metrics_every: Duration::from_millis(metrics_every),
        }))
    }
}

fn headers(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((name.trim().to_owned(), unescaped(value.trim())))
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(pair).collect()
}

/// With `%20` and the like read.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, Error> {
        Settings::read(|name| {
            let found =
                variables.iter().find(|(own, _)| own.ends_with(name.trim_start_matches("OTEL_")));
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables() {
        let here = ("EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/");
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("EXPORTER_OTLP_ENDPOINT", "")]), Ok(None));
        assert_eq!(read(&[here, ("SDK_DISABLED", "true")]), Ok(None));
        let found =
            read(&[here, ("EXPORTER_OTLP_HEADERS", "api-key=a%20b=c, x=1")]).unwrap().unwrap();
        assert_eq!(found.endpoint, "http://127.0.0.1:4318");
        assert_eq!(found.headers[0], ("api-key".to_owned(), "a b=c".to_owned()));
        assert_eq!(found.headers[1].0, "x");
        for (wrong, error) in [
            (("EXPORTER_OTLP_PROTOCOL", "grpc"), Error::Protocol("grpc".to_owned())),
            (("EXPORTER_OTLP_HEADERS", "novalue"), Error::Headers),
            (("METRIC_EXPORT_INTERVAL", "-1"), Error::Interval),
        ] {
            assert_eq!(read(&[here, wrong]), Err(error));
        }
        let elsewhere = read(&[("EXPORTER_OTLP_ENDPOINT", "http://collector:4318")]);
        assert!(matches!(elsewhere, Err(Error::Endpoint(_))));
    }
}
