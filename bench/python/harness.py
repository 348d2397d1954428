"""What the benchmark scripts share: each is called with a measure's name and counts, and prints one number."""

import multiprocessing
import statistics
import sys
import time

WARM_UP_SECONDS = 0.1  # nothing is compiled here: enough for caches and for the child to be up


def main(measures):
    name, *counts = sys.argv[1:]
    print(measures[name](*map(int, counts)))


def per_iteration(iterations, work):
    """Seconds per call of work(): the mean of that many in a row."""
    end = time.perf_counter() + WARM_UP_SECONDS
    while time.perf_counter() < end:
        work()
    start = time.perf_counter()
    for _ in range(iterations):
        work()
    return (time.perf_counter() - start) / iterations


def median_of(runs, work):
    """The median of single calls of work(), in seconds; one call before them is not counted."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def serve(part, go, done):
    while True:
        count = go.recv()
        part(count)
        done.send(None)


def together(here, there, count):
    """Seconds from the start on both sides until both are done, divided by the count; once before that, uncounted."""
    go, give = multiprocessing.Pipe(duplex=False)
    done, tell = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=serve, args=(there, go, tell), daemon=True)
    process.start()

    def once():
        give.send(count)
        here(count)
        done.recv()

    once()
    start = time.perf_counter()
    once()
    seconds = time.perf_counter() - start
    process.kill()
    process.join()
    return seconds / count
