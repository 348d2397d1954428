import concurrent.futures
import multiprocessing
import statistics
import time

from harness import main, median_of, per_iteration

ITEMS = range(1_000_000)
CHUNK = len(ITEMS) // 8  # what Pool chooses itself for two workers; an executor would send items one by one
RUNS = 5


def double(number):
    return number * 2


def in_pool(work):
    def measure(*counts):
        with multiprocessing.Pool(2) as pool:
            return work(pool, *counts)

    return measure


def in_executor(work):
    def measure(*counts):
        with concurrent.futures.ProcessPoolExecutor(2) as executor:
            return work(executor, *counts)

    return measure


def each_submitted(submit, get, tasks):
    """Tasks per second, each submitted by a call of its own, then all results awaited."""
    def work():
        for task in [submit(number) for number in range(tasks)]:
            get(task)

    return tasks / median_of(RUNS, work)


def each_mapped(work, items):
    return items / median_of(RUNS, work)


def first_result(runs):
    """Milliseconds from creating a pool to its first result; ending it is not counted."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        with multiprocessing.Pool(2) as pool:
            pool.apply(double, (21,))
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main({
        "pool_map": in_pool(lambda pool: median_of(RUNS, lambda: pool.map(double, ITEMS)) * 1e3),
        "executor_map": in_executor(
            lambda executor: median_of(RUNS, lambda: list(executor.map(double, ITEMS, chunksize=CHUNK))) * 1e3),
        "pool_call": in_pool(lambda pool, calls: per_iteration(calls, lambda: pool.apply(double, (21,))) * 1e6),
        "executor_call": in_executor(
            lambda executor, calls: per_iteration(calls, lambda: executor.submit(double, 21).result()) * 1e6),
        "pool_tasks": in_pool(
            lambda pool, tasks: each_submitted(lambda number: pool.apply_async(double, (number,)), lambda task: task.get(), tasks)),
        "executor_tasks": in_executor(
            lambda executor, tasks: each_submitted(
                lambda number: executor.submit(double, number), lambda task: task.result(), tasks)),
        "pool_items": in_pool(
            lambda pool, items: each_mapped(lambda: pool.map(double, range(items), chunksize=1), items)),
        "executor_items": in_executor(
            lambda executor, items: each_mapped(lambda: list(executor.map(double, range(items), chunksize=1)), items)),
        "first_result": first_result,
    })
