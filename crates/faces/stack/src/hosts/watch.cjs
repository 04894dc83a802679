// Ends the program and what it started when refit, which holds the other end of standard input, is gone.
const end = () => {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1);
  }
};
process.stdin.on("end", end).on("error", end).resume();
process.stdin.unref?.();
