"""Runs Python code, piece by piece, in one namespace that lives as long as the process.

One JSON line on descriptor 3 for each piece; one on descriptor 4 when it is done: the exit code, and the open figures as PNG.
"""
import ast, asyncio, base64, inspect, io, json, os, signal, sys, traceback, types

OWN_PID = os.getpid()
requests, replies = os.fdopen(3, "r"), os.fdopen(4, "w")
module = types.ModuleType("__main__")
sys.modules["__main__"] = module
sys.argv = [""]
sys.path[0] = os.getcwd()
loop = asyncio.new_event_loop()
seconds = None


def give_up(*_):
    if seconds is not None:
        raise TimeoutError(f"the time limit of {seconds} s is over; variables are kept")


def evaluate(tree, mode):
    code = compile(tree, "<code>", mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    value = eval(code, module.__dict__)
    return loop.run_until_complete(value) if code.co_flags & inspect.CO_COROUTINE else value


def run(source):
    tree = ast.parse(source, "<code>")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    evaluate(tree, "exec")
    if last is not None:
        value = evaluate(ast.Expression(last.value), "eval")
        if value is not None:
            print(repr(value))


def exit_code(source):
    try:
        run(source)
        return 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException as error:
        # The frames of this file are none of the author's business.
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        return 1


def figures():
    plot = sys.modules.get("matplotlib.pyplot")
    images = []
    if plot is not None:
        for number in plot.get_fignums():
            image = io.BytesIO()
            plot.figure(number).savefig(image, format="png")
            images.append(base64.b64encode(image.getvalue()).decode())
        plot.close("all")
    return images


signal.signal(signal.SIGINT, give_up)
for line in requests:
    request = json.loads(line)
    images = []
    seconds = request["seconds"]
    code = exit_code(request["code"])
    seconds = None
    # A copy that the code has made of this process ends with the code.
    if os.getpid() != OWN_PID:
        os._exit(code)
    try:
        images = figures()
    except BaseException:
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass
    print(json.dumps({"nonce": request["nonce"], "exitCode": code, "images": images}), file=replies, flush=True)
