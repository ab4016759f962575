"""Work shared out among processes gives what it gives in one."""

import multiprocessing
import os

import pytest

from sim.processes import LEAST, shared_out


def test_results_are_in_order_and_come_from_several_processes():
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("the system cannot fork")
    offset = 7  # what is known here is known there
    found = list(shared_out(lambda k: (k * k + offset, os.getpid()), 3 * LEAST, processes=2))
    assert [value for value, _ in found] == [k * k + 7 for k in range(3 * LEAST)]
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.parametrize(("count", "processes"), [(LEAST, 1), (LEAST - 1, 2), (0, 2)])
def test_little_work_is_done_here(count, processes):
    assert list(shared_out(lambda _: os.getpid(), count, processes=processes)) == [os.getpid()] * count


def test_an_error_comes_through():
    with pytest.raises(ZeroDivisionError):
        list(shared_out(lambda k: 1 // (k - 3), 2 * LEAST, processes=2))


def test_work_shared_out_inside_of_work_is_done_there():
    inner = list(shared_out(lambda _: len(set(shared_out(lambda _: os.getpid(), LEAST))), LEAST, processes=2))
    assert inner == [1] * LEAST


def test_what_a_process_leaves_undone_is_done_here():
    here = os.getpid()

    def work(number):
        if number == LEAST and os.getpid() != here:
            os._exit(1)
        return number

    assert list(shared_out(work, 3 * LEAST, processes=2)) == list(range(3 * LEAST))
