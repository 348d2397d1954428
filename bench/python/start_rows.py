import multiprocessing
import statistics
import time

from harness import main, median_of


def nothing():
    pass


def start_and_join(method, runs):
    context = multiprocessing.get_context(method)

    def work():
        process = context.Process(target=nothing)
        process.start()
        process.join()

    return median_of(runs, work) * 1e3


def answer(connection):
    connection.send(42)


def start_to_result(runs):
    """Milliseconds from creating a process to a result from it; its end is not counted."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        here, there = multiprocessing.Pipe()
        process = multiprocessing.Process(target=answer, args=(there,))
        process.start()
        here.recv()
        times.append(time.perf_counter() - start)
        process.join()
    return statistics.median(times) * 1e3


if __name__ == "__main__":
    main({
        "fork": lambda runs: start_and_join("fork", runs),
        "spawn": lambda runs: start_and_join("spawn", runs),
        "fork_result": start_to_result,
        "forkserver": lambda runs: start_and_join("forkserver", runs),
    })
