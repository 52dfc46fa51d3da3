"""Kills commands that keep their work (kill -9) at random moments, goes on with each, and compares with a run that was
left alone: every byte of the result, and that nothing stands half-written under its final name.

    python3 Tests/Endurance/kills.py [--kills 200] [--seed 1] [--only step,train,compare,collect,meta-train]

Exit status 1 if anything was lost. `make endurance` runs it.
"""

import argparse
import random
import shutil
import sys
import tempfile

import work


def strike(task, kills, source):
    """Kills one command's runs until so many kills have hit; what was lost, in words."""
    lost, hits, round_number = [], 0, 0
    while hits < kills:
        name = f"round{round_number}"
        round_number += 1
        for attempt in range(source.randint(1, 4)):
            command = (task.begin if attempt == 0 else task.go_on)(task.out(name))
            if work.kill_at(command, source.uniform(0, task.seconds)):
                hits += 1
            lost += [f"{task.name} {name}: {torn} is cut off" for torn in task.torn(name)]
            found = task.found(name)
            # What is there already is right already.
            for key in found:
                if found[key] != task.expected.get(key) and not task.is_replaced:
                    lost.append(f"{task.name} {name}: {key} has other bytes after a kill")
        work.nino(task.go_on(task.out(name)))
        if task.found(name) != task.expected:
            lost.append(f"{task.name} {name}: ends with other bytes")
        shutil.rmtree(task.out(name), ignore_errors=True)
    return lost, hits, round_number


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="step,train,compare,collect,meta-train")
    options = parser.parse_args()
    names = options.only.split(",")
    all_lost, all_hits = [], 0
    with tempfile.TemporaryDirectory(prefix="nino-endurance-") as folder:
        tasks = work.make(folder)
        for index, name in enumerate(names):
            share = options.kills * (index + 1) // len(names) - options.kills * index // len(names)
            task = tasks[name]()
            lost, hits, rounds = strike(task, share, random.Random(options.seed * 100 + index))
            print(f"{name:10}  {hits} kills in {rounds} runs of {task.seconds:.2f} s, lost {len(lost)}", flush=True)
            for line in lost:
                print(f"    {line}")
            (all_lost, all_hits) = (all_lost + lost, all_hits + hits)
    print(f"{all_hits} kills, lost {len(all_lost)}")
    return 1 if all_lost else 0


if __name__ == "__main__":
    sys.exit(main())
