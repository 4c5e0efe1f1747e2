// The worker: Python that executes a reply's program and answers requests about it. It knows inputs
// only; what is right stays outside. Everything here can be taken over by the candidate, which gains
// nothing by it, except in `tests`: see docs/sandbox.md.
#include "xrouter/grade/code/driver_text.hpp"

namespace xrouter::grade::code {

const std::string_view kWorkerText = R"PY(
import builtins, os, sys
from _json import encode_basestring_ascii as quoted

builtins.exit = builtins.quit = sys.exit

def encode(value, depth=0):
    if depth > 60: return '{"x":"nested too deeply"}'
    inner = lambda items: "[" + ",".join([encode(item, depth + 1) for item in items]) + "]"
    if value is None: return "null"
    if value is True: return "true"
    if value is False: return "false"
    if isinstance(value, int): return int.__repr__(value)
    if isinstance(value, float): return '{"f":%s}' % quoted(float.__repr__(value))
    if isinstance(value, str): return quoted(value if type(value) is str else str.__str__(value))
    if isinstance(value, list): return inner(list.__iter__(value))
    if isinstance(value, tuple): return '{"t":%s}' % inner(tuple.__iter__(value))
    if isinstance(value, set): return '{"s":%s}' % inner(set.__iter__(value))
    if isinstance(value, frozenset): return '{"s":%s}' % inner(frozenset.__iter__(value))
    if isinstance(value, dict): return '{"d":[%s]}' % ",".join(["[%s,%s]" % (encode(k, depth + 1), encode(v, depth + 1)) for k, v in dict.items(value)])
    if isinstance(value, bytes): return '{"b":"%s"}' % bytes.hex(value)
    if isinstance(value, complex): return '{"c":[%s,%s]}' % (quoted(repr(value.real)), quoted(repr(value.imag)))
    return '{"x":%s}' % quoted(type(value).__name__[:100])

VIEWS = {"": lambda value: value, "set": set, "sorted": sorted, "list": list, "tuple": tuple, "len": len, "str": str, "sum": sum}
LITERALS = {"__builtins__": {}, "inf": float("inf"), "nan": float("nan"), "set": set, "frozenset": frozenset}

main = type(sys)("__main__")
main.__dict__["__builtins__"] = builtins
sys.modules["__main__"] = main
kept = {}

def described(error): return "%s: %s" % (type(error).__name__, str(error)[:300])

def load(prefix, text):
    sys.argv = ["main.py"]
    for part, name in ((prefix, "prefix.py"), (text, "main.py")):
        if part: exec(compile(part, name, "exec", dont_inherit=True), main.__dict__)
    return "null"

def call(index, name, of, attribute, args, keep, views):
    function = eval(name, main.__dict__) if of < 0 else getattr(kept[of], attribute)
    args, kwargs = eval(args, LITERALS)
    value = function(*args, **kwargs)
    if keep: kept[index] = value
    if not views: return "[]"
    return "[" + ",".join([encode(VIEWS[view](value)) for view in views]) + "]"

# Test source that cannot be turned into data. The tests' builtins are those from before the candidate ran,
# and a comparison that the candidate's own class decides does not count.
def run_tests(source):
    import ast
    counted = [0]
    def count():
        counted[0] += 1
        return True
    def foreign(value):
        code = getattr(getattr(type(value), "__eq__", None), "__code__", None)
        return code is not None and code.co_filename == "main.py"
    def equal(left, right):
        if foreign(left) or foreign(right): raise AssertionError("a comparison that the candidate defines")
        return left == right
    class Counter(ast.NodeTransformer):
        def visit_Assert(self, node):
            self.generic_visit(node)
            counting = ast.Expr(ast.Call(ast.Name("__count__", ast.Load()), [], []))
            return [node, counting]
        def visit_Compare(self, node):
            self.generic_visit(node)
            if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
                return ast.Call(ast.Name("__equal__", ast.Load()), [node.left, node.comparators[0]], [])
            return node
    tree = ast.parse(source)
    tree = ast.fix_missing_locations(Counter().visit(tree))
    world = main.__dict__
    world["__builtins__"] = dict(original_builtins)
    world.update({"__count__": count, "__equal__": equal, "true": True, "false": False, "null": None})
    exec(compile(tree, "tests", "exec"), world)
    return str(counted[0])

original_builtins = dict(builtins.__dict__)

def serve():
    operations = {"load": load, "call": call, "tests": run_tests, "token": quoted}
    write, read_line, evaluate = os.write, open(3, "r", encoding="utf-8", newline="\n", closefd=False).readline, eval
    while True:
        line = read_line()
        if not line: return
        operation, arguments = evaluate(line, {"__builtins__": {}})
        try: reply = '{"value":%s}' % operations[operation](*arguments)
        except MemoryError: reply = '{"error":"MemoryError","kind":"memory"}'
        except AssertionError as error: reply = '{"error":%s,"kind":"assertion"}' % quoted(described(error))
        except BaseException as error: reply = '{"error":%s,"kind":"exception"}' % quoted(described(error))
        data = (reply + "\n").encode("utf-8", "replace")
        while data: data = data[write(3, data):]

sink = os.open("/dev/null", os.O_RDWR)
os.dup2(sink, 0)
os.dup2(sink, 1)
os.close(sink)
serve()
)PY";

}  // namespace xrouter::grade::code
