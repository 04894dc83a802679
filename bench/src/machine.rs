//! What the machine itself can do, and what processes used of it.

use crate::Plan;
use crate::table::{Row, Table, percentile};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// The limits that rows are compared with.
pub(crate) struct Limits {
    /// Appends of 4 KiB, each made durable, per second.
    pub(crate) syncs_per_second: f64,
    /// One request and answer of 1 KiB over loopback, in milliseconds.
    pub(crate) round_trip_ms: f64,
}

/// Measures the disk and the loopback interface.
pub(crate) fn measure(plan: &Plan, table: &mut Table) -> Limits {
    table.section("machine");
    let mut times = syncs(plan);
    let per_second = per_second(&times);
    times.sort_by(f64::total_cmp);
    table.add(Row::new("fdatasync of a 4 KiB append", per_second, "/s"));
    table.add(Row::new("fdatasync p50", percentile(&times, 0.5), "ms"));
    table.add(Row::new("fdatasync p99", percentile(&times, 0.99), "ms"));
    let round_trip_ms = round_trip_ms();
    table.add(Row::new("loopback round trip of 1 KiB", round_trip_ms, "ms"));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    table.add(Row::new("processors", threads as f64, ""));
    Limits { syncs_per_second: per_second, round_trip_ms }
}

fn per_second(times: &[f64]) -> f64 {
    times.len() as f64 / times.iter().sum::<f64>() * 1000.0
}

/// Durable appends of 4 KiB per second, as of now: a disk that others share is not the same for a whole run.
pub(crate) fn syncs_per_second(plan: &Plan) -> f64 {
    per_second(&syncs(plan))
}

/// Times of durable appends, in milliseconds, for two seconds.
fn syncs(plan: &Plan) -> Vec<f64> {
    let folder = plan.fresh("sync");
    let mut file = fs::File::create(folder.join("file")).expect("the folder can be written");
    let page = [7_u8; 4096];
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        let before = Instant::now();
        file.write_all(&page).and_then(|()| file.sync_data()).expect("the disk has room");
        times.push(ms(before.elapsed()));
    }
    times
}

fn round_trip_ms() -> f64 {
    const ROUNDS: u32 = 5_000;
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let echo = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        stream.set_nodelay(true).expect("it is open");
        let mut bytes = [0; 1024];
        while stream.read_exact(&mut bytes).is_ok() {
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
    });
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("it is open");
    let mut bytes = [1; 1024];
    let before = Instant::now();
    for _ in 0..ROUNDS {
        stream.write_all(&bytes).and_then(|()| stream.read_exact(&mut bytes)).expect("it echoes");
    }
    let elapsed = ms(before.elapsed());
    drop(stream);
    let _ended = echo.join();
    elapsed / f64::from(ROUNDS)
}

/// A duration in milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Processor time that a process has used so far, in microseconds: all threads, user and system. In steps of 10 ms.
pub(crate) fn cpu_us(process: &str) -> f64 {
    // 14 and 15 are user and system time in ticks; the name in parentheses may hold spaces.
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text.rsplit(") ").next().unwrap_or_default();
    let ticks: f64 =
        fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks * 10_000.0
}

/// Resident memory of a process in MiB.
pub(crate) fn rss_mib(process: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kib = line.trim().trim_end_matches(" kB").trim().parse::<f64>();
    kib.unwrap_or(f64::NAN) / 1024.0
}

/// Bytes of all files below a folder.
pub(crate) fn bytes_below(folder: &std::path::Path) -> f64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0.0 };
    let mut total = 0.0;
    for entry in entries.flatten() {
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => total += bytes_below(&entry.path()),
            Ok(metadata) => total += metadata.len() as f64,
            Err(_) => {}
        }
    }
    total
}
