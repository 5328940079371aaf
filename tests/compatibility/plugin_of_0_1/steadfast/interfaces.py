from typing import Protocol


class Distance(Protocol):
    def between(self, first, second): ...
