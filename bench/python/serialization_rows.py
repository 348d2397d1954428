import array
import dataclasses
import pickle
from multiprocessing.reduction import ForkingPickler

from harness import main, per_iteration


@dataclasses.dataclass
class Order:
    id: int
    customer: str
    price: float
    quantity: int
    is_paid: bool
    tags: list


ORDER = Order(4711, "Ada Lovelace", 12.5, 3, True, ["express", "gift"])


def round_trip(value, iterations):
    """Seconds to write and read the value as Connection.send and recv do."""
    return per_iteration(iterations, lambda: pickle.loads(ForkingPickler.dumps(value)))


if __name__ == "__main__":
    main({
        "record": lambda iterations: round_trip(ORDER, iterations) * 1e6,
        "list_of_ints": lambda length, iterations: round_trip(list(range(length)), iterations) * 1e3,
        "array_of_ints": lambda length, iterations: round_trip(array.array("i", range(length)), iterations) * 1e3,
    })
