"""How much memory everything in the sandbox uses together, the content of its files left out, which have limits of their own.

Nothing in the sandbox is asked: what is read here cannot be hidden by what runs there. What the kernel would not tell, the
sandbox cannot have (system-calls.ts), but for memory that processes have shared and no longer map: `is_short` finds that.
"""
import os
from processes import every, fields_of

SOCKET_BYTES = int(os.environ["SOCKET_BYTES"])
RESERVE_BYTES = int(os.environ["RESERVE_BYTES"])
# An inode of a file system in memory, with the entry that names it: names are up to 255 bytes long.
INODE_BYTES = 2048
FILE_SYSTEMS = [os.environ["WORK"], "/tmp", "/dev/shm"]
# Of the files that list sockets; those that wait for the end of their time after the end of a connection hold nothing.
SOCKET_LISTS = ["unix", "netlink", "tcp", "tcp6", "udp", "udp6", "icmp", "icmp6"]
TIME_WAIT = b"06"
# Of those of the kernel itself, which every network has.
NO_PORT = b"0"
# What a queued byte may take: one that was sent alone has a buffer to itself.
QUEUED_BYTE_BYTES = 1024


def most_of_queue(direction, default):
    """To what the kernel lets the buffer of a connection grow by itself."""
    try:
        with open(f"/proc/sys/net/ipv4/tcp_{direction}mem", "rb") as file:
            return int(file.read().split()[2])
    except OSError:
        return default


READ_QUEUE_BYTES = most_of_queue("r", 6 * 1024 * 1024)
WRITE_QUEUE_BYTES = most_of_queue("w", 4 * 1024 * 1024)


def kilobytes(fields, *names):
    return sum(int(fields[name].split()[0]) for name in names if name in fields) * 1024


def of_process(pid):
    """Its pages and the tables of them, also when its first thread has ended, which then tells nothing any more."""
    names = (b"VmRSS", b"VmSwap", b"VmPTE")
    fields = fields_of(f"/proc/{pid}/status")
    if b"VmRSS" in fields or int(fields.get(b"Threads", b"0")) < 2:
        return kilobytes(fields, *names)
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return 0
    return max((kilobytes(fields_of(f"/proc/{pid}/task/{thread}/status"), *names) for thread in threads), default=0)


def of_connection(fields):
    """Idle ones, which programs have many of, do not count with what their queues could grow to."""
    if fields[3] == TIME_WAIT:
        return 0
    written, unread = (int(queued, 16) * QUEUED_BYTE_BYTES for queued in fields[4].split(b":"))
    return SOCKET_BYTES + min(written, WRITE_QUEUE_BYTES) + min(unread, READ_QUEUE_BYTES)


def of_socket(kind, fields):
    if kind.startswith("tcp"):
        return of_connection(fields)
    return 0 if kind == "netlink" and fields[2] == NO_PORT else SOCKET_BYTES


def of_sockets():
    """By the most that each may hold: what waits in them, and in those that nobody has open any more, is told by no process."""
    total = 0
    for name in SOCKET_LISTS:
        try:
            with open(f"/proc/net/{name}", "rb") as file:
                lines = file.read().splitlines()[1:]
        except OSError:
            continue
        total += sum(of_socket(name, line.split()) for line in lines)
    return total


def of_inodes():
    """Each file takes memory beside its content, which limits on sizes do not cover."""
    return sum(found.f_files - found.f_ffree for found in map(os.statvfs, FILE_SYSTEMS)) * INODE_BYTES


def used():
    return sum(map(of_process, every())) + of_sockets() + of_inodes()


def is_short():
    """Whether the machine itself has little memory left, whoever uses it."""
    return kilobytes(fields_of("/proc/meminfo"), b"MemAvailable") < RESERVE_BYTES
