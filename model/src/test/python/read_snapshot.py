"""Reads a snapshot without any of Freshet's code and scores its golden rows: the proof that SNAPSHOT-FORMAT.md says enough.

    python3 -m venv v && v/bin/pip install numpy
    v/bin/python read_snapshot.py ../resources/freshet/model/snapshot/format-2/20220425T17Z

Written from that page alone. With onnxruntime installed it also runs network.onnx. The build does not need it.
"""

import hashlib
import json
import pathlib
import struct
import sys

import numpy as np

MASK = (1 << 64) - 1


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return "%08x" % (crc ^ 0xFFFFFFFF)


def safetensors(data):
    (length,) = struct.unpack_from("<Q", data)
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            kind = {"I64": "<i8", "F32": "<f4"}[entry["dtype"]]
            tensors[name] = np.frombuffer(data[begin:end], kind).reshape(entry["shape"])
    return tensors


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def rotate(x, bits):
    return ((x << bits) | (x >> (64 - bits))) & MASK


def id_of(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return mix(h)


def cross(a, b):
    return mix((rotate(a, 23) * 3 + b) & MASK)


GAMMA = 0x9E3779B97F4A7C15


def child(key, name):
    return mix(((key + GAMMA * ((name + 1) & MASK)) & MASK) ^ rotate(name, 32))


def initial(seed, table, width, row, radius):
    key = child(child(seed & MASK, id_of(table)), row)
    draws = [(mix((key + GAMMA * (i + 1)) & MASK) >> 40) / (1 << 24) for i in range(width)]
    return np.array([(2 * draw - 1) * radius for draw in draws])


class Snapshot:
    def __init__(self, folder):
        line = (folder / "manifest.json").read_bytes()
        sealed, _, seal = line.rpartition(b',"manifest_crc32c":"')
        assert crc32c(sealed) == seal[:8].decode(), "the manifest's own checksum"
        self.manifest = json.loads(line)
        assert self.manifest["format"] == 2
        content = b""
        self.files = {}
        for entry in self.manifest["files"]:
            data = (folder / entry["name"]).read_bytes()
            assert len(data) == entry["bytes"] and hashlib.sha256(data).hexdigest() == entry["sha256"], entry["name"]
            self.files[entry["name"]] = data
            content += data
        assert hashlib.sha256(content).hexdigest() == self.manifest["sha256"]
        place = 0
        for checksum in self.manifest["chunk_crc32c"]:
            assert crc32c(content[place : place + 524288]) == checksum
            place += 524288

        parsed = json.loads(self.files["model.json"])
        self.model, self.tasks, self.schema = parsed["model"], parsed["tasks"], parsed["schema"]
        self.squared = [task.get("loss", "logistic") == "squared" for task in self.tasks]
        self.dense = safetensors(self.files["dense.safetensors"])
        self.tables = {}
        for name in sorted(name for name in self.files if name.startswith("rows-")):
            rows = safetensors(self.files[name])
            for table in [tensor[:-4] for tensor in rows if tensor.endswith(".ids")]:
                ids = map(int, rows[table + ".ids"])
                self.tables.setdefault(table, {}).update(zip(ids, rows[table + ".rows"]))
        self.golden = json.loads(self.files[self.manifest["golden"]])["rows"]

    def row(self, table, key, width, radius=0.0):
        signed = key - (1 << 64) if key >> 63 else key
        found = self.tables.get(table, {}).get(signed)
        return found if found is not None else initial(self.model["seed"], table, width, key, radius)

    def assemble(self, row):
        tasks = len(self.tasks)
        if "ids" in row:
            ids = {name: [id_of(text) for text in row["ids"].get(name, [])] for name in self.schema["ids"]}
        else:
            ids = {name: [int(text) & MASK for text in row["hashed_ids"].get(name, [])] for name in self.schema["ids"]}
        bias = np.zeros(tasks)
        x = []
        embeddings = self.model["embeddings"]
        tables = [e.get("table", e["feature"]) for e in embeddings]
        dims = {t: e["dim"] for e, t in zip(embeddings, tables) if "dim" in e}
        radii = {t: e["initial_range"] for e, t in zip(embeddings, tables) if "initial_range" in e}
        for embedding, table in zip(embeddings, tables):
            dim = dims.get(table, 8)
            keys = ids[embedding["feature"]]
            pooling = embedding.get("pooling", "mean")
            decay = embedding.get("place_decay", 0.8) if pooling == "weighted" else 1
            weights = [decay**place for place in range(len(keys))]
            divisor = 1 if pooling == "sum" else max(1, sum(weights))
            pooled = np.zeros(dim)
            for key, weight in zip(keys, weights):
                share = weight / divisor
                pooled = pooled + share * self.row("embedding." + table, key, dim, radii.get(table, 0.05))
                if self.model.get("wide"):
                    bias += share * self.row("wide." + embedding["feature"], key, tasks)
            x.extend(pooled)
        for name in self.model.get("numbers", self.schema["numbers"]):
            x.append(row["numbers"][name])
        rates = self.model.get("rates", {})
        for features in rates.get("keys", []):
            x.extend(self.rates(self.combine(ids, features, None, ()), features, rates.get("smoothing", 20)))
        if rates.get("keys"):
            bias += [self.global_logit(task) for task in range(tasks)]
        shallow = self.model.get("shallow", {})
        for features in shallow.get("cross", []):
            keys = self.combine(ids, features, id_of(""), shallow.get("dropped_when_serving", []))
            for key in keys:
                bias += self.row("shallow." + "*".join(features), key, tasks) / len(keys)
        return np.array(x), bias

    def combine(self, ids, features, missing, dropped):
        combined = [None]
        for feature in features:
            keys = [] if feature in dropped else ids[feature]
            if not keys and missing is not None:
                keys = [missing]
            combined = [key if prefix is None else cross(prefix, key) for prefix in combined for key in keys]
        return combined

    def global_logit(self, task):
        count, total = self.dense["rates.global"][task].astype(float)
        return total / (count + 1) if self.squared[task] else np.log((total + 0.5) / (count - total + 0.5))

    def rates(self, keys, features, smoothing):
        tasks = len(self.tasks)
        mean = np.zeros(3 * tasks + 1)
        for key in keys:
            counts = np.asarray(self.row("rate." + "*".join(features), key, 2 * tasks)).reshape(tasks, 2).astype(float)
            inputs = []
            for task, (count, total) in enumerate(counts):
                all_count, all_total = self.dense["rates.global"][task].astype(float)
                if self.squared[task]:
                    overall = all_total / (all_count + 1)
                    d = (total + smoothing * overall) / (count + smoothing) - overall
                else:
                    overall = (all_total + 0.5) / (all_count + 1)
                    d = np.log(
                        max(total + smoothing * overall, 1e-6) / max(count - total + smoothing * (1 - overall), 1e-6)
                    )
                    d = np.clip(d - self.global_logit(task), -8, 8)
                d = 0 if abs(d) <= 1e-5 else d
                inputs += [d / 2, np.sign(d) * np.sqrt(abs(d)) / 2, d * abs(d) / 4]
            mean += np.array(inputs + [np.log1p(counts[:, 0].max()) / 4]) / len(keys)
        return mean

    def layer(self, x, name, relu=True):
        y = x @ self.dense[name + ".weight"].astype(float) + self.dense[name + ".bias"].astype(float)
        return np.maximum(y, 0) if relu else y

    def stack(self, x, name):
        level = 0
        while f"{name}.{level}.weight" in self.dense:
            x = self.layer(x, f"{name}.{level}")
            level += 1
        return x

    def predict(self, x, bias):
        y, level = x, 0
        while f"cross.{level}.weight" in self.dense:
            y = x * self.layer(y, f"cross.{level}", relu=False) + y
            level += 1
        bottom = self.stack(y, "bottom")
        experts = []
        while f"expert.{len(experts)}.0.weight" in self.dense:
            experts.append(self.stack(bottom, f"expert.{len(experts)}"))
        predictions = []
        for task, spec in enumerate(self.tasks):
            mixed = bottom
            if experts:
                gate = np.exp(self.layer(bottom, "gate." + spec["name"], relu=False))
                mixed = (gate / gate.sum()) @ np.array(experts)
            tower = "tower." + spec["name"]
            logit = self.layer(self.stack(mixed, tower), tower + ".out", relu=False)[0] + bias[task]
            predictions.append(logit if self.squared[task] else 1 / (1 + np.exp(-logit)))
        return np.array(predictions)


def worst(found, expected):
    expected = np.asarray(expected)
    return float(np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected))))


def main(folder):
    snapshot = Snapshot(pathlib.Path(folder))
    off = {"x": 0.0, "bias": 0.0, "predictions": 0.0}
    for row in snapshot.golden:
        x, bias = snapshot.assemble(row)
        off["x"] = max(off["x"], worst(x, row["x"]))
        off["bias"] = max(off["bias"], worst(bias, row["bias"]))
        off["predictions"] = max(off["predictions"], worst(snapshot.predict(x, bias), row["predictions"]))
    try:
        import onnxruntime

        session = onnxruntime.InferenceSession(snapshot.files["network.onnx"])
        fed = {key: np.array([row[key] for row in snapshot.golden], np.float32) for key in ("x", "bias")}
        found = np.concatenate(session.run(None, fed), axis=1)
        off["onnx"] = worst(found, [row["predictions"] for row in snapshot.golden])
    except ImportError:
        print("onnxruntime is not installed: network.onnx was not run", file=sys.stderr)
    print(snapshot.manifest["version"], len(snapshot.golden), "golden rows, furthest off:", off)
    return 0 if max(off.values()) <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
