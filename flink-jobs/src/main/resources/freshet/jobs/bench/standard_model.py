"""The standard model of `freshet bench train` in PyTorch, as its own means offer it: EmbeddingBag with sparse gradients, sparse
Adagrad, fused Adam, experts and towers as modules. Prints one line of JSON: {"batch size": examples per CPU second}.

usage: standard_model.py SECONDS BATCH[,BATCH...]
"""
import json
import sys
import time

import torch
from torch import nn

SINGLES, BAGS, BAG, DIM, NUMBERS = 18, 6, 8, 16, 12
POSITIONS, DEVICES, TASKS, EXPERTS = 50, 8, 5, 4
ROWS = 2_000_000 // (SINGLES + BAGS)
EXAMPLES = 16_384

torch.set_num_threads(1)
torch.manual_seed(1)


class StandardModel(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [POSITIONS, DEVICES] + [ROWS] * (SINGLES + BAGS)
        self.tables = nn.ModuleList([nn.EmbeddingBag(rows, DIM, mode="mean", sparse=True) for rows in sizes])
        self.shallow = nn.EmbeddingBag(POSITIONS * DEVICES, TASKS, mode="sum", sparse=True)
        self.bottom = nn.Linear(len(sizes) * DIM + NUMBERS, 128)
        self.experts = nn.ModuleList([nn.Linear(128, 64) for _ in range(EXPERTS)])
        self.gates = nn.ModuleList([nn.Linear(128, EXPERTS) for _ in range(TASKS)])
        self.towers = nn.ModuleList(
            [nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)) for _ in range(TASKS)]
        )

    def forward(self, singles, bags, numbers):
        pooled = [table(singles[:, i : i + 1]) for i, table in enumerate(self.tables[: 2 + SINGLES])]
        pooled += [table(bags[:, i]) for i, table in enumerate(self.tables[2 + SINGLES :])]
        hidden = torch.relu(self.bottom(torch.cat(pooled + [numbers], 1)))
        experts = torch.stack([torch.relu(expert(hidden)) for expert in self.experts], 1)
        heads = []
        for gate, tower in zip(self.gates, self.towers):
            share = torch.softmax(gate(hidden), 1)
            heads.append(tower((share.unsqueeze(2) * experts).sum(1)))
        return torch.cat(heads, 1) + self.shallow(singles[:, :1] * DEVICES + singles[:, 1:2])


def zipf(*shape):
    shares = torch.cumsum(1 / torch.arange(1, ROWS + 1, dtype=torch.float64) ** 1.05, 0)
    return torch.searchsorted(shares / shares[-1], torch.rand(*shape, dtype=torch.float64)).clamp_(max=ROWS - 1)


def main():
    seconds = float(sys.argv[1])
    model = StandardModel()
    tables = list(model.tables.parameters()) + list(model.shallow.parameters())
    of_tables = {id(parameter) for parameter in tables}
    sparse = torch.optim.Adagrad(tables, lr=0.05, initial_accumulator_value=0.1)
    dense = torch.optim.Adam([p for p in model.parameters() if id(p) not in of_tables], lr=0.001, fused=True)
    loss_of = nn.BCEWithLogitsLoss()
    singles = zipf(EXAMPLES, 2 + SINGLES)
    singles[:, 0] %= POSITIONS
    singles[:, 1] %= DEVICES
    bags = zipf(EXAMPLES, BAGS, BAG)
    numbers = torch.rand(EXAMPLES, NUMBERS) * 2 - 1
    labels = (torch.rand(EXAMPLES, TASKS) < 0.2).float()
    rates = {}
    for batch in map(int, sys.argv[2].split(",")):
        best = 0.0
        at = 0

        def round_of(length):
            nonlocal at
            start = time.process_time()
            count = 0
            while time.process_time() - start < length:
                if at + batch > EXAMPLES:
                    at = 0
                rows = slice(at, at + batch)
                at += batch
                loss = TASKS * loss_of(model(singles[rows], bags[rows], numbers[rows]), labels[rows])
                sparse.zero_grad()
                dense.zero_grad()
                loss.backward()
                sparse.step()
                dense.step()
                count += batch
            return count / (time.process_time() - start)

        round_of(seconds / 2)
        for _ in range(5):
            best = max(best, round_of(seconds / 10))
        rates[str(batch)] = best
    print(json.dumps(rates))


main()
