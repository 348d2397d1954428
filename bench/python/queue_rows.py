import multiprocessing

from harness import main, together
from serialization_rows import ORDER


def get_all(queue, count):
    for _ in range(count):
        queue.get()


def per_second(queue, item, count):
    def put_all(count):
        for _ in range(count):
            queue.put(item)

    return 1 / together(put_all, lambda n: get_all(queue, n), count)


def ping_pong(there, back, count):
    """Microseconds there and back."""
    def ask(count):
        for item in range(count):
            there.put(item)
            back.get()

    def answer(count):
        for _ in range(count):
            back.put(there.get())

    return together(ask, answer, count) * 1e6


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main({
        "queue": lambda count: per_second(multiprocessing.Queue(), 1, count),
        "simple_queue": lambda count: per_second(multiprocessing.SimpleQueue(), 1, count),
        "queue_records": lambda count: per_second(multiprocessing.Queue(), ORDER, count),
        "ping_pong": lambda count: ping_pong(multiprocessing.Queue(), multiprocessing.Queue(), count),
        "simple_ping_pong": lambda count: ping_pong(multiprocessing.SimpleQueue(), multiprocessing.SimpleQueue(), count),
    })
