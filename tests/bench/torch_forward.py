#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
"""An independent forward pass in PyTorch, to hold against mg-eval --probabilities.

    mg-eval --probabilities p.npy MODEL PIECE.mid
    tests/bench/torch_forward.py MODEL PIECE.mid p.npy

Reads the model file, the MIDI file and the array with its own code, runs nn.LSTM on both axes
and prints the largest difference.  Exit status 0 when it is below 1e-4.
Needs torch and numpy (Debian: python3-torch, python3-numpy).
"""
import json
import struct
import sys

import numpy as np
import torch


def read_model(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    meta = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = data[8 + length + begin:8 + length + end]
        tensors[name] = torch.from_numpy(
            np.frombuffer(raw, "<f4").reshape(entry["shape"]).copy())
    return meta, tensors


def read_vlq(data, at):
    value = 0
    while True:
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at


def read_track(data):
    """(tick, key, on) of every note event, and the tick of the end."""
    at = tick = status = 0
    events = []
    while at < len(data):
        delta, at = read_vlq(data, at)
        tick += delta
        if data[at] & 0x80:
            status = data[at]
            at += 1
        if status == 0xFF:
            kind = data[at]
            size, at = read_vlq(data, at + 1)
            at += size
            if kind == 0x2F:
                break
        elif status in (0xF0, 0xF7):
            size, at = read_vlq(data, at)
            at += size
        elif status >> 4 in (0xC, 0xD):
            at += 1
        else:
            if status >> 4 in (0x8, 0x9) and status & 15 != 9:
                events.append((tick, status & 15, data[at],
                               status >> 4 == 9 and data[at + 1] > 0))
            at += 2
    return events, tick


def read_roll(path, steps_per_quarter):
    """(T, 128, 2): play and articulate."""
    data = open(path, "rb").read()
    ppq = struct.unpack(">H", data[12:14])[0]
    at, end, notes = 14, 0, []
    while at < len(data):
        size = struct.unpack(">I", data[at + 4:at + 8])[0]
        if data[at:at + 4] == b"MTrk":
            events, last = read_track(data[at + 8:at + 8 + size])
            end = max(end, last)
            sounding = {}
            for tick, channel, key, on in events:
                queue = sounding.setdefault((channel, key), [])
                if on:
                    queue.append(tick)
                elif queue:
                    notes.append((queue.pop(0), tick, key))
            notes += [(tick, last, key) for (_, key), queue in sounding.items()
                      for tick in queue]
        at += 8 + size

    def step(tick):
        return (2 * tick * steps_per_quarter + ppq) // (2 * ppq)

    total = max([step(end)] + [step(on) + 1 for on, _, _ in notes])
    roll = np.zeros((total, 128, 2), np.float32)
    for on, off, key in sorted(notes, key=lambda n: (n[0], n[2], n[1])):
        a, b = step(on), max(step(off), step(on) + 1)
        roll[a, key] = 1, 1
        rest = roll[a + 1:, key]
        held = 0
        while held < len(rest) and rest[held, 0] and not rest[held, 1]:
            held += 1
        rest[:held] = 0  # an earlier note ends where this one starts
        stop = a + 1
        while stop < min(b, total):
            roll[stop, key] = 1, 0
            stop += 1
    return roll


def recalled(roll):
    """(T, N, 12) from the states up to s(t - 1): model/recall.h has the definition."""
    steps, notes, _ = roll.shape
    plays = roll[:, :, 0].astype(np.int64)
    likeness = np.zeros(1024, np.int64)
    out = np.zeros((steps, notes, 12), np.float32)
    for t in range(steps - 1):
        distances = np.arange(4, min(t, 1023) + 1)
        both = plays[t - distances] @ plays[t]
        either = plays[t - distances].sum(1) + plays[t].sum() - both
        change = both * 65536 // np.maximum(either, 1) - likeness[distances]
        likeness[distances] += np.sign(change) * (np.abs(change) // 8)
        best = int(np.argmax(likeness))
        if likeness[best] > 0:
            sure = min(15, int(2 * np.log2(65536 / (65536 - likeness[best])))) / 15
            out[t + 1, :, :2] = roll[t + 1 - best]
            out[t + 1, :, 2] = sure
            out[t + 1, :, 3] = sure * plays[t + 1 - best]
    for i, ago in enumerate((12, 16, 24, 32, 48, 64, 96, 128)):
        out[ago:, :, 4 + i] = plays[:-ago]
    return out


def features(roll, lowest):
    """(T, N, 80) from the states s(t - 1), before the first of which there is silence."""
    steps, notes, _ = roll.shape
    before = np.concatenate([np.zeros((1, notes, 2), np.float32), roll[:-1]])
    out = np.zeros((steps, notes, 80), np.float32)
    for i in range(notes):
        key = lowest + i
        out[:, i, 0] = (key - 64) / 24
        out[:, i, 1 + key % 12] = 1
        for offset in range(-12, 13):
            if 0 <= i + offset < notes:
                out[:, i, 13 + 2 * (offset + 12):15 + 2 * (offset + 12)] = before[:, i + offset]
        for j in range(notes):
            out[:, i, 63 + (j - i) % 12] += before[:, j, 0]
    for t in range(steps):
        beat = (t - 1) % 16
        for bit in range(4):
            out[t, :, 75 + bit] = 1 if beat >> bit & 1 else -1
    return out


def chord_below(roll):
    """(T, N, 25): model/below.h has the definition."""
    steps, notes, _ = roll.shape
    out = np.zeros((steps, notes, 25), np.float32)
    out[:, 1:, 1] = roll[:, :-1, 1]
    for distance in range(1, notes):
        plays = roll[:, :-distance, 0]
        if distance <= 12:
            out[:, distance:, 0 if distance == 1 else distance] = plays
        out[:, distance:, 13 + distance % 12] += plays
    return out


def lstm(tensors, axis, layer, x):
    """x: (S, R, inputs) -> (S, R, H), with the learned initial state on every row."""
    name = f"{axis}.{layer}."
    units = tensors[name + "h0"].shape[0]
    net = torch.nn.LSTM(x.shape[2], units)
    with torch.no_grad():
        net.weight_ih_l0.copy_(tensors[name + "weight_ih"])
        net.weight_hh_l0.copy_(tensors[name + "weight_hh"])
        net.bias_ih_l0.copy_(tensors[name + "bias"])
        net.bias_hh_l0.zero_()
    rows = x.shape[1]
    start = tuple(tensors[name + k].expand(1, rows, units).contiguous() for k in ("h0", "c0"))
    return net(x, start)[0]


def forward(meta, tensors, piece):
    """piece: (T, 128, 2)"""
    lowest, notes = int(meta["lowest_note"]), int(meta["notes"])
    roll = np.ascontiguousarray(piece[:, lowest:lowest + notes])
    x = features(roll, lowest)
    if meta["features"] == "full":  # of all that sounds, in the model's range or not
        x = np.concatenate([x, recalled(piece)[:, lowest:lowest + notes]], 2)
    x = torch.from_numpy(x)
    for layer in range(len(meta["time_units"].split(","))):
        x = lstm(tensors, "time", layer, x)
    below = chord_below(roll)
    if meta["features"] == "seed":
        below = below[:, :, :2]
    x = torch.cat([x, torch.from_numpy(below)], 2).transpose(0, 1)
    for layer in range(len(meta["note_units"].split(","))):
        x = lstm(tensors, "note", layer, x)
    logits = x @ tensors["out.weight"].T + tensors["out.bias"]
    return torch.sigmoid(logits).transpose(0, 1).numpy()


def main():
    model, piece, probabilities = sys.argv[1:]
    meta, tensors = read_model(model)
    with torch.no_grad():
        ours = forward(meta, tensors, read_roll(piece, int(meta["steps_per_quarter"])))
    theirs = np.load(probabilities)
    if ours.shape != theirs.shape:
        sys.exit(f"shapes differ: {ours.shape} here, {theirs.shape} in {probabilities}")
    worst = float(np.abs(ours - theirs).max())
    print(f"{ours.shape[0]} steps of {ours.shape[1]} notes: largest difference {worst:.2e}")
    sys.exit(worst >= 1e-4)


if __name__ == "__main__":
    main()
