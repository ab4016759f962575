"""Sixteen times at once: loops over 16 uint32 that stay in one register (or in two, or four).

Plain loops over short rows would be compiled into code that handles one number at a time, or that writes each
minimum back to memory; these functions say the same in LLVM's vectors, which every processor has in some
width. A *line* is one cache line of labels: the times of one node from 16 origins. Arrays of lines must start
at an address that 64 divides (`aligned`). No index is checked.
"""

# ruff: noqa: ARG001 - an intrinsic's arguments are its signature

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numpy.typing import NDArray

ir = cgutils.ir  # type: ignore[attr-defined]  # llvmlite, as Numba itself uses it

LANES = 16
"""How many origins are swept together."""

AHEAD = 128
"""How many entries of `place` `write_lines` reads ahead, to ask for their lines."""

_CLOSED = 0x7FFFFFFF
_WORD = ir.IntType(32)
_LONG = ir.IntType(64)
_LINE = ir.VectorType(_WORD, LANES)
_LARGE = ir.VectorType(ir.DoubleType(), LANES)


def aligned(rows: int, columns: int) -> NDArray[np.uint32]:
    """Return an array [rows, columns], not filled, of whole cache lines: up to 15 columns more."""
    return aligned_view(np.empty(rows * -(-columns // LANES) * LANES + LANES, np.uint32), rows, columns)


def aligned_view(memory: NDArray[np.uint32], rows: int, columns: int) -> NDArray[np.uint32]:
    """Return memory of at least 16 more elements than that as such an array."""
    width = -(-columns // LANES) * LANES
    skip = (-memory.ctypes.data % 64) // 4
    return memory[skip : skip + rows * width].reshape(rows, width)


def _data(context, builder, kind, value):
    """Return the pointer to an array's first element."""
    return context.make_array(kind)(context, builder, value).data


def _long(value):
    """Return a constant int64."""
    return ir.Constant(_LONG, value)


def _at(builder, data, index, kind=_LINE):
    """Return the pointer to the 16 elements that start at an index."""
    return builder.bitcast(builder.gep(data, [index]), kind.as_pointer())


def _load(builder, pointer, align):
    """Return the 16 elements at a pointer."""
    value = builder.load(pointer)
    value.align = align
    return value


def _splat(builder, value, kind=_LINE):
    """Return a vector that holds one value 16 times."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(_WORD, 0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), ir.Constant(_LINE, [0] * LANES))


def _least(builder, one, other):
    """Return the lesser of each lane."""
    return builder.select(builder.icmp_unsigned("<", one, other), one, other)


def _loop(builder, begin, end, step, states, body):
    """Run ``states = body(index, states)`` for index from begin to end; return the states."""
    before = builder.basic_block
    loop, done = builder.append_basic_block("loop"), builder.append_basic_block("done")
    builder.cbranch(builder.icmp_signed("<", begin, end), loop, done)
    builder.position_at_end(loop)
    index = builder.phi(_LONG)
    index.add_incoming(begin, before)
    inside = []
    for state in states:
        phi = builder.phi(state.type)
        phi.add_incoming(state, before)
        inside.append(phi)
    new = body(index, inside)
    last = builder.basic_block
    then = builder.add(index, _long(step))
    index.add_incoming(then, last)
    for phi, state in zip(inside, new, strict=True):
        phi.add_incoming(state, last)
    builder.cbranch(builder.icmp_signed("<", then, end), loop, done)
    builder.position_at_end(done)
    results = []
    for state, after in zip(states, new, strict=True):
        phi = builder.phi(state.type)
        phi.add_incoming(state, before)
        phi.add_incoming(after, last)
        results.append(phi)
    return results


def _arc(builder, data, index, arc):
    """Return the line that an arc leads from, later by its seconds."""
    there = builder.and_(arc, _long(_CLOSED))
    seconds = builder.trunc(builder.lshr(arc, _long(32)), _WORD)
    line = _load(builder, _at(builder, data, builder.mul(there, _long(LANES))), 64)
    return builder.add(line, _splat(builder, seconds))


@intrinsic
def sweep_lines(_typing_context, labels, row, keep, arcs, begin, end):
    """Lower consecutive lines by the arcs that lead to them, from the line of `row` on.

    ``arcs[2 * i]`` and ``arcs[2 * i + 1]``, for i from `begin` to ``end - 1``, are ``seconds << 32 | line``;
    bit 31 of the first says that the pair is its line's last. Lines count as closed before, but for the
    first one if `keep`. There is no branch in the loop that depends on the graph.
    """
    signature = types.void(labels, types.int64, types.boolean, arcs, types.int64, types.int64)

    def generate(context, builder, _, args):
        data = _data(context, builder, labels, args[0])
        pairs = _data(context, builder, arcs, args[3])
        closed = ir.Constant(_LINE, [_CLOSED] * LANES)
        own = builder.mul(args[1], _long(LANES))
        start = builder.select(args[2], _load(builder, _at(builder, data, own), 64), closed)

        def body(index, states):
            own, least = states
            place = builder.shl(index, _long(1))
            first = builder.load(builder.gep(pairs, [place]))
            second = builder.load(builder.gep(pairs, [builder.or_(place, _long(1))]))
            least = _least(builder, _arc(builder, data, place, first), least)
            least = _least(builder, _arc(builder, data, place, second), least)
            builder.store(least, _at(builder, data, own)).align = 64
            last = builder.and_(builder.lshr(first, _long(31)), _long(1))
            own = builder.add(own, builder.shl(last, _long(4)))
            mask = builder.and_(builder.sub(_long(0), last), _long(_CLOSED))
            return own, builder.or_(least, _splat(builder, builder.trunc(mask, _WORD)))

        _loop(builder, args[4], args[5], 1, [own, start], body)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def push_line(_typing_context, labels, row, arcs, begin, end):
    """Lower the lines that arcs lead to by the line of `row`; an arc is ``seconds << 32 | line``."""
    signature = types.void(labels, types.int64, arcs, types.int64, types.int64)

    def generate(context, builder, _, args):
        data = _data(context, builder, labels, args[0])
        arc_data = _data(context, builder, arcs, args[2])
        own = _load(builder, _at(builder, data, builder.mul(args[1], _long(LANES))), 64)

        def body(index, _states):
            arc = builder.load(builder.gep(arc_data, [index]))
            seconds = builder.trunc(builder.lshr(arc, _long(32)), _WORD)
            there = builder.mul(builder.and_(arc, _long(_CLOSED)), _long(LANES))
            pointer = _at(builder, data, there)
            sums = builder.add(own, _splat(builder, seconds))
            builder.store(_least(builder, sums, _load(builder, pointer, 64)), pointer).align = 64
            return ()

        _loop(builder, args[3], args[4], 1, [], body)
        return context.get_dummy_value()

    return signature, generate


def _turned(builder, lines):
    """Return 16 lines of 16 turned over: lane k of line i becomes lane i of line k."""
    for size in (8, 4, 2, 1):  # blocks of this size change places across the diagonal
        low = [lane if lane // size % 2 == 0 else LANES + lane - size for lane in range(LANES)]
        high = [lane + size if lane // size % 2 == 0 else LANES + lane for lane in range(LANES)]
        for i in range(LANES):
            if i // size % 2 == 0:
                pair = lines[i], lines[i + size]
                lines[i] = builder.shuffle_vector(*pair, ir.Constant(_LINE, low))
                lines[i + size] = builder.shuffle_vector(*pair, ir.Constant(_LINE, high))
    return lines


@intrinsic
def write_lines(_typing_context, labels, place, column, most, count, out):
    """Write 16 nodes' lines to 16 columns of the first `count` rows of `out`, past the cache.

    ``out[k, column + i] = labels[16 * place[column + i] + k]``, and `_CLOSED` where that is above `most`, for
    i from 0 to 15; the lines of ``place[column + AHEAD + i]`` are asked for. `column` is a multiple of 16,
    and rows of `out` are lines.
    """
    signature = types.void(labels, place, types.int64, types.uint32, types.int64, out)

    def generate(context, builder, _, args):
        data = _data(context, builder, labels, args[0])
        places = _data(context, builder, place, args[1])
        rows = context.make_array(out)(context, builder, args[5])
        stride = builder.udiv(builder.extract_value(rows.strides, 0), _long(4))
        byte, flag = ir.IntType(8).as_pointer(), _WORD
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        options = [
            ir.Constant(flag, value) for value in (0, 2, 1)
        ]  # for reading, into the second level, data
        most, closed = _splat(builder, args[3]), ir.Constant(_LINE, [_CLOSED] * LANES)

        def line_at(column):
            node = builder.zext(builder.load(builder.gep(places, [column])), _LONG)
            return _at(builder, data, builder.mul(node, _long(LANES)))

        lines = []
        for i in range(LANES):
            later = line_at(builder.add(args[2], _long(i + AHEAD)))
            builder.call(fetch, [builder.bitcast(later, byte), *options])
            line = _load(builder, line_at(builder.add(args[2], _long(i))), 64)
            lines.append(builder.select(builder.icmp_unsigned("<=", line, most), line, closed))
        nontemporal = builder.module.add_metadata([ir.Constant(_WORD, 1)])
        for k, line in enumerate(_turned(builder, lines)):
            with builder.if_then(builder.icmp_signed("<", _long(k), args[4])):
                index = builder.add(builder.mul(stride, _long(k)), args[2])
                store = builder.store(line, _at(builder, rows.data, index))
                store.align = 64
                store.set_metadata("nontemporal", nontemporal)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_within(_typing_context, labels, begin, end, most, weight, total):
    """Add the weights of the lines from `begin` to ``end - 1`` to each lane whose time is at most `most`."""
    signature = types.void(labels, types.int64, types.int64, types.uint32, weight, total)

    def generate(context, builder, _, args):
        data = _data(context, builder, labels, args[0])
        weights = _data(context, builder, weight, args[4])
        sums = builder.bitcast(_data(context, builder, total, args[5]), _LARGE.as_pointer())
        most = _splat(builder, args[3])
        zero = ir.Constant(_LARGE, [0.0] * LANES)

        def body(index, states):
            line = _load(builder, _at(builder, data, builder.mul(index, _long(LANES))), 64)
            weight = _splat(builder, builder.load(builder.gep(weights, [index])), _LARGE)
            near = builder.select(builder.icmp_unsigned("<=", line, most), weight, zero)
            return (builder.fadd(states[0], near),)

        (result,) = _loop(builder, args[1], args[2], 1, [_load(builder, sums, 8)], body)
        builder.store(result, sums).align = 8
        return context.get_dummy_value()

    return signature, generate


def _inside(builder, index, begin, end):
    """Return which of the 16 elements from an index on lie between begin and end."""
    steps = ir.Constant(_LINE, list(range(LANES)))
    skipped = builder.trunc(builder.sub(begin, index), _WORD)
    left = builder.trunc(builder.sub(end, index), _WORD)
    return builder.and_(
        builder.icmp_signed(">=", steps, _splat(builder, skipped)),
        builder.icmp_signed("<", steps, _splat(builder, left)),
    )


def _over_run(builder, row, values, to, begin, end, states, body):
    """Run ``states = body(pointer, 16 values, inside, states)`` for each line of a row that a run meets.

    Element ``to + i`` of the row goes with ``values[begin + i]``, i < end - begin.
    """
    shift = builder.sub(begin, to)
    stop = builder.sub(end, shift)

    def of_line(index, states):
        line = _load(builder, _at(builder, values, builder.add(index, shift)), 4)
        return body(_at(builder, row, index), line, _inside(builder, index, to, stop), states)

    return _loop(builder, builder.and_(to, _long(-LANES)), stop, LANES, states, of_line)


def _alternately(builder, even, odd):
    """Return a line that holds two values in turns."""
    mask = ir.Constant(_LINE, [LANES * (lane % 2) for lane in range(LANES)])
    return builder.shuffle_vector(_splat(builder, even), _splat(builder, odd), mask)


@intrinsic
def copy_run(_typing_context, row, to, values, begin, end):
    """Copy a run of numbers: ``row[to + i] = values[begin + i]``, i < end - begin; as for `lower_run`."""
    signature = types.void(row, types.int64, values, types.int64, types.int64)

    def generate(context, builder, _, args):
        target = _data(context, builder, row, args[0])
        source = _data(context, builder, values, args[2])

        def body(pointer, line, inside, _states):
            line = builder.select(inside, line, _load(builder, pointer, 64))
            builder.store(line, pointer).align = 64
            return ()

        _over_run(builder, target, source, args[1], args[3], args[4], [], body)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def lower_run(_typing_context, row, to, values, begin, end, even, odd):
    """Lower a run of numbers: ``row[to + i] = min(row[to + i], values[begin + i] + more)``, i < end - begin.

    `more` is `even` or `odd`, as ``to + i`` is. All numbers are uint32; `row` is aligned. Lines of it are
    read and written whole: so what one run writes is at hand for the next. Up to 15 elements before and
    behind the run of `values` are read.
    """
    signature = types.void(
        row, types.int64, values, types.int64, types.int64, types.uint32, types.uint32
    )  # fmt: skip

    def generate(context, builder, _, args):
        target = _data(context, builder, row, args[0])
        source = _data(context, builder, values, args[2])
        more, closed = _alternately(builder, args[5], args[6]), ir.Constant(_LINE, [_CLOSED] * LANES)

        def body(pointer, line, inside, _states):
            sums = builder.select(inside, builder.add(line, more), closed)
            builder.store(_least(builder, sums, _load(builder, pointer, 64)), pointer).align = 64
            return ()

        _over_run(builder, target, source, args[1], args[3], args[4], [], body)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def least_sums(_typing_context, row, to, values, begin, end, least):
    """Lower `least`, a line, by the sums ``row[to + i] + values[begin + i]``, i < end - begin.

    As for `lower_run`; lane ``(to + i) % 16`` of the line is lowered.
    """
    signature = types.void(row, types.int64, values, types.int64, types.int64, least)

    def generate(context, builder, _, args):
        target = _data(context, builder, row, args[0])
        source = _data(context, builder, values, args[2])
        result = _at(builder, _data(context, builder, least, args[5]), _long(0))
        closed = ir.Constant(_LINE, [_CLOSED] * LANES)

        def body(pointer, line, inside, states):
            sums = builder.select(inside, builder.add(line, _load(builder, pointer, 64)), closed)
            return (_least(builder, sums, states[0]),)

        start = [_load(builder, result, 64)]
        (line,) = _over_run(builder, target, source, args[1], args[3], args[4], start, body)
        builder.store(line, result).align = 64
        return context.get_dummy_value()

    return signature, generate
