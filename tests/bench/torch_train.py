#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
"""The same update in PyTorch, asked by bench_train over pipes.

    torch_train.py MODEL

Reads lines "WAY THREADS SEGMENTS STEPS" and answers each with the seconds of one update: forward,
loss, backward, clipping and Adam, on features that are there already.  WAY is fp32 or bf16
(autocast).  THREADS may be "cuda": on a GPU, where nn.LSTM is cuDNN's and fp32 products take TF32
factors, as ours do; without one the answer is "none".  Written for speed: nn.LSTM on both axes, all segments in one batch, layers that
follow each other in one call.
"""
import sys
import time

import torch

from torch_forward import read_model

FEATURES = 80
DROPOUT = 0.5


class Axis(torch.nn.Module):
    """LSTM layers with dropout after each; those of equal size are one nn.LSTM."""

    def __init__(self, inputs, units):
        super().__init__()
        self.layers = torch.nn.ModuleList()
        while units:
            same = 1
            while same < len(units) and units[same] == units[0]:
                same += 1
            self.layers.append(torch.nn.LSTM(inputs, units[0], same,
                                             dropout=DROPOUT if same > 1 else 0))
            inputs, units = units[0], units[same:]
        self.dropout = torch.nn.Dropout(DROPOUT)

    def forward(self, x):
        for layer in self.layers:
            x = self.dropout(layer(x)[0])
        return x


class Network(torch.nn.Module):
    def __init__(self, meta):
        super().__init__()
        time_units = [int(u) for u in meta["time_units"].split(",")]
        note_units = [int(u) for u in meta["note_units"].split(",")]
        self.times = Axis(FEATURES, time_units)
        self.notes = Axis(time_units[-1] + 2, note_units)
        self.out = torch.nn.Linear(note_units[-1], 2)

    def forward(self, features, below):
        """features: (T, B, N, 80); below: (N, B, T, 2), the choices of the note below."""
        steps, segments, notes, _ = features.shape
        x = self.times(features.reshape(steps, segments * notes, -1))
        x = x.reshape(steps, segments, notes, -1).permute(2, 1, 0, 3)
        x = torch.cat([x, below.to(x.dtype)], -1).reshape(notes, segments * steps, -1)
        return self.out(self.notes(x)).reshape(notes, segments, steps, 2)


class Training:
    def __init__(self, meta, device):
        self.notes = int(meta["notes"])
        self.device = device
        self.net = Network(meta).to(device)
        self.adam = torch.optim.Adam(self.net.parameters(), lr=0.001)

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def update(self, way, segments, steps):
        on = {"device": self.device}
        features = (torch.rand(steps, segments, self.notes, FEATURES, **on) < 0.1).float()
        cells = (torch.rand(self.notes, segments, steps, 2, **on) < 0.05).float()
        below = torch.nn.functional.pad(cells, (0, 0, 0, 0, 0, 0, 1, 0))[:-1]
        self.wait()
        begun = time.perf_counter()
        self.adam.zero_grad()
        with torch.autocast(self.device, torch.bfloat16, enabled=way == "bf16"):
            logits = self.net(features, below)
        losses = torch.nn.functional.binary_cross_entropy_with_logits(
            logits.float(), cells, reduction="none")
        loss = (losses[..., 0] + cells[..., 0] * losses[..., 1]).sum() / (segments * steps)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5)
        self.adam.step()
        self.wait()
        return time.perf_counter() - begun


def main():
    meta, _ = read_model(sys.argv[1])
    trainings = {"cpu": Training(meta, "cpu")}
    if torch.cuda.is_available():
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        trainings["cuda"] = Training(meta, "cuda")
    for line in sys.stdin:
        way, threads, segments, steps = line.split()
        device = "cuda" if threads == "cuda" else "cpu"
        if device == "cpu":
            torch.set_num_threads(int(threads))
        answer = "none"
        try:
            if device in trainings:
                seconds = trainings[device].update(way, int(segments), int(steps))
                answer = f"{seconds:.6f}"
        except RuntimeError:  # a processor that this precision has no kernel for
            pass
        print(answer, flush=True)


if __name__ == "__main__":
    main()
