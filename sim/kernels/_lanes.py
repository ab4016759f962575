"""Sixteen times at once: loops over 16 uint32 that stay in one register (or in two, or four).

A row of labels is one cache line: the times of one node from 16 origins. Plain loops over it would write each
minimum back to memory; these functions say the same in LLVM's vectors, which every processor has in some
width. `labels` and rows of `out` must start at an address that 64 divides (`aligned`).
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

_WORD = ir.IntType(32)
_LONG = ir.IntType(64)
_LINE = ir.VectorType(_WORD, LANES)


def aligned(rows: int, columns: int) -> NDArray[np.uint32]:
    """Return an array [rows, columns], not filled, of whole cache lines: up to 15 columns more."""
    width = -(-columns // LANES) * LANES
    memory = np.empty(rows * width + LANES, np.uint32)
    skip = (-memory.ctypes.data % 64) // 4
    return memory[skip : skip + rows * width].reshape(rows, width)


def _line(builder, data, index):
    """Return the pointer to the line that starts at an index of an array of uint32."""
    return builder.bitcast(builder.gep(data, [index]), _LINE.as_pointer())


def _splat(builder, value):
    """Return a line that holds one value 16 times."""
    one = builder.insert_element(ir.Constant(_LINE, ir.Undefined), value, ir.Constant(_WORD, 0))
    zeros = ir.Constant(ir.VectorType(_WORD, LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(_LINE, ir.Undefined), zeros)


@intrinsic
def relax_line(_typing_context, labels, row, arcs, begin, end, closed, fresh):
    """Lower a row of labels by the arcs that lead to it, all lanes at once.

    ``labels[row] = min(labels[row], min over arcs of (labels[arc & 0xFFFFFFFF] + (arc >> 32)))``, where the
    row counts as `closed` if it is `fresh`. Row numbers are not checked; labels is flat, 16 a row.
    """
    signature = types.void(labels, types.int64, arcs, types.int64, types.int64, types.uint32, types.boolean)

    def generate(context, builder, _, args):
        data = context.make_array(labels)(context, builder, args[0]).data
        arc_data = context.make_array(arcs)(context, builder, args[2]).data
        sixteen = ir.Constant(_LONG, LANES)
        own = _line(builder, data, builder.mul(args[1], sixteen))
        stored = builder.load(own)
        stored.align = 64
        start = builder.select(args[6], _splat(builder, args[5]), stored)
        before = builder.basic_block
        loop = builder.append_basic_block("arcs")
        done = builder.append_basic_block("done")
        builder.cbranch(builder.icmp_signed("<", args[3], args[4]), loop, done)
        builder.position_at_end(loop)
        arc = builder.phi(_LONG)
        least = builder.phi(_LINE)
        arc.add_incoming(args[3], before)
        least.add_incoming(start, before)
        value = builder.load(builder.gep(arc_data, [arc]))
        there = builder.and_(value, ir.Constant(_LONG, 0xFFFFFFFF))
        seconds = builder.trunc(builder.lshr(value, ir.Constant(_LONG, 32)), _WORD)
        other = builder.load(_line(builder, data, builder.mul(there, sixteen)))
        other.align = 64
        sums = builder.add(other, _splat(builder, seconds))
        lower = builder.select(builder.icmp_unsigned("<", sums, least), sums, least)
        then = builder.add(arc, ir.Constant(_LONG, 1))
        arc.add_incoming(then, loop)
        least.add_incoming(lower, loop)
        builder.cbranch(builder.icmp_signed("<", then, args[4]), loop, done)
        builder.position_at_end(done)
        result = builder.phi(_LINE)
        result.add_incoming(start, before)
        result.add_incoming(lower, loop)
        builder.store(result, own).align = 64
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def turn_over(_typing_context, labels, place, column, tile, to):
    """Write the labels of 16 nodes to 16 rows of a tile.

    ``tile[k, to + i] = labels[place[column + i], k]`` for i, k of 0 to 15; labels is flat, 16 a row. `column`
    and `to` are multiples of 16; nothing is checked.
    """
    signature = types.void(labels, place, types.int64, tile, types.int64)

    def generate(context, builder, _, args):
        data = context.make_array(labels)(context, builder, args[0]).data
        places = context.make_array(place)(context, builder, args[1]).data
        rows = context.make_array(tile)(context, builder, args[3])
        stride = builder.udiv(builder.extract_value(rows.strides, 0), ir.Constant(_LONG, 4))
        lines = []
        for i in range(LANES):
            node = builder.load(builder.gep(places, [builder.add(args[2], ir.Constant(_LONG, i))]))
            line = builder.load(
                _line(builder, data, builder.mul(builder.zext(node, _LONG), ir.Constant(_LONG, LANES)))
            )
            line.align = 64
            lines.append(line)
        kind = ir.VectorType(_WORD, LANES)
        first = ir.Constant(kind, [i // 2 + LANES * (i % 2) for i in range(LANES)])
        second = ir.Constant(kind, [LANES // 2 + i // 2 + LANES * (i % 2) for i in range(LANES)])
        for _stage in range(4):  # four perfect shuffles turn the square over
            lines = [
                builder.shuffle_vector(lines[i], lines[i + LANES // 2], mask)
                for i in range(LANES // 2)
                for mask in (first, second)
            ]
        for k in range(LANES):
            index = builder.add(builder.mul(stride, ir.Constant(_LONG, k)), args[4])
            store = builder.store(lines[k], _line(builder, rows.data, index))
            store.align = 64
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def stream_line(_typing_context, tile, column, out, to):
    """Copy 16 numbers of a row, from ``tile[column:]`` to ``out[to:]`` past the cache, unchecked."""
    signature = types.void(tile, types.int64, out, types.int64)

    def generate(context, builder, _, args):
        source = context.make_array(tile)(context, builder, args[0]).data
        target = context.make_array(out)(context, builder, args[2]).data
        line = builder.load(_line(builder, source, args[1]))
        line.align = 64
        store = builder.store(line, _line(builder, target, args[3]))
        store.align = 64
        one = builder.module.add_metadata([ir.Constant(_WORD, 1)])
        store.set_metadata("nontemporal", one)
        return context.get_dummy_value()

    return signature, generate
