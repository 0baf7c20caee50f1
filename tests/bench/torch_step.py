#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
"""The same step in PyTorch, asked by bench_step over pipes.

    torch_step.py MODEL

Reads lines "WAY THREADS" and answers each with the milliseconds of one step; WAY is eager (a
plain port: nn.LSTMCell on both axes) or script (a frozen TorchScript with the recurrent
products of a note in one call each).  "check" is answered with the sum of all logits of the
first step, none of whose notes is chosen.
"""
import sys
import time

import torch

from torch_forward import read_model

BEATS = 16


class Features(torch.nn.Module):
    """(N, 80) of a state (N, 2) and the bits of the beat (4)."""

    def __init__(self, lowest, notes):
        super().__init__()
        keys = torch.arange(lowest, lowest + notes)
        place = torch.zeros(notes, 13)
        place[:, 0] = (keys - 64) / 24
        place[torch.arange(notes), 1 + keys % 12] = 1
        self.register_buffer("place", place)
        # context[n][k] = sounding . of_class[:, (n + k) % 12]
        of_class = torch.zeros(notes, 12)
        of_class[torch.arange(notes), torch.arange(notes) % 12] = 1
        self.register_buffer("of_class", of_class)
        turn = (torch.arange(notes)[:, None] + torch.arange(12)[None, :]) % 12
        self.register_buffer("turn", turn)
        self.register_buffer("zero", torch.zeros(notes, 1))
        self.notes = notes

    def forward(self, state, beat):
        padded = torch.nn.functional.pad(state, (0, 0, 12, 12))
        vicinity = padded.unfold(0, 25, 1).transpose(1, 2).reshape(self.notes, 50)
        context = (state[:, 0] @ self.of_class)[self.turn]
        return torch.cat(
            [self.place, vicinity, context, beat.expand(self.notes, 4), self.zero], 1)


class Eager(torch.nn.Module):
    """The plain port."""

    def __init__(self, meta, tensors):
        super().__init__()
        self.notes = int(meta["notes"])
        self.features = Features(int(meta["lowest_note"]), self.notes)
        self.tensors = tensors
        self.time = torch.nn.ModuleList(self.cell("time", l) for l in range(2))
        self.note = torch.nn.ModuleList(self.cell("note", l) for l in range(2))
        self.reset()

    def cell(self, axis, layer):
        name = f"{axis}.{layer}."
        weight = self.tensors[name + "weight_ih"]
        cell = torch.nn.LSTMCell(weight.shape[1], weight.shape[0] // 4)
        cell.weight_ih.data = weight
        cell.weight_hh.data = self.tensors[name + "weight_hh"]
        cell.bias_ih.data = self.tensors[name + "bias"]
        cell.bias_hh.data.zero_()
        return cell

    def begin(self, axis, layer, rows):
        name = f"{axis}.{layer}."
        return tuple(self.tensors[name + k].expand(rows, -1).contiguous()
                     for k in ("h0", "c0"))

    def reset(self):
        self.state = [self.begin("time", l, self.notes) for l in range(2)]

    def forward(self, state, beat, u):
        x = self.features(state, beat)
        for layer in range(2):
            self.state[layer] = self.time[layer](x, self.state[layer])
            x = self.state[layer][0]
        memory = [self.begin("note", l, 1) for l in range(2)]
        below = torch.zeros(1, 2)
        cells, logits = [], []
        for n in range(self.notes):
            y = torch.cat([x[n:n + 1], below], 1)
            for layer in range(2):
                memory[layer] = self.note[layer](y, memory[layer])
                y = memory[layer][0]
            z = y @ self.tensors["out.weight"].T + self.tensors["out.bias"]
            chosen = (u[n:n + 1] < torch.sigmoid(z)).float()
            below = torch.cat([chosen[:, :1], chosen[:, :1] * chosen[:, 1:]], 1)
            cells.append(below)
            logits.append(z)
        return torch.cat(cells), torch.cat(logits)


class Script(torch.nn.Module):
    """What one would write for speed: gates in the order i, f, o, g, so that one sigmoid does
    three of them; inputs of all notes in one product; bounds of the logits beforehand."""

    def __init__(self, meta, tensors):
        super().__init__()
        self.notes = int(meta["notes"])
        self.features = Features(int(meta["lowest_note"]), self.notes)

        def reorder(t):
            i, f, g, o = t.chunk(4)
            return torch.cat([i, f, o, g])

        for axis in ("time", "note"):
            for layer in range(2):
                at = f"{axis}.{layer}."
                name = f"{axis}{layer}"
                self.register_buffer(name + "x", reorder(tensors[at + "weight_ih"]).T.contiguous())
                self.register_buffer(name + "h", reorder(tensors[at + "weight_hh"]).T.contiguous())
                self.register_buffer(name + "b", reorder(tensors[at + "bias"]))
                self.register_buffer(name + "h0", tensors[at + "h0"][None])
                self.register_buffer(name + "c0", tensors[at + "c0"][None])
        inputs = self.note0x.shape[0] - 2
        self.register_buffer("note0below", self.note0x[inputs:].contiguous())
        self.note0x = self.note0x[:inputs].contiguous()
        self.register_buffer("note1", torch.cat([self.note1x, self.note1h]))
        self.register_buffer("time1", torch.cat([self.time1x, self.time1h]))
        self.register_buffer("time0", torch.cat([self.time0x, self.time0h]))
        self.register_buffer("out", tensors["out.weight"].T.contiguous())
        self.register_buffer("outb", tensors["out.bias"])

    def begin(self):
        return [self.time0h0.expand(self.notes, -1), self.time0c0.expand(self.notes, -1),
                self.time1h0.expand(self.notes, -1), self.time1c0.expand(self.notes, -1)]

    def cell(self, gates, c):
        units = c.shape[1]
        ifo = torch.sigmoid(gates[:, :3 * units])
        c = torch.addcmul(ifo[:, units:2 * units] * c, ifo[:, :units],
                          torch.tanh(gates[:, 3 * units:]))
        return ifo[:, 2 * units:] * torch.tanh(c), c

    def forward(self, state, beat, bounds, h0, c0, h1, c1):
        x = self.features(state, beat)
        h0, c0 = self.cell(torch.addmm(self.time0b, torch.cat([x, h0], 1), self.time0), c0)
        h1, c1 = self.cell(torch.addmm(self.time1b, torch.cat([h0, h1], 1), self.time1), c1)
        ahead = torch.addmm(self.note0b, h1, self.note0x)
        a, ac, b, bc = self.note0h0, self.note0c0, self.note1h0, self.note1c0
        below = torch.zeros(1, 2)
        cells = torch.empty(self.notes, 2)
        logits = torch.empty(self.notes, 2)
        for n in range(self.notes):
            start = torch.addmm(ahead[n:n + 1], below, self.note0below)
            a, ac = self.cell(torch.addmm(start, a, self.note0h), ac)
            b, bc = self.cell(torch.addmm(self.note1b, torch.cat([a, b], 1), self.note1), bc)
            z = torch.addmm(self.outb, b, self.out)
            chosen = (z > bounds[n:n + 1]).float()
            below = torch.cat([chosen[:, :1], chosen[:, :1] * chosen[:, 1:]], 1)
            cells[n] = below[0]
            logits[n] = z[0]
        return cells, logits, h0, c0, h1, c1


class Steps:
    """One way, with its changing state."""

    def __init__(self, way, meta, tensors):
        self.notes = int(meta["notes"])
        self.eager = way == "eager"
        self.net = Eager(meta, tensors) if self.eager else Script(meta, tensors)
        self.net.eval()
        if not self.eager:
            self.memory = self.net.begin()
            self.net = torch.jit.freeze(torch.jit.script(self.net))
        self.state = torch.zeros(self.notes, 2)
        self.t = 0

    def step(self, u):
        beat = torch.tensor([1.0 if (self.t - 1) % BEATS >> bit & 1 else -1.0
                             for bit in range(4)])
        self.t += 1
        if self.eager:
            self.state, logits = self.net(self.state, beat, u)
        else:
            self.state, logits, *self.memory = self.net(self.state, beat, torch.logit(u),
                                                        *self.memory)
        return logits


def main():
    meta, tensors = read_model(sys.argv[1])
    ways = {way: Steps(way, meta, tensors) for way in ("eager", "script")}
    notes = int(meta["notes"])
    with torch.inference_mode():
        for line in sys.stdin:
            words = line.split()
            if words == ["check"]:
                sums = [float(steps.step(torch.ones(notes, 2)).double().sum())
                        for steps in ways.values()]
                print(*sums, flush=True)
                continue
            torch.set_num_threads(int(words[1]))
            u = torch.rand(3, notes, 2)
            for i in range(3):
                begun = time.perf_counter()
                ways[words[0]].step(u[i])
                took = time.perf_counter() - begun
            print(f"{1e3 * took:.4f}", flush=True)


if __name__ == "__main__":
    main()
