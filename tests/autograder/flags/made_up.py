"""Made-up answers to chapter 2: plain ones, each written by itself, and copies in disguise."""

import ast

UNA = {
    "most_frequent_pair": """\
def most_frequent_pair(token_ids):
    counts = {}
    for i in range(len(token_ids) - 1):
        pair = (token_ids[i], token_ids[i + 1])
        counts[pair] = counts.get(pair, 0) + 1
    if not counts:
        return None
    most = max(counts.values())
    return min(pair for pair, count in counts.items() if count == most)
""",
    "bpe_encode": """\
def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for i, pair in enumerate(merges):
        new = []
        j = 0
        while j < len(ids):
            if j < len(ids) - 1 and (ids[j], ids[j + 1]) == pair:
                new.append(256 + i)
                j += 2
            else:
                new.append(ids[j])
                j += 1
        ids = new
    return ids
""",
    "stable_softmax": """\
def stable_softmax(x, dim):
    m = x.max(dim=dim, keepdim=True).values
    m = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    e = torch.exp(x - m)
    s = e.sum(dim=dim, keepdim=True)
    s = torch.where(s == 0, torch.ones_like(s), s)
    return e / s
""",
    "attention_weights": """\
def attention_weights(q, k, mask=None):
    d = q.shape[-1]
    scores = q @ k.transpose(-2, -1) / math.sqrt(d)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    return torch.nan_to_num(weights)
""",
    "self_attention": """\
def self_attention(x, W_q, W_k, W_v, mask=None):
    q = x @ W_q
    k = x @ W_k
    v = x @ W_v
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    weights = torch.nan_to_num(weights, nan=0.0)
    return weights @ v
""",
}

VITO = {
    "most_frequent_pair": """\
def most_frequent_pair(token_ids):
    if len(token_ids) < 2:
        return None
    pairs = {}
    for a, b in zip(token_ids, token_ids[1:]):
        if (a, b) in pairs:
            pairs[(a, b)] += 1
        else:
            pairs[(a, b)] = 1
    best = max(pairs.values())
    candidates = [p for p in pairs if pairs[p] == best]
    return sorted(candidates)[0]
""",
    "bpe_encode": """\
def bpe_encode(text, merges):
    tokens = list(text.encode())
    for rank in range(len(merges)):
        a, b = merges[rank]
        out = []
        i = 0
        while i < len(tokens):
            if i + 1 < len(tokens) and tokens[i] == a and tokens[i + 1] == b:
                out.append(256 + rank)
                i = i + 2
            else:
                out.append(tokens[i])
                i = i + 1
        tokens = out
    return tokens
""",
    "stable_softmax": """\
def stable_softmax(x, dim):
    biggest, _ = torch.max(x, dim=dim, keepdim=True)
    biggest = biggest.masked_fill(biggest == -math.inf, 0)
    exps = torch.exp(x - biggest)
    total = exps.sum(dim=dim, keepdim=True)
    return exps / total.clamp(min=1e-30)
""",
    "attention_weights": """\
def attention_weights(q, k, mask=None):
    scale = 1 / math.sqrt(q.shape[-1])
    scores = torch.matmul(q, k.transpose(-1, -2)) * scale
    if mask is None:
        return torch.softmax(scores, dim=-1)
    scores = scores.masked_fill(mask == False, -torch.inf)
    weights = torch.softmax(scores, dim=-1)
    return weights.masked_fill(~mask.any(dim=-1, keepdim=True), 0)
""",
    "self_attention": """\
def self_attention(x, W_q, W_k, W_v, mask=None):
    q = torch.matmul(x, W_q)
    k = torch.matmul(x, W_k)
    v = torch.matmul(x, W_v)
    weights = attention_weights(q, k, mask)
    return torch.matmul(weights, v)
""",
}

WERA = {
    "most_frequent_pair": """\
def most_frequent_pair(token_ids):
    counter = Counter(zip(token_ids, token_ids[1:]))
    if len(counter) == 0:
        return None
    return min(counter, key=lambda pair: (-counter[pair], pair))
""",
    "bpe_encode": """\
def merge(ids, pair, new_id):
    result = []
    i = 0
    while i < len(ids):
        if i < len(ids) - 1 and ids[i] == pair[0] and ids[i + 1] == pair[1]:
            result.append(new_id)
            i += 2
        else:
            result.append(ids[i])
            i += 1
    return result

def bpe_encode(text, merges):
    ids = list(text.encode("utf-8"))
    for n, pair in enumerate(merges):
        ids = merge(ids, pair, 256 + n)
    return ids
""",
    "stable_softmax": """\
def stable_softmax(x, dim):
    x_max = torch.amax(x, dim=dim, keepdim=True)
    x_max = torch.where(x_max == float("-inf"), torch.tensor(0.0), x_max)
    x_exp = torch.exp(x - x_max)
    x_sum = torch.sum(x_exp, dim=dim, keepdim=True)
    return torch.where(x_sum > 0, x_exp / x_sum, torch.zeros_like(x_exp))
""",
    "attention_weights": """\
def attention_weights(q, k, mask=None):
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = torch.where(mask, scores, float("-inf"))
    return stable_softmax(scores, dim=-1)
""",
    "self_attention": """\
def self_attention(x, W_q, W_k, W_v, mask=None):
    queries, keys, values = x @ W_q, x @ W_k, x @ W_v
    return attention_weights(queries, keys, mask) @ values
""",
}

PLAIN = {"una": UNA, "vito": VITO, "wera": WERA}


def disguised(source: str) -> str:
    """Copy an answer as one who hides it: other names and comments, statements in another order."""
    tree = _Disguise().visit(ast.parse(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = _reordered(node.body)
    lines = ast.unparse(ast.fix_missing_locations(tree)).split("\n")
    return "# all my own work\n" + "\n".join(
        f"{line}  # step {number}" for number, line in enumerate(lines)
    )


class _Disguise(ast.NodeTransformer):
    """Renames what the answer binds and gives it another docstring."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        bound = [arg.arg for arg in node.args.args]
        bound += [
            one.id
            for one in ast.walk(node)
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        ]
        self.names |= {name: f"my_{name}_{len(name)}" for name in bound}
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        node.body.insert(0, ast.Expr(ast.Constant("I thought of this in the bath.")))
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.names.get(node.arg, node.arg))

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


def _reordered(body: list[ast.stmt]) -> list[ast.stmt]:
    """Swap the first two neighbours that do not depend on each other, for each pair once."""
    body, place = list(body), 1
    while place + 1 < len(body):
        one, other = body[place], body[place + 1]
        apart = not (_names(one) & _bound(other) or _bound(one) & _names(other))
        if _plain(one) and _plain(other) and apart:
            body[place], body[place + 1] = other, one
            place += 1
        place += 1
    return body


def _plain(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign)


def _names(node: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _bound(node: ast.stmt) -> set[str]:
    return {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
