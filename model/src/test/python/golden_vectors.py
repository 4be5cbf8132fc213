"""Makes golden.json: what an independent framework (PyTorch, float64) says a few steps of learning do.

Run:  python3 -m venv V && V/bin/pip install torch && V/bin/python golden_vectors.py ../resources/freshet/model/learn/golden.json

Everything the learner documents is written a second time here from its description: id hashes, counter-based random
numbers, dropout, running rates, losses with masks, clipping, dense Adam and sparse Adagrad. Gradients come from autograd and
the updates from torch.optim. The build does not run this; the vectors are committed.
"""

import json
import math
import random
import sys

import torch

torch.set_default_dtype(torch.float64)
M64 = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    z &= M64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & M64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & M64
    return z ^ (z >> 31)


def rotl(x, n):
    return ((x << n) | (x >> (64 - n))) & M64


def key(parent, child):
    return mix(((parent + GOLDEN * (child + 1)) & M64) ^ rotl(child & M64, 32))


def uniform(k, index):
    return (mix(k + GOLDEN * (index + 1)) >> 40) * 2.0**-24


def hash_id(text):
    h = 0xCBF29CE484222325
    for b in text.encode():
        h = (h ^ b) * 0x100000001B3 & M64
    return mix(h)


def cross_id(a, b):
    return mix(rotl(a, 23) * 3 + b)


MISSING = hash_id("")


def f32(x):
    return float(torch.tensor(x, dtype=torch.float32).item())


class Table:
    """One table: a torch parameter that holds a row per id, made up front for every id that can occur."""

    def __init__(self, name, width, initial_range, adagrad, seed):
        self.name, self.width, self.range, self.adagrad = name, width, f32(initial_range), adagrad
        self.key = key(seed, hash_id(name))
        self.index = {}
        self.rows = []

    def row(self, i):
        if i not in self.index:
            self.index[i] = len(self.rows)
            k = key(self.key, i)
            self.rows.append([f32((2 * uniform(k, j) - 1) * self.range) for j in range(self.width)])
        return self.index[i]

    def freeze(self):
        self.weight = torch.nn.Parameter(torch.tensor(self.rows).reshape(-1, self.width))
        self.touched = set()

    def look(self, i):
        self.touched.add(i)
        return torch.nn.functional.embedding(torch.tensor([self.index[i]]), self.weight, sparse=True)[0]


class Model:
    def __init__(self, config, tasks, schema, all_examples):
        self.c, self.tasks, self.schema = config, tasks, schema
        self.seed = config["seed"]
        self.slot = {n: i for i, n in enumerate(schema["ids"])}
        self.T = len(tasks)
        opt = config["optimizer"]
        self.tables = {}
        dims = {}
        for e in config["embeddings"]:
            t = e.get("table", e["feature"])
            dims.setdefault(t, e.get("dim"))
            name = "embedding." + t
            if name not in self.tables:
                self.tables[name] = Table(name, dims[t], e.get("initial_range", 0.05), opt["sparse"], self.seed)
        for e in config["embeddings"] if config.get("wide") else []:
            name = "wide." + e["feature"]
            self.tables[name] = Table(name, self.T, 0, opt["wide"], self.seed)
        for s in config["shallow"]["cross"]:
            name = "shallow." + "*".join(s)
            self.tables[name] = Table(name, self.T, 0, opt["shallow"], self.seed)
        self.dims = dims
        # Make every row up front: Adagrad then leaves alone the ones without a gradient.
        for x in all_examples:
            for e in config["embeddings"]:
                for i in self.ids(x, e["feature"]):
                    self.tables["embedding." + e.get("table", e["feature"])].row(i)
                    if config.get("wide"):
                        self.tables["wide." + e["feature"]].row(i)
            for s in config["shallow"]["cross"]:
                for dropped in (set(), set(self.dropped())):
                    for i in self.cross(x, s, dropped, True):
                        self.tables["shallow." + "*".join(s)].row(i)
        for t in self.tables.values():
            t.freeze()
        self.counts = {}
        self.glob = [[0.0, 0.0] for _ in tasks]
        self.parameters = {}
        self.owner = {}
        n = sum(dims[e.get("table", e["feature"])] for e in config["embeddings"])
        n += len(schema["numbers"]) + len(config["rates"]["keys"]) * (3 * self.T + 1)
        for layer in range(config["cross_layers"]):
            self.dense(f"cross.{layer}", n, n, False, None)
        width = n
        for layer, w in enumerate(config["bottom"]):
            self.dense(f"bottom.{layer}", width, w, True, None)
            width = w
        out = width
        for expert in range(config["experts"]["count"]):
            inner = width
            for layer, w in enumerate(config["experts"]["layers"]):
                self.dense(f"expert.{expert}.{layer}", inner, w, True, None)
                inner = w
            out = inner
        for t in tasks:
            self.dense(f"gate.{t['name']}", width, config["experts"]["count"], False, t)
            inner = out
            for layer, w in enumerate(config["tower"]):
                self.dense(f"tower.{t['name']}.{layer}", inner, w, True, t)
                inner = w
            self.dense(f"tower.{t['name']}.out", inner, 1, False, t)
        groups = []
        for name, p in self.parameters.items():
            t = self.owner[name]
            groups.append({"params": [p], "lr": opt["dense"]["learning_rate"] * (t["learning_rate_factor"] if t else 1)})
        self.adam = torch.optim.Adam(groups, betas=(0.9, 0.999), eps=1e-8)
        self.adagrads = [
            torch.optim.Adagrad(
                [t.weight],
                lr=t.adagrad["learning_rate"],
                initial_accumulator_value=t.adagrad["initial_accumulator"],
                eps=1e-10,
            )
            for t in self.tables.values()
        ]

    def dense(self, name, inputs, outputs, relu, task):
        fans = inputs if relu else inputs + outputs
        r = f32(math.sqrt(6.0 / fans))
        k = key(self.seed, hash_id(name + ".weight"))
        w = [f32((2 * uniform(k, i) - 1) * r) for i in range(inputs * outputs)]
        self.parameters[name + ".weight"] = torch.nn.Parameter(torch.tensor(w).reshape(inputs, outputs))
        self.parameters[name + ".bias"] = torch.nn.Parameter(torch.zeros(outputs))
        self.owner[name + ".weight"] = self.owner[name + ".bias"] = task

    def affine(self, name, x):
        return x @ self.parameters[name + ".weight"] + self.parameters[name + ".bias"]

    def ids(self, x, feature):
        return [hash_id(i) for i in x["ids"][self.slot[feature]]]

    def dropped(self):
        return self.c["shallow"]["dropped_when_serving"]

    def cross(self, x, features, dropped, own_id):
        result = [None]
        for f in features:
            ids = [] if f in dropped else self.ids(x, f)
            if not ids:
                if not own_id:
                    return []
                ids = [MISSING]
            result = [i if p is None else cross_id(p, i) for p in result for i in ids]
        return result

    def global_logit(self, t):
        n, s = self.glob[t]
        if self.tasks[t]["loss"] == "squared":
            return s / (n + 1)
        return math.log((s + 0.5) / (n - s + 0.5))

    def rate_inputs(self, name, i):
        result, most = [], 0.0
        k = self.c["rates"]["smoothing"]
        for t in range(self.T):
            n, s = self.counts.get((name, i, t), (0.0, 0.0))
            most = max(most, n)
            gn, gs = self.glob[t]
            if self.tasks[t]["loss"] == "squared":
                g = self.global_logit(t)
                x = (s + k * g) / (n + k) - g
            else:
                g = (gs + 0.5) / (gn + 1)
                x = math.log((s + k * g) / (n - s + k * (1 - g))) - self.global_logit(t)
                x = max(-8.0, min(8.0, x))
            if not abs(x) > 1e-5:
                x = 0.0
            result += [x / 2, math.copysign(math.sqrt(abs(x)), x) / 2, x * abs(x) / 4]
        return result + [math.log1p(most) / 4]

    def input(self, x):
        parts = []
        for e in self.c["embeddings"]:
            t = self.tables["embedding." + e.get("table", e["feature"])]
            rows = [t.look(i) for i in self.ids(x, e["feature"])]
            if not rows:
                parts.append(torch.zeros(t.width))
            else:
                total = torch.stack(rows).sum(0)
                parts.append(total if e.get("pooling", "mean") == "sum" else total / len(rows))
        parts.append(torch.tensor(x["numbers"]))
        for features in self.c["rates"]["keys"]:
            ids = self.cross(x, features, set(), False)
            inputs = [torch.tensor(self.rate_inputs("*".join(features), i)) for i in ids]
            parts.append(torch.stack(inputs).mean(0) if inputs else torch.zeros(3 * self.T + 1))
        return torch.cat(parts)

    def offset(self, x, dropped):
        total = torch.tensor([self.global_logit(t) for t in range(self.T)])
        for e in self.c["embeddings"] if self.c.get("wide") else []:
            rows = [self.tables["wide." + e["feature"]].look(i) for i in self.ids(x, e["feature"])]
            if rows:
                s = torch.stack(rows).sum(0)
                total = total + (s if e.get("pooling", "mean") == "sum" else s / len(rows))
        for s in self.c["shallow"]["cross"]:
            rows = [self.tables["shallow." + "*".join(s)].look(i) for i in self.cross(x, s, dropped, True)]
            total = total + torch.stack(rows).mean(0)
        return total

    def logits(self, batch, step):
        """step None: as a server; otherwise with the dropout of that step of learning."""
        gates_key = key(key(self.seed, 1), step) if step is not None else 0
        shallow_key = key(key(self.seed, 2), step) if step is not None else 0
        experts = self.c["experts"]["count"]
        result = []
        for i, x in enumerate(batch):
            first = h = self.input(x)
            for layer in range(self.c["cross_layers"]):
                h = first * self.affine(f"cross.{layer}", h) + h
            for layer in range(len(self.c["bottom"])):
                h = torch.relu(self.affine(f"bottom.{layer}", h))
            outputs = []
            for e in range(experts):
                o = h
                for layer in range(len(self.c["experts"]["layers"])):
                    o = torch.relu(self.affine(f"expert.{e}.{layer}", o))
                outputs.append(o)
            drop = step is None or uniform(shallow_key, i) < f32(self.c["shallow"]["dropout"])
            offset = self.offset(x, set(self.dropped()) if drop else set())
            heads = []
            for t, task in enumerate(self.tasks):
                gate = torch.softmax(self.affine(f"gate.{task['name']}", h), 0)
                if step is not None:
                    rate = f32(self.c["gate_dropout"])
                    keep = [uniform(gates_key, (i * self.T + t) * experts + e) >= rate for e in range(experts)]
                    if any(keep):
                        gate = gate * torch.tensor([1.0 if k else 0.0 for k in keep])
                        gate = gate / gate.sum()
                o = sum(gate[e] * outputs[e] for e in range(experts))
                for layer in range(len(self.c["tower"])):
                    o = torch.relu(self.affine(f"tower.{task['name']}.{layer}", o))
                heads.append(self.affine(f"tower.{task['name']}.out", o)[0] + offset[t])
            result.append(torch.stack(heads))
        return torch.stack(result)

    def predictions(self, batch):
        with torch.no_grad():
            z = self.logits(batch, None)
        p = z.clone()
        for t, task in enumerate(self.tasks):
            if task["loss"] == "logistic":
                p[:, t] = torch.sigmoid(z[:, t])
        return p

    def step(self, batch, step):
        predictions = self.predictions(batch)
        for t in self.tables.values():
            t.touched = set()
        z = self.logits(batch, step)
        loss = torch.zeros(())
        for t, task in enumerate(self.tasks):
            terms = []
            for i, x in enumerate(batch):
                if task["name"] in x["labels"]:
                    label, weight = x["labels"][task["name"]]
                    label = torch.tensor(label)
                    if task["loss"] == "logistic":
                        value = torch.nn.functional.binary_cross_entropy_with_logits(z[i, t], label)
                    else:
                        value = 0.5 * (z[i, t] - label) ** 2
                    terms.append(weight * value)
            if terms:
                loss = loss + task["weight"] * torch.stack(terms).mean()
        self.adam.zero_grad()
        for o in self.adagrads:
            o.zero_grad()
        loss.backward()
        squares = 0.0
        for p in self.parameters.values():
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            squares += float((p.grad**2).sum())
        for t in self.tables.values():
            if t.weight.grad is not None:
                t.weight.grad = t.weight.grad.coalesce()
                squares += float((t.weight.grad.values() ** 2).sum())
        norm = math.sqrt(squares)
        gradients = {n: p.grad.flatten().tolist() for n, p in self.parameters.items()}
        clip = self.c["optimizer"]["clip_norm"]
        scale = clip / norm if clip > 0 and norm > clip else 1.0
        for p in self.parameters.values():
            p.grad *= scale
        self.adam.step()
        for t, o in zip(self.tables.values(), self.adagrads):
            if t.weight.grad is not None:
                t.weight.grad = t.weight.grad * (scale * len(batch))
                before = t.weight.detach().clone()
                o.step()
                if not t.name.startswith("embedding."):  # column t belongs to task t alone: its own learning rate
                    factors = torch.tensor([task["learning_rate_factor"] for task in self.tasks])
                    with torch.no_grad():
                        t.weight.copy_(before + factors * (t.weight - before))
        for x in batch:
            for t, task in enumerate(self.tasks):
                if task["name"] in x["labels"]:
                    label, weight = x["labels"][task["name"]]
                    self.glob[t] = [self.glob[t][0] + weight, self.glob[t][1] + weight * label]
                    for features in self.c["rates"]["keys"]:
                        for i in self.cross(x, features, set(), False):
                            k = ("*".join(features), i, t)
                            n, s = self.counts.get(k, (0.0, 0.0))
                            self.counts[k] = (n + weight, s + weight * label)
        return {
            "predictions": predictions.flatten().tolist(),
            "loss": float(loss.detach()),
            "gradient_norm": norm,
            "gradients": gradients,
            "parameters": {n: p.detach().flatten().tolist() for n, p in self.parameters.items()},
            "rows": self.rows(),
        }

    def rows(self):
        """Rows touched by this step: weights then accumulators, by hexadecimal id."""
        result = {}
        for t, o in zip(self.tables.values(), self.adagrads):
            sums = o.state[t.weight]["sum"]
            result[t.name] = {
                f"{i:016x}": t.weight[t.index[i]].tolist() + sums[t.index[i]].tolist() for i in sorted(t.touched)
            }
        return result


def rounded(x):
    if isinstance(x, float):
        return float(f"{x:.9g}")
    if isinstance(x, dict):
        return {k: rounded(v) for k, v in x.items()}
    if isinstance(x, list):
        return [rounded(v) for v in x]
    return x


def main(path):
    schema = {"ids": ["user", "video", "tag", "history", "position", "device"], "numbers": ["age", "duration"]}
    tasks = [
        {"name": "click", "loss": "logistic", "weight": 1.0, "learning_rate_factor": 1.0},
        {"name": "like", "loss": "logistic", "weight": 2.0, "learning_rate_factor": 3.0},
        {"name": "watch", "loss": "squared", "weight": 0.5, "learning_rate_factor": 0.5},
    ]
    config = {
        "seed": 20220425,
        "embeddings": [
            {"feature": "user", "dim": 3, "initial_range": 0.5},
            {"feature": "video", "dim": 4, "initial_range": 0.5},
            {"feature": "tag", "dim": 2, "pooling": "sum", "initial_range": 0.5},
            {"feature": "history", "table": "video", "pooling": "mean"},
        ],
        "wide": True,
        "rates": {"smoothing": 3, "keys": [["user"], ["tag"], ["video", "device"]]},
        "cross_layers": 2,
        "bottom": [9, 7],
        "experts": {"count": 3, "layers": [6, 5]},
        "gate_dropout": 0.4,
        "tower": [4],
        "shallow": {"cross": [["position", "device"], ["device"]], "dropout": 0.4, "dropped_when_serving": ["position"]},
        "batch": 6,
        "tick": "1m",
        "optimizer": {
            "sparse": {"kind": "adagrad", "learning_rate": 0.1, "initial_accumulator": 0.1},
            "wide": {"kind": "adagrad", "learning_rate": 0.05, "initial_accumulator": 0.2},
            "shallow": {"kind": "adagrad", "learning_rate": 0.2, "initial_accumulator": 0.3},
            "dense": {"kind": "adam", "learning_rate": 0.01},
            "clip_norm": 2.0,
        },
    }
    r = random.Random(7)
    batches = []
    for b in range(6):
        batch = []
        for _ in range(6):
            labels = {}
            if r.random() < 0.8:
                labels["click"] = [float(r.random() < 0.4), 1.0]
            if b != 2 and r.random() < 0.6:  # no example of batch 2 carries a like
                labels["like"] = [float(r.random() < 0.3), r.choice([1.0, 2.5])]
            if r.random() < 0.7 or not labels:
                labels["watch"] = [f32(r.uniform(0, 4)), 1.0]
            some = lambda kind, n, most: [f"{kind}{r.randrange(n)}" for _ in range(r.randrange(most + 1))]
            batch.append({
                "ids": [
                    [f"u{r.randrange(3)}"],
                    [f"v{r.randrange(5)}"],
                    some("täg", 4, 3),
                    some("v", 5, 4),
                    [str(r.randrange(3))] if r.random() < 0.8 else [],
                    [r.choice(["phone", "tv"])],
                ],
                "numbers": [f32(r.uniform(-1, 1)), f32(r.uniform(0, 2))],
                "labels": labels,
            })
        batches.append(batch)
    model = Model(config, tasks, schema, [x for b in batches for x in b])
    steps = [model.step(b, i) for i, b in enumerate(batches)]
    for i, s in enumerate(steps):
        print(f"step {i}: loss {s['loss']:.5f} gradient norm {s['gradient_norm']:.4f}", file=sys.stderr)
    keep = {0, len(steps) - 1}  # gradients and parameters of the first and last step; the rest would only be bulk
    for i, s in enumerate(steps):
        if i not in keep:
            del s["gradients"], s["parameters"], s["rows"]
    rates = {}
    for (name, i, t), (n, s) in sorted(model.counts.items()):
        row = rates.setdefault(name, {}).setdefault(f"{i:016x}", [0.0] * (2 * len(tasks)))
        row[2 * t : 2 * t + 2] = [n, s]
    golden = {
        "schema": schema, "tasks": tasks, "model": config, "batches": batches,
        "steps": rounded(steps), "rates": rounded(rates), "global_rates": rounded(model.glob),
    }
    with open(path, "w") as f:
        json.dump(golden, f, ensure_ascii=True, indent=None, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
