//! The release binary as a process: started, asked, watched, stopped.

use crate::Plan;
use crate::http::{Connection, Target};
use crate::machine::{Limits, cpu_us, ms, rss_mib};
use crate::table::{Row, Table, percentile};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use wire::sigv4::Credentials;

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    pub(crate) host: String,
    folder: PathBuf,
    /// From the process's start to its first answer.
    pub(crate) first_answer: Duration,
}

impl Server {
    /// Starts the binary and waits for its first answer to a call.
    pub(crate) async fn start(plan: &Plan, folder: &Path, more: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let host = listener.local_addr().expect("it is bound").to_string();
        drop(listener);
        let probe = Target { host: host.clone(), credentials: nobody() };
        let probe = probe.states("ListStateMachines", &json!({}));
        let begun = Instant::now();
        let child = Command::new(&plan.binary)
            .arg("--data")
            .arg(folder)
            .args(["serve", "--listen", &host])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .env("REFIT_LOG", "warn,s3s=off")
            .spawn()
            .expect("the binary of --binary can be run");
        loop {
            if let Ok(mut connection) = Connection::open(&host).await
                && connection.call(&probe).await.is_ok()
            {
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        let first_answer = begun.elapsed();
        Self { child, host, folder: folder.to_owned(), first_answer }
    }

    /// The server as its administrator calls it.
    pub(crate) fn target(&self) -> Target {
        let file = self.folder.join("credentials");
        let text =
            std::fs::read_to_string(file).expect("the server writes its administrator's key");
        let find = |name: &str| {
            let mut pairs = text.lines().filter_map(|line| line.split_once('='));
            let found = pairs.find(|(key, _)| key.trim() == name);
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let credentials = Credentials {
            access_key_id: find("aws_access_key_id"),
            secret_access_key: find("aws_secret_access_key"),
            session_token: None,
        };
        Target { host: self.host.clone(), credentials }
    }

    fn process(&self) -> String {
        self.child.id().to_string()
    }

    pub(crate) fn cpu_us(&self) -> f64 {
        cpu_us(&self.process())
    }

    pub(crate) fn rss_mib(&self) -> f64 {
        rss_mib(&self.process())
    }

    /// Kills it, as a crash does.
    pub(crate) fn kill(&mut self) {
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A key that only open servers accept.
fn nobody() -> Credentials {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "none".to_owned(),
        session_token: None,
    }
}

/// One thread is enough to generate load, and leaves the other processors to the server.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("threads can be made")
}

/// Makes a role and a state machine of these states; answers its ARN.
pub(crate) async fn machine(target: &Target, name: &str, kind: &str, definition: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    // A form: IAM speaks another protocol; the role may be there already.
    create_role(target, &trust).await;
    let input = json!({"name": name, "type": kind, "definition": definition,
        "roleArn": "arn:aws:iam::000000000000:role/bench"});
    let made = target.call(&target.states("CreateStateMachine", &input)).await;
    made["stateMachineArn"].as_str().expect("it has an ARN").to_owned()
}

async fn create_role(target: &Target, trust: &Value) {
    let mut encoded = String::new();
    for byte in trust.to_string().bytes() {
        let escaped = format!("%{byte:02X}");
        encoded.push_str(&escaped);
    }
    let body = format!(
        "Action=CreateRole&Version=2010-05-08&RoleName=bench&AssumeRolePolicyDocument={encoded}"
    );
    let request = target.form("iam", &body);
    let mut connection = Connection::open(&target.host).await.expect("the server listens");
    let answer = connection.call(&request).await.expect("the server answers");
    assert!([200, 409].contains(&answer.status), "{}", String::from_utf8_lossy(answer.body));
}

/// Cold start, memory and idle processor time.
pub(crate) fn measure_start(plan: &Plan, _limits: &Limits, table: &mut Table) {
    runtime().block_on(async {
        let mut times = Vec::new();
        for round in 0..10 {
            let folder = plan.fresh(&format!("start-{round}"));
            let server = Server::start(plan, &folder, &["--open"]).await;
            times.push(ms(server.first_answer));
        }
        times.sort_by(f64::total_cmp);
        table.add(
            Row::new("empty directory to first answered call, p50", percentile(&times, 0.5), "ms")
                .most(30.0),
        );
        let server = Server::start(plan, &plan.fresh("idle"), &["--open"]).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        table.add(Row::new("resident memory, idle", server.rss_mib(), "MiB").most(25.0));
        let before = server.cpu_us();
        tokio::time::sleep(Duration::from_secs(10)).await;
        let share = (server.cpu_us() - before) / 1e7 * 100.0;
        table.add(Row::new("processor time, idle", share, "%").most(0.1));
        let size = std::fs::metadata(&plan.binary).map_or(0, |metadata| metadata.len());
        table.add(Row::new("size of the binary", size as f64 / 1_048_576.0, "MiB"));
    });
}
