"""The clock of a worker, with a stand-in for a device that runs behind."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from frontends.workers.timing import Blocks, copy_of, loading, repeated

BEGIN, RUN = 0.001, 0.25  # seconds that a step takes to begin, and that the device then runs


@dataclass
class Device:
    """A clock and a device: a step is begun in no time and runs behind; waiting lets it end."""

    now: float = 0.0
    free: float = 0.0  # when the device has done all that was begun

    def clock(self) -> float:
        self.now += 1e-6  # who looks at it waits
        return self.now

    def step(self) -> None:
        self.now += BEGIN
        self.free = max(self.free, self.now) + RUN

    def wait(self) -> None:
        self.now = max(self.now, self.free)


def test_a_step_counts_until_its_result_is_there() -> None:
    device = Device()
    seconds, faults = Blocks(device.step, device.wait, clock=device.clock).take(2, 0.0, 1)
    assert seconds == pytest.approx([BEGIN + RUN] * 2, abs=1e-4) and faults >= 0


def test_without_waiting_only_the_beginning_would_count() -> None:
    """The classic fault: planted, it is seen."""
    device = Device()
    seconds, _ = Blocks(device.step, lambda: None, clock=device.clock).take(2, 0.0, 1)
    assert seconds == pytest.approx([BEGIN] * 2, abs=1e-4)


def test_in_a_block_steps_begin_while_others_run() -> None:
    device = Device()
    seconds, _ = Blocks(device.step, device.wait, clock=device.clock).take(1, 5.0, 10)
    assert len(seconds) == 2  # blocks of 2.5 s
    assert seconds == pytest.approx([RUN + BEGIN / 10] * 2, abs=1e-4)


@pytest.mark.parametrize("per", [1, 10])
def test_a_slow_down_is_planted_in_every_block(per: int) -> None:
    device = Device()
    plain, _ = Blocks(device.step, device.wait, clock=device.clock).take(2, 0.0, per)
    slowed, _ = Blocks(device.step, device.wait, 0.1, device.clock).take(2, 0.0, per)
    assert slowed[1] / plain[1] == pytest.approx(1.1, rel=0.01)


def test_loading_goes_on_by_the_file_s_own_batches() -> None:
    seen = []

    def batches(data: tuple[list[int], list[int]], size: int, seed: int) -> object:
        seen.append((len(data[0]), size, seed))
        yield from range(3)

    found = loading(batches, [1, 2], [0, 1])
    assert [next(found) for _ in range(5)] == [0, 1, 2, 0, 1]
    assert seen == [(16, 2, 0), (16, 2, 1)]


def test_copies_are_taken_and_the_first_is_not_counted() -> None:
    calls: list[int] = []
    assert len(repeated(lambda: calls.append(1), 3)) == 3 and len(calls) == 4
    copy_of(1 << 16)()
