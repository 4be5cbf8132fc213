"""The standard model of `freshet bench train` in PyTorch, in two ways that learn the same:

modules:  as PyTorch's own means offer it: EmbeddingBag with sparse gradients, sparse Adagrad, fused Adam, experts, gates and towers
          as modules of their own.
arranged: as somebody arranges it who looks at the time: one table for all rows, which are gathered at once and updated in place, each id
          once; the experts and the gates one product each, mixtures and towers batched products; fused Adam.

Prints one line of JSON: {"batch size": {"modules": examples per CPU second, "arranged": ...}}.

usage: standard_model.py SECONDS BATCH[,BATCH...]
"""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional

SINGLES, BAGS, BAG, DIM, NUMBERS = 18, 6, 8, 16, 12
POSITIONS, DEVICES, TASKS, EXPERTS = 50, 8, 5, 4
BOTTOM, EXPERT, TOWER = 128, 64, 32
ROWS = 2_000_000 // (SINGLES + BAGS)
SIZES = [POSITIONS, DEVICES] + [ROWS] * (SINGLES + BAGS)
INPUTS = len(SIZES) * DIM + NUMBERS
EXAMPLES = 16_384
RATE, INITIAL_ACCUMULATOR, DENSE_RATE = 0.05, 0.1, 0.001

torch.set_num_threads(1)
torch.manual_seed(1)


class Modules(nn.Module):
    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.EmbeddingBag(rows, DIM, mode="mean", sparse=True) for rows in SIZES])
        self.shallow = nn.EmbeddingBag(POSITIONS * DEVICES, TASKS, mode="sum", sparse=True)
        self.bottom = nn.Linear(INPUTS, BOTTOM)
        self.experts = nn.ModuleList([nn.Linear(BOTTOM, EXPERT) for _ in range(EXPERTS)])
        self.gates = nn.ModuleList([nn.Linear(BOTTOM, EXPERTS) for _ in range(TASKS)])
        self.towers = nn.ModuleList(
            [nn.Sequential(nn.Linear(EXPERT, TOWER), nn.ReLU(), nn.Linear(TOWER, 1)) for _ in range(TASKS)]
        )
        tables = list(self.tables.parameters()) + list(self.shallow.parameters())
        of_tables = {id(parameter) for parameter in tables}
        dense = [parameter for parameter in self.parameters() if id(parameter) not in of_tables]
        self.sparse = torch.optim.Adagrad(tables, lr=RATE, initial_accumulator_value=INITIAL_ACCUMULATOR)
        self.dense = torch.optim.Adam(dense, lr=DENSE_RATE, fused=True)

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

    def step(self, singles, bags, numbers, labels):
        loss = TASKS * functional.binary_cross_entropy_with_logits(self(singles, bags, numbers), labels)
        self.sparse.zero_grad()
        self.dense.zero_grad()
        loss.backward()
        self.sparse.step()
        self.dense.step()


class Rows:
    """A table with Adagrad in place. Of each id's places in a batch one stands for all."""

    def __init__(self, weights):
        self.weights = weights
        self.sums = torch.full_like(weights, INITIAL_ACCUMULATOR)
        self.place = torch.zeros(len(weights), dtype=torch.long)

    def gather(self, ids):
        return self.weights.index_select(0, ids).requires_grad_()

    def update(self, ids, gradients):
        order = torch.arange(len(ids))
        self.place[ids] = order
        stands = self.place[ids]
        summed = torch.zeros_like(gradients).index_add_(0, stands, gradients)
        first = (stands == order).nonzero().squeeze(1)
        rows = ids[first]
        gradient = summed[first]
        self.sums.index_add_(0, rows, gradient * gradient)
        root = self.sums.index_select(0, rows).sqrt_().add_(1e-10)
        self.weights.index_add_(0, rows, gradient.div_(root), alpha=-RATE)


class Arranged:
    def __init__(self):
        firsts = torch.tensor([0] + SIZES).cumsum(0)
        self.first_single = firsts[: 2 + SINGLES]
        self.first_bag = firsts[2 + SINGLES : -1].unsqueeze(1)
        self.table = Rows(torch.randn(sum(SIZES), DIM))
        self.shallow = Rows(torch.randn(POSITIONS * DEVICES, TASKS))
        self.bottom = nn.Linear(INPUTS, BOTTOM)
        self.experts = nn.Linear(BOTTOM, EXPERTS * EXPERT)
        self.gates = nn.Linear(BOTTOM, TASKS * EXPERTS)
        layers = [nn.Linear(EXPERT, TOWER) for _ in range(TASKS)]
        outs = [nn.Linear(TOWER, 1) for _ in range(TASKS)]
        self.tower = nn.Parameter(torch.stack([layer.weight.t() for layer in layers]).detach().contiguous())
        self.tower_bias = nn.Parameter(torch.stack([layer.bias for layer in layers]).unsqueeze(1).detach())
        self.out = nn.Parameter(torch.stack([out.weight.t() for out in outs]).detach().contiguous())
        self.out_bias = nn.Parameter(torch.stack([out.bias for out in outs]).squeeze(1).detach())
        parameters = [self.tower, self.tower_bias, self.out, self.out_bias]
        for layer in (self.bottom, self.experts, self.gates):
            parameters += list(layer.parameters())
        self.dense = torch.optim.Adam(parameters, lr=DENSE_RATE, fused=True)

    def step(self, singles, bags, numbers, labels):
        batch = len(singles)
        ids = torch.cat([(singles + self.first_single).flatten(), (bags + self.first_bag).flatten()])
        cross = singles[:, 0] * DEVICES + singles[:, 1]
        rows = self.table.gather(ids)
        bias = self.shallow.gather(cross)
        of_singles, of_bags = rows.split([batch * (2 + SINGLES), batch * BAGS * BAG])
        pooled = of_bags.view(batch, BAGS, BAG, DIM).mean(2)
        x = torch.cat([of_singles.view(batch, -1), pooled.view(batch, -1), numbers], 1)
        hidden = torch.relu_(self.bottom(x))
        experts = torch.relu_(self.experts(hidden)).view(batch, EXPERTS, EXPERT)
        shares = torch.softmax(self.gates(hidden).view(batch, TASKS, EXPERTS), 2)
        mixed = torch.bmm(shares, experts).transpose(0, 1)
        towers = torch.relu_(torch.baddbmm(self.tower_bias, mixed, self.tower))
        heads = torch.bmm(towers, self.out).squeeze(2).t() + self.out_bias + bias
        loss = TASKS * functional.binary_cross_entropy_with_logits(heads, labels)
        self.dense.zero_grad()
        loss.backward()
        self.dense.step()
        with torch.no_grad():
            self.table.update(ids, rows.grad)
            self.shallow.update(cross, bias.grad)


def zipf(*shape):
    shares = torch.cumsum(1 / torch.arange(1, ROWS + 1, dtype=torch.float64) ** 1.05, 0)
    return torch.searchsorted(shares / shares[-1], torch.rand(*shape, dtype=torch.float64)).clamp_(max=ROWS - 1)


def rate(model, examples, batch, seconds):
    """Examples per CPU second of the fastest of five rounds."""
    at = 0

    def round_of(length):
        nonlocal at
        start = time.process_time()
        count = 0
        while time.process_time() - start < length:
            if at + batch > EXAMPLES:
                at = 0
            model.step(*(part[at : at + batch] for part in examples))
            at += batch
            count += batch
        return count / (time.process_time() - start)

    round_of(seconds / 2)
    return max(round_of(seconds / 10) for _ in range(5))


def main():
    seconds = float(sys.argv[1])
    singles = zipf(EXAMPLES, 2 + SINGLES)
    singles[:, 0] %= POSITIONS
    singles[:, 1] %= DEVICES
    bags = zipf(EXAMPLES, BAGS, BAG)
    numbers = torch.rand(EXAMPLES, NUMBERS) * 2 - 1
    labels = (torch.rand(EXAMPLES, TASKS) < 0.2).float()
    examples = (singles, bags, numbers, labels)
    batches = [int(batch) for batch in sys.argv[2].split(",")]
    rates = {str(batch): {} for batch in batches}
    for name, model in (("modules", Modules()), ("arranged", Arranged())):
        for batch in batches:
            rates[str(batch)][name] = rate(model, examples, batch, seconds)
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
