//! The composition of the server: a store, the services, the loops, one port.

use crate::compose::{Composed, Parts, compose};
use crate::grammar::Serve;
use crate::home::{Announcement, Home};
use crate::own::Own;
use crate::report::Failure;
use gateway::Gateway;
use runner::ProcessRunner;
use service::{AwsError, Kit, SystemClock, SystemEntropy};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;
use store::{Blobs, SqliteStore};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The account that all resources belong to.
pub(crate) const ACCOUNT: &str = "000000000000";
/// The region of requests that name none.
pub(crate) const REGION: &str = "us-east-1";

/// A server that has recovered and is about to answer.
pub(crate) struct Server {
    listener: TcpListener,
    gateway: Arc<Gateway>,
    home: Home,
    /// `http://address:port`.
    pub(crate) url: String,
}

impl Server {
    /// Opens the data directory, recovers what ran, and takes the port.
    pub(crate) async fn start(home: Home, arguments: &Serve) -> Result<Self, Failure> {
        let Serve { listen, open, .. } = *arguments;
        if open && !listen.ip().is_loopback() {
            return Err(Failure::new(format!("--open is not allowed on {listen}")).hint(
                "it accepts any credentials as the administrator's, so it stays on 127.0.0.1",
            ));
        }
        let telemetry = telemetry::Settings::read(|name| std::env::var(name).ok())
            .map_err(|error| Failure::new("telemetry is set up wrong").because(error))?;
        home.create()?;
        let store = SqliteStore::open(home.path()).map_err(|error| store_failure(&error))?;
        let (listener, url) = bind(listen).await?;
        let kit = Kit::new(
            ACCOUNT,
            Arc::new(store),
            Arc::new(SystemClock::wall()),
            Arc::new(SystemEntropy),
        );
        let supervisor = vec![OsString::from("/proc/self/exe"), OsString::from("supervise")];
        match runner::groups::available() {
            Ok(place) => tracing::info!(place, "control groups keep the limits of jobs"),
            Err(why) => tracing::info!(why, "no control groups: the memory of jobs is watched"),
        }
        let executable = std::env::current_exe()?.into_os_string();
        let composed = compose(Parts {
            kit: kit.clone(),
            runner: Arc::new(ProcessRunner::new(home.jobs(), supervisor)?),
            blobs: Blobs::open(home.path()).map_err(|error| store_failure(&error))?,
            home: home.path().to_owned(),
            functions: home.path().join("functions"),
            algorithm_argv: vec![executable, OsString::from("algorithm")],
            url: url.clone(),
            capacity: runner::resources::machine(),
            forwarded: crate::forwarding::services(home.path())?,
            sendmail: std::env::var_os("REFIT_SENDMAIL").map(Into::into),
            keep_executions_days: arguments.keep_executions_days,
        })?;
        let administrator =
            composed.iam.administrator(&kit.platform_ctx(REGION)).await.map_err(aws)?;
        home.write_credentials(&administrator.access_key_id, &administrator.secret_access_key)?;
        let own = Own::new(&composed, home.path());
        if let Some(settings) = telemetry {
            own.export(settings);
        }
        composed.recover().await?;
        let Composed { iam, objects, .. } = composed;
        let gateway = Arc::new(Gateway {
            objects: Arc::new(Objects(s3::http::S3Http::new(objects, iam.clone(), open))),
            keys: iam,
            own: Arc::new(own),
            kit,
            open,
            region: REGION.to_owned(),
            shared: gateway::Shared::default(),
        });
        Ok(Self { listener, gateway, home, url })
    }

    /// Answers requests until `stop` turns true.
    pub(crate) async fn serve(self, stop: watch::Receiver<bool>) -> Result<(), Failure> {
        self.home.announce(&Announcement {
            pid: std::process::id(),
            url: self.url.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            region: REGION.to_owned(),
        })?;
        tracing::info!(url = self.url, data = %self.home.path().display(), "refit serves");
        gateway::serve(self.listener, self.gateway, stop).await;
        self.home.withdraw();
        tracing::info!("refit stopped; running jobs go on and are found again by the next server");
        Ok(())
    }
}

async fn bind(listen: SocketAddr) -> Result<(TcpListener, String), Failure> {
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::new(format!("cannot listen on {listen}")).because(error).hint(
            "another program has the port: name one with --listen 127.0.0.1:PORT or REFIT_LISTEN",
        )
    })?;
    let address = listener.local_addr()?;
    Ok((listener, format!("http://{address}")))
}

/// A service that cannot start.
pub(crate) fn aws(error: AwsError) -> Failure {
    Failure::new("the server cannot start").because(error)
}

fn store_failure(error: &store::Error) -> Failure {
    let failure = Failure::new("the server cannot use its data directory").because(error);
    match error {
        store::Error::Locked { .. } => {
            failure.hint("one server per data directory: stop the other with refit stop, or name another with --data DIR")
        }
        store::Error::Newer { .. } => {
            failure.hint("use the refit that wrote it, or another directory with --data DIR; nothing was changed")
        }
        store::Error::Full { .. } => failure.hint("free some space and start again; nothing was lost"),
        store::Error::Corrupt { .. } => failure.hint("restore the directory from a copy; nothing was changed"),
        _ => failure,
    }
}

/// S3 behind the gateway.
struct Objects(s3::http::S3Http);

#[async_trait::async_trait]
impl gateway::ObjectApi for Objects {
    async fn answer(
        &self,
        request: http::Request<hyper::body::Incoming>,
    ) -> http::Response<gateway::Body> {
        use http_body_util::BodyExt;
        self.0.answer(request).await.map(|body| body.map_err(Into::into).boxed_unsync())
    }
}
