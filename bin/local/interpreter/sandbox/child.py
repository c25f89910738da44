"""A child of the keeper: with limits, and with what it writes gathered as it comes."""
import ctypes, fcntl, json, os, resource, selectors, signal, subprocess, sys
from processes import descendants

INIT = os.getpid() == 1
HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.environ["WORK"]
ADDRESS_BYTES = int(os.environ["ADDRESS_BYTES"])
PROCESSES = int(os.environ["PROCESSES"])
NODE = os.environ.get("NODE")
CHILD_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": WORK,
    "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": os.environ.get("TMPDIR", "/tmp"),
}
ANSWER_BYTES = 64 * 1024 * 1024
# The most that a pipe of an ordinary user holds.
PIPE_BYTES = 1024 * 1024

PR_SET_CHILD_SUBREAPER = 36
# Of a tree of processes that grows while it is being ended.
KILL_ROUNDS = 50

libc = ctypes.CDLL(None)
selector = selectors.DefaultSelector()


def limit(argv, adopts):
    """Before the program. When it `adopts`, it stays the ancestor of all that is started by what it starts."""

    def apply():
        def lower(what, value):
            hard = resource.getrlimit(what)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(what, (value, value))

        lower(resource.RLIMIT_CORE, 0)
        lower(resource.RLIMIT_NOFILE, 1024)
        if INIT:
            if adopts:
                libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            lower(resource.RLIMIT_NPROC, PROCESSES)
            if argv[0] != NODE:
                lower(resource.RLIMIT_AS, ADDRESS_BYTES)

    return apply


def widen(pipe):
    """Lets a program that writes without end do so in fewer and larger pieces, which keeps this machine less busy."""
    try:
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (AttributeError, OSError):
        pass


def send_kill(send, target):
    try:
        send(target, signal.SIGKILL)
    except OSError:
        pass


class Process:
    """A child with what it has written, of which no more than `keep` bytes each are kept."""

    def __init__(self, argv, keep, stdin=None, channel=False):
        self.keep, self.stdout, self.stderr, self.cut = keep, bytearray(), bytearray(), False
        self.reason = None
        self.code = None
        ends = [os.pipe(), os.pipe()] if channel else []
        try:
            self.popen = subprocess.Popen(
                ([sys.executable, os.path.join(HERE, "channel.py")] if channel else []) + argv,
                cwd=WORK, env=dict(CHILD_ENVIRONMENT, **({"CHANNEL": f"{ends[0][0]},{ends[1][1]}"} if channel else {})),
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                # A language lives for long, and would gather the dead that it knows nothing of.
                preexec_fn=limit(argv, adopts=not channel),
                pass_fds=[ends[0][0], ends[1][1]] if channel else [])
        except BaseException:
            for end in sum(ends, ()):
                os.close(end)
            raise
        self.ask, self.told = (ends[0][1], ends[1][0]) if channel else (None, None)
        for end in [ends[0][0], ends[1][1]] if channel else []:
            os.close(end)
        self.answer = bytearray()
        self.pending = bytearray(stdin or b"")
        for pipe in (self.popen.stdout, self.popen.stderr):
            widen(pipe)
        self.watch(self.popen.stdout.fileno(), selectors.EVENT_READ, lambda: self.read(self.popen.stdout, self.stdout))
        self.watch(self.popen.stderr.fileno(), selectors.EVENT_READ, lambda: self.read(self.popen.stderr, self.stderr))
        if stdin is not None:
            self.watch(self.popen.stdin.fileno(), selectors.EVENT_WRITE, self.write)
        if channel:
            os.set_blocking(self.ask, False)
            self.watch(self.told, selectors.EVENT_READ, self.listen)

    def watch(self, fd, events, call):
        os.set_blocking(fd, False)
        selector.register(fd, events, call)

    def read(self, pipe, kept):
        """Takes what there is; gives False at the end."""
        try:
            data = os.read(pipe.fileno(), PIPE_BYTES)
        except BlockingIOError:
            return True
        if not data:
            self.unwatch(pipe.fileno())
            return False
        room = self.keep - len(kept)
        kept.extend(data[:max(room, 0)])
        self.cut = self.cut or len(data) > room
        return True

    def drain(self):
        """Reads what is in the pipes already, and not what is still being written without end."""
        for pipe, kept in ((self.popen.stdout, self.stdout), (self.popen.stderr, self.stderr)):
            for _ in range(8):
                if pipe.closed or pipe.fileno() not in selector.get_map() or not self.read(pipe, kept):
                    break

    def write(self):
        try:
            sent = os.write(self.popen.stdin.fileno(), self.pending[:65536])
            del self.pending[:sent]
        except BlockingIOError:
            return
        except OSError:
            self.pending.clear()
        if not self.pending:
            self.unwatch(self.popen.stdin.fileno())
            self.popen.stdin.close()

    def send(self, message):
        """To a language; it reads one message at a time, so that the pipe is empty and a long one goes in by and by."""
        self.pending = bytearray(json.dumps(message).encode() + b"\n")
        selector.register(self.ask, selectors.EVENT_WRITE, self.pass_on)

    def pass_on(self):
        try:
            sent = os.write(self.ask, self.pending[:65536])
            del self.pending[:sent]
        except BlockingIOError:
            return
        except OSError:
            self.pending.clear()
        if not self.pending:
            self.unwatch(self.ask)

    def listen(self):
        try:
            data = os.read(self.told, 262144)
        except BlockingIOError:
            return
        if not data:
            self.unwatch(self.told)
        self.answer.extend(data)
        if len(self.answer) > ANSWER_BYTES:
            self.answer.clear()

    def answers(self):
        """The answers that have come as a whole; what is none is left out."""
        *lines, rest = bytes(self.answer).split(b"\n")
        self.answer[:] = rest
        for line in lines:
            try:
                answer = json.loads(line)
                yield answer["nonce"], int(answer["exitCode"]), [str(image) for image in answer.get("images", [])]
            except (ValueError, KeyError, TypeError, RecursionError):
                pass

    def unwatch(self, fd):
        if fd in selector.get_map():
            selector.unregister(fd)

    def kill(self, reason):
        """Ends the process, what is in its group, and what has left that."""
        self.reason = self.reason or reason
        # Before itself, whose end would make them children of others.
        for _ in range(KILL_ROUNDS if INIT else 0):
            left = descendants(self.popen.pid)
            if not left:
                break
            for pid in left:
                send_kill(os.kill, pid)
        send_kill(os.killpg, self.popen.pid)

    def close(self):
        for pipe in (self.popen.stdout, self.popen.stderr, self.popen.stdin):
            if pipe is not None and not pipe.closed:
                self.unwatch(pipe.fileno())
                pipe.close()
        for fd in (self.ask, self.told):
            if fd is not None:
                self.unwatch(fd)
                os.close(fd)

    def taken(self):
        """What was written since the last time."""
        output = dict(stdout=self.stdout.decode("utf8", "replace"), stderr=self.stderr.decode("utf8", "replace"), cut=self.cut)
        self.stdout.clear(), self.stderr.clear()
        self.cut = False
        return output
