// Runs as a process of its own and outlives the runner by a moment: it is told every process group that the runner
// starts and, when the channel to the runner closes for whatever reason (SIGKILL included), ends those that are left, with
// what their processes have started in groups of their own (git, for one).
// It has no imports, so that Node runs it as it is.
{
  const { readdirSync, readFileSync } = process.getBuiltinModule('node:fs');
  const groups = new Set<number>();

  /** Parent and group of every process; nothing where there is no /proc, as on macOS. */
  const processes = (): { readonly pid: number; readonly parent: number; readonly group: number }[] => {
    try {
      return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => {
          try {
            // "pid (name) state parent group …", and the name may have anything in it.
            const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
            const [, parent, group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
            return { pid: Number(pid), parent: Number(parent), group: Number(group) };
          } catch {
            // It has ended.
            return [];
          }
        });
    } catch {
      return [];
    }
  };

  /** Adds the groups of the descendants of all that is in `groups`. */
  const addDescendants = (): void => {
    const all = processes();
    const found = new Set<number>();
    for (let before = -1; before < found.size;) {
      before = found.size;
      for (const { pid, parent, group } of all) {
        if (!groups.has(group) && !found.has(parent)) continue;
        found.add(pid);
        groups.add(group);
      }
    }
  };

  process.on('message', (message: { readonly watch?: number; readonly forget?: number }) => {
    if (message.watch !== undefined) groups.add(message.watch);
    if (message.forget !== undefined) groups.delete(message.forget);
  });

  process.on('disconnect', () => {
    addDescendants();
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
