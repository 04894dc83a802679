//! What this machine has.

use std::fs;

use super::Resources;

/// What this machine has, as far as the operating system tells: processors this process may use,
/// memory of the machine or of the control group if that is less, NVIDIA devices.
pub fn machine() -> Resources {
    let vcpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_mib(&text));
    let group_limit = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .into_iter()
        .filter_map(|path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok())
        .map(|bytes| bytes / (1024 * 1024))
        .min();
    // A machine that does not tell has at least this much.
    let memory_mib = memory.unwrap_or(1024).min(group_limit.unwrap_or(u64::MAX));
    Resources { vcpus: u32::try_from(vcpus).unwrap_or(u32::MAX), memory_mib, gpus: gpus() }
}

fn total_mib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

/// NVIDIA devices are `/dev/nvidia0`, `/dev/nvidia1`, …
fn gpus() -> u32 {
    let Ok(entries) = fs::read_dir("/dev") else { return 0 };
    let is_gpu =
        |name: &str| name.strip_prefix("nvidia").is_some_and(|it| it.parse::<u32>().is_ok());
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    u32::try_from(names.filter(|name| is_gpu(name)).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_kernel() {
        assert_eq!(total_mib("MemTotal:       24117248 kB\nMemFree: 1 kB\n"), Some(23552));
        assert_eq!(total_mib("nothing"), None);
        assert!(machine().vcpus > 0 && machine().memory_mib > 0);
    }
}
