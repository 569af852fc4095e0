/**
 * From now on this process ends when the one that forked it is gone, killed too, and at once if that has happened already: a message
 * that nobody listened for does not come again. It does not wait for what an engine computes, which nobody asks for any more.
 */
export function endWithParent(): void {
  process.on("disconnect", endAtOnce);
  if (!process.connected) endAtOnce();
}

function endAtOnce(): void {
  process.kill(process.pid, "SIGKILL");
}
