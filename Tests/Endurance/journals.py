"""Damages what an interrupted `nino step` has left (journal, node terms, unfinished output), takes the step up again,
and compares with a step that was left alone: it must come to the same bytes, or refuse, but never to others.

    python3 Tests/Endurance/journals.py [--journals 300] [--seed 1]

Exit status 1 if a resumed step ended with other bytes. `make endurance` runs it.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile

import work


def damage(data, source):
    """One of the ways in which disks and editors damage files."""
    data = bytearray(data)
    if not data:
        return bytes([source.randrange(256)])
    kind = source.randrange(6)
    place = source.randrange(len(data))
    length = min(source.choice([1, 4, 16, 64, 512]), len(data) - place)
    if kind == 0:
        data[place] ^= 1 << source.randrange(8)
    elif kind == 1:
        data[place : place + length] = bytes(source.randrange(256) for _ in range(length))
    elif kind == 2:
        data[place : place + length] = bytes(length)
    elif kind == 3:
        del data[place:]
    elif kind == 4:
        data[place:place] = data[source.randrange(len(data)) :][:length]
    else:
        del data[place : place + length]
    return bytes(data)


def interrupted(task, source):
    """Hidden files that a killed step left, a journal among them."""
    while True:
        name = "left"
        out = task.out(name)
        for path in work.files(out).values():
            os.unlink(path)
        work.kill_at(task.begin(out), source.uniform(0.2, 1) * task.seconds)
        hidden = {key: work.contents(path) for key, path in work.files(out).items() if key.startswith(".")}
        if any(key.endswith(".journal") for key in hidden) and len(hidden) > 1:
            return name, hidden


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--journals", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source = random.Random(options.seed)
    same = refused = other = 0
    with tempfile.TemporaryDirectory(prefix="nino-endurance-") as folder:
        task = work.make(folder)["step"]()
        for number in range(options.journals):
            if number % 10 == 0:
                name, hidden = interrupted(task, source)
            out = task.out(name)
            for path in work.files(out).values():
                os.unlink(path)
            # The journal most of the time, since it says what holds.
            keys = sorted(hidden, key=lambda key: not key.endswith(".journal"))
            target = keys[0] if source.random() < 0.6 else source.choice(keys)
            for key, data in hidden.items():
                with open(os.path.join(out, key), "wb") as file:
                    file.write(damage(data, source) if key == target else data)
            result = subprocess.run([work.NINO, *task.go_on(out)], capture_output=True, text=True)
            if result.returncode != 0:
                refused += 1
                if result.returncode < 0 or result.returncode > 2:
                    print(f"damage {number} of {target}: status {result.returncode}: {result.stderr}")
                    other += 1
            elif task.found(name) == task.expected:
                same += 1
            else:
                other += 1
                print(f"damage {number} of {target}: ended with other bytes")
            if (number + 1) % 50 == 0 or number + 1 == options.journals:
                tally = f"the same bytes {same}, refused {refused}, other bytes {other}"
                print(f"{number + 1} damaged journals: {tally}", flush=True)
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main())
