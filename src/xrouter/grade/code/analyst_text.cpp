// The analyst: Python that reads programs and tests but never executes a reply's text. It runs in the
// sandbox, in a process of its own, so that nothing it learns from the tests is near the candidate.
#include "xrouter/grade/code/driver_text.hpp"

namespace xrouter::grade::code {

// Tests are turned into data by executing them against a recorder: a call of the candidate is noted with its
// arguments and gives a Probe; comparing a Probe notes what was expected and holds. Anything else that looks
// at a Probe, or a comparison whose outcome steers the tests, ends the attempt: such tests cannot be data.
const std::string_view kAnalystText = R"PY(
import ast, os, sys
from _json import encode_basestring_ascii as quoted

class Unconvertible(BaseException):
    pass

def encode(value, depth=0):
    if depth > 60: raise Unconvertible("a value is nested too deeply")
    inner = lambda items: "[" + ",".join(encode(item, depth + 1) for item in items) + "]"
    kind = type(value)
    if value is None: return "null"
    if kind is bool: return "true" if value else "false"
    if kind is int: return repr(value)
    if kind is float: return '{"f":%s}' % quoted(repr(value))
    if kind is str: return quoted(value)
    if kind is list: return inner(value)
    if kind is tuple: return '{"t":%s}' % inner(value)
    if kind in (set, frozenset): return '{"s":%s}' % inner(value)
    if kind is bytes: return '{"b":"%s"}' % value.hex()
    if kind is complex: return '{"c":[%s,%s]}' % (quoted(repr(value.real)), quoted(repr(value.imag)))
    if isinstance(value, dict): return '{"d":[%s]}' % ",".join("[%s,%s]" % (encode(k, depth + 1), encode(v, depth + 1)) for k, v in value.items())
    raise Unconvertible("a value of type " + kind.__name__)

def plain(value):
    encode(value)
    return value

calls = []
forbidden = [0]

def note(probe, kind, value=None, **more):
    if forbidden[0]: raise Unconvertible("a result steers the tests")
    expect = {"kind": kind, "via": probe.via, "value": encode(value)}
    expect.update(more)
    calls[probe.index]["expects"].append(expect)
    return True

class Opaque:
    def refuse(self, *args, **kwargs): raise Unconvertible("a result is used in a way that is not a comparison")
    __bool__ = __iter__ = __len__ = __getitem__ = __setitem__ = __contains__ = __hash__ = __int__ = __float__ = __index__ = refuse
    __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = __neg__ = __abs__ = __round__ = refuse
    __sub__ = __rsub__ = __pow__ = __and__ = __or__ = __xor__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __str__ = __repr__ = refuse
    __format__ = __enter__ = __copy__ = __deepcopy__ = __reduce__ = __reduce_ex__ = refuse
    __class__ = property(refuse)

class Recorder(Opaque):
    def __init__(self, target): object.__setattr__(self, "target", target)
    def __call__(self, *args, **kwargs):
        for value in list(args) + list(kwargs.values()): plain(value)
        if len(calls) >= 20000: raise Unconvertible("too many calls")
        calls.append({"target": self.target, "args": repr((args, kwargs)), "expects": [], "keep": False})
        return Probe(len(calls) - 1, "")

class Probe(Opaque):
    def __init__(self, index, via):
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "via", via)
    def __getattr__(self, name):
        if name.startswith("__") or self.via: raise Unconvertible("a result's attribute is used")
        calls[self.index]["keep"] = True
        return Recorder({"of": self.index, "attr": name})
    def __eq__(self, other): return note(self, "equal", other)
    def __ne__(self, other): return note(self, "differs", other)
    __hash__ = Opaque.refuse
    def __sub__(self, other): return Difference(self, other)
    def __rsub__(self, other): return Difference(self, other)

class Difference(Opaque):
    def __init__(self, probe, other):
        object.__setattr__(self, "probe", probe)
        object.__setattr__(self, "other", other)
        object.__setattr__(self, "is_abs", False)
    def __abs__(self):
        object.__setattr__(self, "is_abs", True)
        return self
    def __lt__(self, limit):
        if not self.is_abs: raise Unconvertible("a difference without abs")
        return note(self.probe, "close", self.other, rel=0.0, abs=float(limit))
    __le__ = __lt__

def is_probe(value): return type(value) is Probe

def truthy(value):
    return note(value, "truthy") if is_probe(value) else value
def falsy(value):
    return note(value, "falsy") if is_probe(value) else not value
def contained(item, container):
    if not is_probe(item):
        if is_probe(container): raise Unconvertible("a search in a result")
        return item in container
    return note(item, "one_of", list(container))
def identical(left, right):
    if is_probe(left) and (right is None or right is True or right is False): return note(left, "is", right)
    if is_probe(left) or is_probe(right): raise Unconvertible("an identity test")
    return left is right
def guarded(evaluate):
    forbidden[0] += 1
    try: return evaluate()
    finally: forbidden[0] -= 1

VIEWS = {set: "set", sorted: "sorted", list: "list", tuple: "tuple", len: "len", str: "str", sum: "sum", frozenset: "set"}

def close(probe, other, rel_tol=1e-09, abs_tol=0.0): return note(probe, "close", other, rel=float(rel_tol), abs=float(abs_tol))
def all_close(probe, other, rtol=1e-05, atol=1e-08): return note(probe, "array", other, rel=float(rtol), abs=float(atol))

import math
def called(function, *args, **kwargs):
    if type(function) in (Recorder, type(called)): return function(*args, **kwargs)
    if args and is_probe(args[0]):
        if function is math.isclose: return close(*args, **kwargs)
        try: view = VIEWS.get(function)
        except TypeError: view = None
        if view and len(args) == 1 and not kwargs and not args[0].via: return Probe(args[0].index, view)
        if function is print: return None
    if function is all: return function(*args)
    return guarded(lambda: function(*args, **kwargs))

# Comparisons that data sets bring along as functions, known by name and parameters.
def deep_eq(a, b, tol=1e-5): return note(a, "deep", b, rel=tol, abs=tol) if is_probe(a) else a == b
def assertion(out, exp, atol): return note(out, "evalplus", exp, rel=1e-7, abs=float(atol)) if is_probe(out) else refuse_plain()
def refuse_plain(): raise Unconvertible("a result that is not the candidate's is tested")
KNOWN = {("_deep_eq", ("a", "b", "tol")): deep_eq, ("assertion", ("out", "exp", "atol")): assertion}

class Rewriter(ast.NodeTransformer):
    def __init__(self): self.known = {}
    def call(self, name, *args): return ast.Call(ast.Name(name, ast.Load()), list(args), [])
    def lazily(self, node):
        none = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        return self.call("__guarded__", ast.Lambda(none, node))
    def visit_Assert(self, node):
        test = node.test
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not): test = self.call("__falsy__", self.visit(test.operand))
        else: test = self.call("__truthy__", self.visit(test))
        return ast.Assert(test, None)
    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        return self.lazily(node) if isinstance(node.op, ast.Not) else node
    def visit_BoolOp(self, node):
        self.generic_visit(node)
        return self.lazily(node) if isinstance(node.op, ast.Or) else ast.BoolOp(node.op, [self.call("__truthy__", v) for v in node.values])
    def guard_test(self, node):
        self.generic_visit(node)
        node.test = self.lazily(node.test)
        return node
    visit_If = visit_While = visit_IfExp = guard_test
    def visit_comprehension(self, node):
        self.generic_visit(node)
        node.ifs = [self.lazily(test) for test in node.ifs]
        return node
    def visit_Compare(self, node):
        self.generic_visit(node)
        if len(node.ops) != 1: return node
        op, left, right = node.ops[0], node.left, node.comparators[0]
        if isinstance(op, ast.In): return self.call("__contained__", left, right)
        if isinstance(op, ast.Is): return self.call("__identical__", left, right)
        if isinstance(op, (ast.NotIn, ast.IsNot)): return self.lazily(node)
        return node
    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("super", "locals", "globals"): return node
        return ast.Call(ast.Name("__called__", ast.Load()), [node.func] + node.args, node.keywords)
    def visit_FunctionDef(self, node):
        known = KNOWN.get((node.name, tuple(arg.arg for arg in node.args.args)))
        if known:
            self.known[node.name] = known
            return None
        self.generic_visit(node)
        return node
    def refuse(self, node): raise Unconvertible("the tests handle exceptions or contexts")
    visit_Try = visit_With = visit_AsyncFunctionDef = visit_Global = refuse

class NumpyStub:
    allclose = staticmethod(all_close)
    isclose = staticmethod(all_close)
    def __getattr__(self, name): raise Unconvertible("the tests need numpy." + name)

def bound_names(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load): names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)): names.add(node.name)
        elif isinstance(node, ast.arg): names.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)): names.update((a.asname or a.name).split(".")[0] for a in node.names)
    return names

def free_names(tree):
    import builtins
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return loaded - bound_names(tree) - set(dir(builtins)) - {"true", "false", "null"}

# Asserts that run exactly once whatever happens: the least a run of the tests must count.
def certain_asserts(tree):
    bodies = [tree.body] + [n.body for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("check")]
    return sum(isinstance(statement, ast.Assert) for body in bodies for statement in body)

def convert(source, prefix):
    tree = ast.parse(source)
    reply = {"names": sorted(free_names(tree)), "asserts": certain_asserts(tree)}
    try:
        world = {"__name__": "__main__", "true": True, "false": False, "null": None, "inf": math.inf, "nan": math.nan}
        if prefix and bound_names(ast.parse(prefix)) & set(reply["names"]):
            exec(compile(prefix, "prefix", "exec"), world)
            reply["names"] = [name for name in reply["names"] if name not in world]
        for name in reply["names"]: world.setdefault(name, Recorder({"name": name}))
        rewriter = Rewriter()
        rewritten = ast.fix_missing_locations(rewriter.visit(tree))
        world.update({"__truthy__": truthy, "__falsy__": falsy, "__contained__": contained, "__identical__": identical, "__guarded__": guarded, "__called__": called})
        world.update(rewriter.known)
        stub = NumpyStub()
        sys.modules.setdefault("numpy", stub)
        exec(compile(rewritten, "tests", "exec"), world)
        if not any(call["expects"] for call in calls): raise Unconvertible("the tests compare no result")
        reply["calls"] = calls
    except RecursionError: reply["refused"] = "recursion"
    except (Unconvertible, Exception) as error: reply["refused"] = "%s: %s" % (type(error).__name__, str(error)[:200])
    return reply

def dedented(text):
    lines = text.splitlines()
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    least = min(indents, default=0)
    return "\n".join(line[least:] for line in lines)

def parsed(text):
    try: return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError): return None

def defined(tree):
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)): names.add(node.name)
        elif isinstance(node, ast.Assign): names.update(n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name))
        elif isinstance(node, (ast.Import, ast.ImportFrom)): names.update((a.asname or a.name).split(".")[0] for a in node.names)
    return names

# The imports, and the definitions that the entry point reaches: what stands beside them in a reply is talk
# (examples, tests, input handling) that must not decide anything.
def reduced(text, tree, entry):
    items = []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Try)): items.append((node, None))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)): items.append((node, {node.name}))
        elif isinstance(node, ast.Assign): items.append((node, {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}))
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and isinstance(node.target, ast.Name): items.append((node, {node.target.id}))
        elif "setrecursionlimit" in ast.dump(node)[:400]: items.append((node, None))
    wanted, seen = [entry], {entry}
    while wanted:
        name = wanted.pop()
        for node, names in items:
            if names is None or name not in names: continue
            for used in ast.walk(node):
                if isinstance(used, ast.Name) and used.id not in seen:
                    seen.add(used.id)
                    wanted.append(used.id)
    lines = text.splitlines()
    parts = []
    for node, names in items:
        if names is not None and not (names & seen): continue
        first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
        parts.append("\n".join(lines[first - 1:node.end_lineno]))
    return "\n".join(parts)

# A reply without a fence: from its first line of code, the longest beginning that parses.
def longest_program(text):
    if len(text) > 100000: return None
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith(("def ", "class ", "import ", "from ", "@", "async def "))]
    for first in starts[:3]:
        for last in range(len(lines), max(first, len(lines) - 300), -1):
            if parsed("\n".join(lines[first:last])): return "\n".join(lines[first:last])
    return None

def choose(texts, names, entry, bare):
    fits, fallback = None, None
    for index, text in enumerate(texts):
        for version in (text, dedented(text)):
            tree = parsed(version)
            if tree is None or not tree.body: continue
            if fallback is None: fallback = (index, version, tree)
            if fits is None and (not names or set(names) & defined(tree)): fits = (index, version, tree)
            break
    chosen = fits or fallback
    if chosen is None and bare:
        text = longest_program(texts[0])
        if text is not None: chosen = (0, text, parsed(text))
    if chosen is None: return {"chosen": None}
    index, text, tree = chosen
    if entry and entry in defined(tree): text = reduced(text, tree, entry)
    return {"chosen": index, "text": text}

def literal_call(text):
    tree = ast.parse(text.strip(), mode="eval").body
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name): raise ValueError("not a call")
    if any(keyword.arg is None for keyword in tree.keywords): raise ValueError("** in a call")
    args = [ast.literal_eval(arg) for arg in tree.args]
    return tree.func.id, args, {k.arg: ast.literal_eval(k.value) for k in tree.keywords}

# The last "assert call == value" of a text: its call and value as texts.
def last_assertion(text):
    for version in (text, dedented(text)):
        tree = parsed(version)
        if tree is None: continue
        for node in reversed(tree.body):
            if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Compare): continue
            test = node.test
            if len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq): return ast.unparse(test.left), ast.unparse(test.comparators[0])
    return None

def crux_answer(texts):
    for text in texts:
        found = last_assertion(text)
        if found: return {"call": found[0], "value": found[1]}
    return {}

def crux_values(call, value):
    name, args, kwargs = literal_call(call)
    return {"name": name, "arguments": encode([args, kwargs]), "args": repr((args, kwargs)), "value": encode(ast.literal_eval(value))}

def crux_run(function, name, args):
    world = {"__name__": "reference"}
    exec(compile(function, "reference", "exec"), world)
    args, kwargs = ast.literal_eval(args)
    return {"value": encode(world[name](*args, **kwargs))}

# A reference program on an input given as JSON: named arguments where it is an object.
def reference_run(source, entry, text):
    import json
    world = {"__name__": "reference"}
    exec(compile(source, "reference", "exec"), world)
    functions = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    function = world[entry if entry in functions else functions[-1]]
    given = json.loads(text)
    return {"value": encode(function(**given) if isinstance(given, dict) else function(given))}

def as_json(value):
    if isinstance(value, dict): return "{" + ",".join(quoted(k) + ":" + as_json(v) for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)): return "[" + ",".join(as_json(v) for v in value) + "]"
    if isinstance(value, str): return quoted(value)
    if isinstance(value, bool): return "true" if value else "false"
    return "null" if value is None else repr(value)

def serve():
    operations = {"convert": convert, "choose": choose, "crux_answer": crux_answer, "crux_values": crux_values, "crux_run": crux_run, "reference_run": reference_run}
    with open(3, "r", encoding="utf-8", newline="\n", closefd=False) as requests:
        for line in requests:
            operation, arguments = ast.literal_eval(line)
            try: reply = operations[operation](*arguments)
            except (Unconvertible, Exception) as error: reply = {"error": "%s: %s" % (type(error).__name__, str(error)[:200])}
            data = (as_json(reply) + "\n").encode()
            while data: data = data[os.write(3, data):]

serve()
)PY";

}  // namespace xrouter::grade::code
