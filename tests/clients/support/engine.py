"""A container engine of the tests' own: Podman's service with its own storage, and an image made of this machine's busybox."""

import io
import resource
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

IMAGE = "localhost/refit-test:1"
TOOLS = ["sh", "cat", "echo", "wc", "sleep", "sed", "nc", "tr", "head"]


def missing():
    """What this machine lacks to run containers; nothing when it lacks nothing."""
    lacks = [name for name in ("podman", "runc", "conmon", "busybox") if not shutil.which(name)]
    # ldd fails for what needs no library.
    if not lacks and subprocess.run(["ldd", shutil.which("busybox")], capture_output=True).returncode == 0:
        lacks.append("busybox without libraries (Debian's busybox-static)")
    return ", ".join(lacks)


def image_archive(**programs):
    """A root file system with busybox and these programs by name."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        def add(name, content=None, link=None, mode=0o755):
            entry = tarfile.TarInfo(name)
            entry.mode = mode
            if link:
                entry.type, entry.linkname = tarfile.SYMTYPE, link
            elif content is None:
                entry.type = tarfile.DIRTYPE
            else:
                entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content or b""))
        for folder in ("bin", "etc", "tmp", "proc", "dev", "sys", "opt", "opt/ml"):
            add(folder)
        add("bin/busybox", Path(shutil.which("busybox")).resolve().read_bytes())
        for tool in TOOLS:
            add(f"bin/{tool}", link="busybox")
        for name, text in programs.items():
            add(f"bin/{name}", text.encode())
    return archive.getvalue()


class Engine:
    """The service, while it is used as a context; `address` is what DOCKER_HOST is to be."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.socket = self.folder / "podman.sock"
        self.address = f"unix://{self.socket}"
        self.process = None
        config = self.folder / "containers.conf"
        processes = int(Path("/proc/sys/kernel/pid_max").read_text())
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        config.write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n')
        self.command = ["podman", "--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run")]
        self.variables = {"CONTAINERS_CONF": str(config), "PATH": "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.folder)}

    def podman(self, *arguments, **options):
        return subprocess.run([*self.command, *arguments], env=self.variables, capture_output=True, timeout=120, **options)

    def __enter__(self):
        log = open(self.folder / "podman.log", "w")
        self.process = subprocess.Popen([*self.command, "system", "service", "--time=0", self.address], env=self.variables, stdout=log, stderr=log)
        for _ in range(200):
            if self.socket.exists():
                return self
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError((self.folder / "podman.log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.podman("rm", "--all", "--force")
        self.podman("unmount", "--all")
        self.podman("rmi", "--all", "--force")
