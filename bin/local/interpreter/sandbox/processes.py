"""What /proc tells of the processes in the sandbox, the keeper left out."""
import os


def fields_of(path):
    """The lines of a status file by their names; none of a process that is gone."""
    try:
        with open(path, "rb") as file:
            return dict(line.split(b":", 1) for line in file.read().splitlines() if b":" in line)
    except OSError:
        return {}


def every():
    """The ids of all processes, the dead included that nobody has asked about."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]


def is_alive(fields):
    return bool(fields) and not fields[b"State"].split()[0] in (b"Z", b"X")


def descendants(root):
    """The ids of all processes that `root` has started, and those that they have, as long as they have parents among them."""
    children = {}
    for pid in every():
        fields = fields_of(f"/proc/{pid}/status")
        if is_alive(fields):
            children.setdefault(int(fields[b"PPid"]), []).append(pid)
    found = list(children.get(root, []))
    for pid in found:
        found.extend(children.get(pid, []))
    return found
