import multiprocessing
import time

from harness import main, median_of, per_iteration


def per_second(create, call, count):
    with multiprocessing.Manager() as manager:
        proxy = create(manager)
        return 1 / per_iteration(count, lambda: call(proxy))


def with_attribute(manager):
    namespace = manager.Namespace()
    namespace.x = 1
    return namespace


def set_attribute(namespace):
    namespace.x = 1


def create_and_drop(count):
    """Microseconds."""
    with multiprocessing.Manager() as manager:
        return per_iteration(count, lambda: manager.list()) * 1e6


def start_and_stop(method, runs):
    """Milliseconds."""
    context = multiprocessing.get_context(method)
    return median_of(runs, lambda: context.Manager().shutdown()) * 1e3


def read(namespace, connection):
    while True:
        for _ in range(connection.recv()):
            namespace.x
        connection.send(None)


def clients(number, count):
    """Calls per second, all clients' together."""
    with multiprocessing.Manager() as manager:
        namespace = with_attribute(manager)
        each = count // number
        pipes = [multiprocessing.Pipe() for _ in range(number)]
        processes = [
            multiprocessing.Process(target=read, args=(namespace, there), daemon=True) for _, there in pipes]
        for process in processes:
            process.start()

        def once(count):
            for here, _ in pipes:
                here.send(count)
            for here, _ in pipes:
                here.recv()

        once(each // 10)
        start = time.perf_counter()
        once(each)
        seconds = time.perf_counter() - start
        for process in processes:
            process.kill()
            process.join()
        return each * number / seconds


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main({
        "list_append": lambda count: per_second(lambda manager: manager.list(), lambda proxy: proxy.append(1), count),
        "list_get": lambda count: per_second(lambda manager: manager.list([1, 2, 3]), lambda proxy: proxy[1], count),
        "namespace_set": lambda count: per_second(lambda manager: manager.Namespace(), set_attribute, count),
        "namespace_get": lambda count: per_second(with_attribute, lambda namespace: namespace.x, count),
        "create_and_drop": create_and_drop,
        "start_and_stop": lambda runs: start_and_stop("fork", runs),
        "start_and_stop_spawn": lambda runs: start_and_stop("spawn", runs),
        "clients": clients,
    })
