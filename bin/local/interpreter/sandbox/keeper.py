"""Runs what a session asks for, inside its sandbox: the only process that talks to the world outside.

Requests come as JSON lines on descriptor 3, replies go as JSON lines to descriptor 4. In the sandbox this is process 1, so
that nothing which runs in it can end it; it takes care of every process there, and of what they use together.

Limits come in the environment: MEMORY_BYTES (of all processes), ADDRESS_BYTES (of each), PROCESSES, WORK (the directory),
RESERVE_BYTES (of this machine, left for others), SOCKET_BYTES (that a socket may hold).
"""
import ctypes, errno, json, os, selectors, signal, subprocess, sys, time
from child import HERE, INIT, NODE, Process, selector
import memory
from processes import every

MEMORY_BYTES = int(os.environ["MEMORY_BYTES"])
LANGUAGES = {"python": [sys.executable, "-u", os.path.join(HERE, "python-session.py")]}
if NODE:
    # V8 reserves more addresses than it uses, so that its own limit stands in for that on addresses.
    LANGUAGES["javascript"] = [NODE, "--max-old-space-size=512", "--disable-warning=ExperimentalWarning",
                               os.path.join(HERE, "node-session.mjs")]
WATCH_SECONDS = 0.1
GRACE_SECONDS = 2.0

ENDINGS = {
    "memory": "the files or sockets of the session took more memory than there is for all of it",
    "machine": "this machine has too little memory left",
}

running = {}
sessions = {}


def reply(request_id, **content):
    data = json.dumps({"id": request_id, **content}).encode() + b"\n"
    while data:
        data = data[os.write(4, data):]


def harden():
    """Nothing in the sandbox may look into this process, and the kernel shall end what runs in it before anything else."""
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    PR_SET_DUMPABLE = 4
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


class Call:
    """Something that was asked for and is not over yet."""

    def __init__(self, request, process, language=None):
        self.id, self.process, self.language = request["id"], process, language
        # What the code itself writes to the channel is not taken for the answer.
        self.nonce = os.urandom(16).hex()
        self.began = time.monotonic()
        seconds = request.get("seconds")
        self.deadline = None if seconds is None else self.began + seconds
        self.seconds = seconds
        self.interrupted = False

    def is_late(self, now):
        return self.deadline is not None and now >= self.deadline

    def expire(self, now):
        """Python gets the chance to give up what it does and keep its variables."""
        if self.language == "python" and not self.interrupted:
            self.interrupted, self.deadline = True, now + GRACE_SECONDS
            self.process.popen.send_signal(signal.SIGINT)
        else:
            self.process.kill("time")
            self.deadline = None

    def finish(self, **content):
        elapsed = time.monotonic() - self.began
        reply(self.id, elapsed=elapsed, reason=self.process.reason, **self.process.taken(), **content)


def start_run(request):
    stdin = request.get("stdin")
    process = Process(request["argv"], request["keep"], None if stdin is None else stdin.encode())
    running[request["id"]] = Call(request, process)


def start_code(request):
    language = request["language"]
    if any(call.language == language for call in running.values()):
        reply(request["id"], failure=f"another execution of {language} code is still running in this session")
        return
    if language not in LANGUAGES:
        reply(request["id"], failure=f"{language} is not available in this local run: no Node.js that the sandbox can read")
        return
    if request.get("clear") and language in sessions:
        end_session(language)
    if language not in sessions:
        sessions[language] = Process(LANGUAGES[language], request["keep"], channel=True)
    process = sessions[language]
    process.drain()
    process.taken()
    call = Call(request, process, language)
    process.send({"nonce": call.nonce, "code": request["code"], "typescript": request.get("typescript", False),
                  "seconds": request["seconds"]})
    running[request["id"]] = call


def end_session(language):
    process = sessions.pop(language)
    process.kill("cleared")
    process.close()


def look_at(request):
    call = running.get(request["of"])
    if call is None:
        reply(request["id"], running=False)
    else:
        process = call.process
        process.drain()
        reply(request["id"], running=True, stdout=process.stdout.decode("utf8", "replace"),
              stderr=process.stderr.decode("utf8", "replace"))


def cancel(request):
    call = running.get(request["of"])
    if call is not None:
        call.process.kill("canceled")
    reply(request["id"], running=call is not None)


def start_files(request):
    start_run(dict(request, argv=[sys.executable, os.path.join(HERE, "files.py")]))


OPERATIONS = {"run": start_run, "files": start_files, "code": start_code, "look": look_at, "cancel": cancel}


def handle(line):
    request = json.loads(line)
    try:
        OPERATIONS[request["op"]](request)
    except OSError as error:
        # The limit on processes leaves no room for another one.
        reply(request["id"], failure=f"it cannot be started: {os.strerror(error.errno or errno.EAGAIN)}")
    except subprocess.SubprocessError as error:
        reply(request["id"], failure=f"it cannot be started: {error}")


def reap(options=os.WNOHANG):
    """Notes which children ended; as process 1, also those that others have left behind. With 0, waits until none is left."""
    own = {process.popen.pid: process for process in [*(call.process for call in running.values()), *sessions.values()]}
    if INIT:
        while True:
            try:
                pid, status = os.waitpid(-1, options)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid in own:
                own[pid].code = own[pid].popen.returncode = os.waitstatus_to_exitcode(status)
    else:
        for process in own.values():
            process.code = process.popen.poll()


def settle():
    """Replies to the calls that are over."""
    for call_id, call in list(running.items()):
        process = call.process
        answer = next((one for one in process.answers() if one[0] == call.nonce), None) if call.language else None
        if answer is not None:
            process.drain()
            del running[call_id]
            call.finish(exitCode=answer[1], images=answer[2])
        elif process.code is not None:
            process.drain()
            del running[call_id]
            code = process.code if process.code >= 0 else 128 - process.code
            call.finish(exitCode=code, ended=call.language is not None)
            sessions.pop(call.language, None)
            process.close()
    for language, process in list(sessions.items()):
        if process.code is not None:
            del sessions[language]
            process.close()


def excess():
    """Why everything has to be ended, if it has: the limits of each process do not add up to one."""
    if memory.used() > MEMORY_BYTES:
        return "memory"
    return "machine" if memory.is_short() else None


def end_everything(reason):
    for process in [*(call.process for call in running.values()), *sessions.values()]:
        process.reason = process.reason or reason
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass
    # Before anything is replied: what is asked for next must neither find one of them nor pay for its memory.
    reap(0)
    settle()


def main():
    os.set_inheritable(3, False)
    os.set_inheritable(4, False)
    if INIT:
        harden()
    os.nice(5)
    wake, wake_end = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(wake_end, False)
    signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector.register(wake, selectors.EVENT_READ, lambda: os.read(wake, 4096))
    os.set_blocking(3, False)
    buffer = bytearray()
    is_open = True
    look = 0.0
    reason = None

    def receive():
        nonlocal is_open
        data = os.read(3, 1048576)
        is_open = bool(data)
        buffer.extend(data)
        if b"\n" in data:
            *lines, rest = bytes(buffer).split(b"\n")
            buffer[:] = rest
            for line in lines:
                handle(line)

    selector.register(3, selectors.EVENT_READ, receive)
    while is_open:
        deadlines = [call.deadline for call in running.values() if call.deadline is not None]
        wait = [max(min(deadlines) - time.monotonic(), 0)] if deadlines else []
        if INIT and (reason or every()):
            wait.append(WATCH_SECONDS)
        for key, _ in selector.select(min(wait) if wait else None):
            # What is no longer watched was closed by the one before.
            if key.fd in selector.get_map() and selector.get_map()[key.fd].data is key.data:
                key.data()
        reap()
        settle()
        now = time.monotonic()
        for call in list(running.values()):
            if call.is_late(now):
                call.expire(now)
        # Not with every piece of output, of which there may be thousands a second.
        if INIT and now >= look:
            reason = excess()
            if reason and not every():
                # What is left belongs to no process, so that only the end of the sandbox gives it back.
                sys.exit(ENDINGS[reason])
            if reason:
                end_everything(reason)
            look = now + WATCH_SECONDS / 2
    for process in [*(call.process for call in running.values()), *sessions.values()]:
        process.kill("stopped")


main()
