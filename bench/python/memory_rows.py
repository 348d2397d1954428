import multiprocessing
import resource
from multiprocessing.shared_memory import SharedMemory

from harness import main, per_iteration


def named(length, count, writes=False):
    """Microseconds to create, attach, close and unlink."""
    page = resource.getpagesize()

    def work():
        created = SharedMemory(create=True, size=length)
        attached = SharedMemory(created.name)
        if writes:
            buffer = attached.buf
            for index in range(0, length, page):
                buffer[index] = 1
            del buffer
        attached.close()
        created.close()
        created.unlink()

    return per_iteration(count, work) * 1e6


def value(count):
    """Microseconds to create and drop a Value, its lock included."""
    return per_iteration(count, lambda: multiprocessing.Value("q", 1)) * 1e6


if __name__ == "__main__":
    main({
        "named": named,
        "named_written": lambda length, count: named(length, count, writes=True),
        "value": value,
    })
