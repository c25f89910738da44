"""Reads, writes, lists and removes files for a session: one request as JSON on standard input, one answer on standard output.

It runs inside the sandbox, so that a link which the code has planted leads nowhere else.
"""
import base64, json, mimetypes, os, shutil, stat, sys

WORK = os.getcwd()


class Refused(Exception):
    pass


def inside(path):
    full = os.path.normpath(os.path.join(WORK, path))
    if path == "" or "\0" in path or not (full == WORK or full.startswith(WORK + os.sep)):
        raise Refused(f"{path!r} is not a path inside the directory of the session; give one relative to it")
    return full


def read(path):
    # A pipe without a writer would wait for ever.
    fd = os.open(inside(path), os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Refused(f"{path!r} is not a file")
        data = file.read()
    kind = mimetypes.guess_type(path)[0]
    content = {"uri": f"file:///{os.path.relpath(inside(path), WORK)}"}
    try:
        if b"\0" in data:
            raise ValueError
        return dict(content, type="text", mimeType=kind or "text/plain", text=data.decode())
    except ValueError:
        return dict(content, type="blob", mimeType=kind or "application/octet-stream", blob=base64.b64encode(data).decode())


def write(entry):
    path = inside(entry["path"])
    data = base64.b64decode(entry["blob"]) if entry.get("blob") is not None else entry.get("text", "").encode()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise Refused(f"{entry['path']!r} is there already and is not a file")
    with open(path, "wb") as file:
        file.write(data)


def entries(directory):
    with os.scandir(inside(directory)) as found:
        for entry in sorted(found, key=lambda one: one.name):
            is_directory = entry.is_dir(follow_symlinks=False)
            path = os.path.relpath(entry.path, WORK)
            yield {
                "name": entry.name,
                "uri": f"file:///{path}",
                "description": "Directory" if is_directory else "File",
                **({} if is_directory else {"size": entry.stat(follow_symlinks=False).st_size}),
            }


def remove(path):
    full = inside(path)
    if full == WORK:
        raise Refused("the directory of the session itself cannot be removed")
    if os.path.isdir(full) and not os.path.islink(full):
        shutil.rmtree(full)
    else:
        os.unlink(full)


def each(operation, things, name):
    """Does one after the other, and goes on after one that fails."""
    done, failed = [], []
    for thing in things:
        try:
            done.append(operation(thing))
        except Refused as error:
            failed.append(str(error))
        except OSError as error:
            failed.append(f"{name(thing)!r}: {error.strerror}")
    return {"done": done, "failed": failed}


OPERATIONS = {
    "read": lambda request: each(read, request["paths"], str),
    "write": lambda request: each(write, request["content"], lambda entry: entry["path"]),
    "list": lambda request: each(lambda path: list(entries(path)), [request["path"]], str),
    "remove": lambda request: each(remove, request["paths"], str),
}

request = json.load(sys.stdin)
json.dump(OPERATIONS[request["op"]](request), sys.stdout)
