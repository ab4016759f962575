"""Instructions that plain loops cannot say: asking for memory ahead of its use, and finding the lowest bit.

Each is one LLVM intrinsic, so it works on every processor that Numba compiles for, and becomes nothing where
a processor has no such instruction. None changes a result.
"""

from __future__ import annotations

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

ir = cgutils.ir  # type: ignore[attr-defined]  # llvmlite, as Numba itself uses it


@intrinsic
def prefetch(_typing_context, array, index):
    """Ask for the cache line of ``array[index]`` of a one-dimensional array; the index is not checked."""
    signature = types.void(array, index)

    def generate(context, builder, _, args):
        view = context.make_array(array)(context, builder, args[0])
        place = builder.gep(view.data, [args[1]])
        byte = ir.IntType(8).as_pointer()
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        options = [ir.Constant(flag, value) for value in (0, 3, 1)]  # for reading, into all levels, data
        builder.call(function, [builder.bitcast(place, byte), *options])
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def lowest_bit(_typing_context, _word):
    """Return the place of the lowest bit that is set in a uint64 other than 0."""
    signature = types.int64(types.uint64)

    def generate(_context, builder, _, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return signature, generate
