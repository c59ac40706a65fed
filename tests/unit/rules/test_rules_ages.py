"""How old a price or a balance may be."""

import numpy as np

from rules.ages import AHEAD, is_fresh


def test_what_comes_from_a_time_yet_to_come_is_not_fresh() -> None:
    ages = np.array([-AHEAD - 1, -AHEAD, -1, 0, 5, 6])
    assert is_fresh(ages, 5).tolist() == [False, True, True, True, True, False]
    assert is_fresh(ages, np.array([9, 9, 9, -1, 9, 9])).tolist() == [
        *(False, True, True, False, True, True)
    ]
