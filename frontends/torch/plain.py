"""A loop as a person writes it, without our harness, which is held against it.

`plain.py FILE ENTRY MODE DEVICE BATCH C H W`: for each line of standard input, a number of seconds,
it takes steps for so long, at least one, and prints the seconds of each as JSON.
"""

import importlib.util
import json
import sys
import time


def main():
    import torch

    path, entry, mode, device, *sizes = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("network_file", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    device = torch.device("cuda" if device == "gpu" else "cpu")
    network = getattr(module, entry)().to(device)
    images = torch.randn(*map(int, sizes), device=device)
    if mode == "inference":
        network.eval()

        @torch.inference_mode()
        def step():
            network(images)

    else:
        network.train()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
        labels = torch.randint(0, 10, (int(sizes[0]),), device=device)

        def step():
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(images), labels).backward()
            optimizer.step()

    for line in sys.stdin:
        seconds, ends = [], time.perf_counter() + float(line)
        while not seconds or time.perf_counter() < ends:
            start = time.perf_counter()
            step()
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - start)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
