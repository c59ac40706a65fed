"""How large the values of an Arrow array are, where a few bytes may stand for many values.

Dictionaries, runs and views name the same bytes again and again; what a row holds is what they
name. Sizes are floats: nested views multiply beyond any whole number of fixed width.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Sizes = NDArray[np.float64]
_FIXED = 8.0
_EXTENSION = pa.uuid().id  # the same for every extension type
_LARGE = {pa.large_string().id, pa.large_binary().id}


def is_flat(kind: pa.DataType) -> bool:
    """Whether values of a type take no more than their buffers do."""
    return kind.id not in _EXPANDING


def size(array: Any) -> float:
    """Return about how many bytes the values have as text.

    Raises:
        pa.ArrowInvalid: The array names values that it does not have.
    """
    with np.errstate(all="ignore"):
        return float(_sizes(array).sum())


def checked_offsets(array: Any) -> NDArray[np.int64]:
    """Return the offsets of lists, which may only grow, and end within the values.

    Raises:
        pa.ArrowInvalid: They do not.
    """
    if not len(array):
        return np.zeros(1, np.int64)
    offsets: NDArray[np.int64] = array.offsets.to_numpy().astype(np.int64)
    if offsets[0] < 0 or offsets[-1] > len(array.values) or (np.diff(offsets) < 0).any():
        raise pa.ArrowInvalid("The offsets of a list are out of order")
    return offsets


def checked_views(array: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each list of a list view begins and ends.

    Raises:
        pa.ArrowInvalid: Outside its values.
    """
    begin = array.offsets.to_numpy().astype(np.int64)
    end = begin + array.sizes.to_numpy().astype(np.int64)
    if ((begin < 0) | (end < begin) | (end > len(array.values))).any():
        raise pa.ArrowInvalid("A list view lies outside its values")
    return begin, end


def checked_indices(array: Any) -> NDArray[np.int64]:
    """Return the indices of a dictionary array, -1 for null.

    Raises:
        pa.ArrowInvalid: One lies outside the dictionary.
    """
    indices: NDArray[np.int64] = array.indices.fill_null(0).to_numpy(zero_copy_only=False)
    count = len(array.dictionary)
    absent = array.indices.is_null().to_numpy(zero_copy_only=False)
    if (((indices < 0) | (indices >= count)) & ~absent).any():
        raise pa.ArrowInvalid("An index lies outside its dictionary")
    return np.where(absent, -1, indices.astype(np.int64))


def run_lengths(array: Any) -> NDArray[np.int64]:
    """Return how often each value of a run-end encoded array stands.

    Raises:
        pa.ArrowInvalid: The ends of runs are out of order, or do not reach the array's end.
    """
    ends = array.run_ends.to_numpy().astype(np.int64)
    if len(ends) != len(array.values) or (np.diff(ends, prepend=0) <= 0).any():
        raise pa.ArrowInvalid("The ends of runs are out of order")
    if len(array) and (not len(ends) or ends[-1] < len(array)):
        raise pa.ArrowInvalid("The runs end before the array")
    lengths: NDArray[np.int64] = np.diff(np.minimum(ends, len(array)), prepend=0)
    return lengths


def _sizes(array: Any) -> Sizes:
    kind = array.type
    if kind.id == _EXTENSION:
        return _sizes(array.storage)
    found = _SIZES.get(kind.id)
    return found(array) if found else np.full(len(array), _FIXED)


def _texts(array: Any) -> Sizes:
    width = np.int64 if array.type.id in _LARGE else np.int32
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.full(len(array), _FIXED)
    offsets = np.frombuffer(buffer, width)[array.offset :][: len(array) + 1]
    return np.abs(np.diff(offsets.astype(np.float64))) + _FIXED


def _text_views(array: Any) -> Sizes:
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.full(len(array), _FIXED)
    lengths = np.frombuffer(buffer, np.int32)[4 * array.offset :][: 4 * len(array) : 4]
    return np.abs(lengths.astype(np.float64)) + _FIXED


def _fixed_lists(array: Any) -> Sizes:
    each: int = array.type.list_size
    if not each:
        return np.full(len(array), _FIXED)
    inner = _sizes(array.values)[array.offset * each :][: len(array) * each]
    sums: Sizes = inner.reshape(len(array), each).sum(axis=1)
    return sums + _FIXED


def _upto(array: Any) -> Sizes:
    return np.concatenate(([0.0], np.cumsum(_sizes(array.values))))


def _lists(array: Any) -> Sizes:
    return np.diff(_upto(array)[checked_offsets(array)]) + _FIXED


def _list_views(array: Any) -> Sizes:
    begin, end = checked_views(array)
    upto = _upto(array)
    return upto[end] - upto[begin] + _FIXED


def _structs(array: Any) -> Sizes:
    out = np.full(len(array), _FIXED)
    for number, field in enumerate(array.type):
        out += _sizes(array.field(number)) + len(field.name)
    return out


def _dictionaries(array: Any) -> Sizes:
    # An absent value, -1, takes the last of these.
    return np.append(_sizes(array.dictionary), _FIXED)[checked_indices(array)]


def _runs(array: Any) -> Sizes:
    return np.repeat(_sizes(array.values), run_lengths(array))


_TEXTS = {
    pa.string().id: _texts,
    pa.large_string().id: _texts,
    pa.binary().id: _texts,
    pa.large_binary().id: _texts,
}
_SIZES: dict[int, Callable[[Any], Sizes]] = _TEXTS | {
    pa.string_view().id: _text_views,
    pa.binary_view().id: _text_views,
    pa.lib.Type_DICTIONARY: _dictionaries,
    pa.lib.Type_RUN_END_ENCODED: _runs,
    pa.lib.Type_LIST: _lists,
    pa.lib.Type_LARGE_LIST: _lists,
    pa.lib.Type_LIST_VIEW: _list_views,
    pa.lib.Type_LARGE_LIST_VIEW: _list_views,
    pa.lib.Type_FIXED_SIZE_LIST: _fixed_lists,
    pa.lib.Type_STRUCT: _structs,
}
_EXPANDING = {*_SIZES, _EXTENSION} - {*_TEXTS}
