import multiprocessing

from harness import main, per_iteration, together


def enter_and_leave(lock, count):
    for _ in range(count):
        with lock:
            pass


def increment(value, count):
    lock = value.get_lock()
    for _ in range(count):
        with lock:
            value.value += 1


def wake_by_semaphore(pair, count, first):
    mine, other = pair if first else pair[::-1]
    for _ in range(count):
        if first:
            mine.release()
            other.acquire()
        else:
            other.acquire()
            mine.release()


def wake_by_event(pair, count, first):
    mine, other = pair if first else pair[::-1]
    for _ in range(count):
        if first:
            mine.set()
            other.wait()
            other.clear()
        else:
            other.wait()
            other.clear()
            mine.set()


def take_turns(pair, count, first):
    condition, turn = pair
    own = 0 if first else 1
    for _ in range(count):
        with condition:
            condition.wait_for(lambda: turn.value == own)
            turn.value = 1 - own
            condition.notify()


def meet(barrier, count, first):
    for _ in range(count):
        barrier.wait()


def alone(work, count):
    """Nanoseconds per turn."""
    return per_iteration(1, lambda: work(count)) / count * 1e9


def both(work, count):
    """Nanoseconds per turn, the turns of both processes counted."""
    return together(work, work, count) / 2 * 1e9


def hand_over(work, shared, count):
    """Microseconds there and back."""
    return together(lambda n: work(shared, n, True), lambda n: work(shared, n, False), count) * 1e6


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    lock = multiprocessing.Lock()
    value = multiprocessing.Value("q")
    main({
        "lock": lambda count: alone(lambda n: enter_and_leave(lock, n), count),
        "lock_two": lambda count: both(lambda n: enter_and_leave(lock, n), count),
        "increment": lambda count: alone(lambda n: increment(value, n), count),
        "increment_two": lambda count: both(lambda n: increment(value, n), count),
        "semaphore": lambda count: hand_over(
            wake_by_semaphore, (multiprocessing.Semaphore(0), multiprocessing.Semaphore(0)), count),
        "event": lambda count: hand_over(wake_by_event, (multiprocessing.Event(), multiprocessing.Event()), count),
        "condition": lambda count: hand_over(
            take_turns, (multiprocessing.Condition(), multiprocessing.Value("i", lock=False)), count),
        "barrier": lambda count: hand_over(meet, multiprocessing.Barrier(2), count),
    })
