// Runs as a process of its own and outlives the runner by a moment: it is told every process group that the runner
// starts and, when the channel to the runner closes for whatever reason (SIGKILL included), ends those that are left.
// It has no imports, so that Node runs it as it is.
{
  const groups = new Set<number>();

  process.on('message', (message: { readonly watch?: number; readonly forget?: number }) => {
    if (message.watch !== undefined) groups.add(message.watch);
    if (message.forget !== undefined) groups.delete(message.forget);
  });

  process.on('disconnect', () => {
    for (const group of groups) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {
        // The group ended by itself.
      }
    }
    process.exit(0);
  });

  // Signals to the terminal's foreground group are for the runner, whose end is what matters here.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
}
