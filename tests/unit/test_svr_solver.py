"""The solvers against scikit-learn's at tolerance 1e-7, and against each other."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from affectmix.search.kernels import Kernel
from affectmix.search.svr_active_set import active_set
from affectmix.search.svr_smo import intercept, kkt_gap, smo
from affectmix.search.svr_solver import Solutions, solve
from sklearn.svm import SVR

TIGHT = 1e-7
GRID = list(itertools.product([0, 1], [0.1, 1.0, 10.0], [0.0, 0.25, 0.5, 1.0]))
KERNELS = [
    Kernel("rbf", "scale"),
    Kernel("rbf", "auto"),
    Kernel("poly", "scale", 2, 0.5),
    Kernel("poly", "scale", 3, 25.0),
    Kernel("poly", "auto", 4, 50.0),
    Kernel("poly", "scale", 5, 1.0),
    Kernel("sigmoid", "auto", 3, 0.0),
    Kernel("sigmoid", "scale", 3, 25.0),
]


def problem(n: int = 50, q: int = 9, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, n, q])
    A = rng.normal(size=(n + 20, q)) * np.geomspace(3.0, 0.5, q)
    A -= A[:n].mean(axis=0)
    Y = np.tanh(A[:n, :2] + 0.5 * np.sin(A[:n, 2:4]) + 0.3 * rng.normal(size=(n, 2)))
    return A[:n], A[n:], Y


def matrices(kernel: Kernel, A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    gamma = kernel.width(A.shape[1], A.var())
    a, b = np.square(A).sum(axis=1), np.square(B).sum(axis=1)
    return kernel.to_train(A @ A.T, a, gamma, A.shape[1]), kernel.of_products(B @ A.T, b, a, gamma)


def solve_grid(
    K: np.ndarray, Y: np.ndarray, grid: list, *, convex: bool = True, shrinking: bool = True
) -> Solutions:
    column, C, epsilon = (np.array(values) for values in zip(*grid, strict=True))
    return solve(
        K,
        Y,
        column=column,
        C=C,
        epsilon=epsilon,
        shrinking=np.full(len(grid), shrinking),
        convex=convex,
        tolerance=TIGHT,
        limit=10**7,
    )


@pytest.mark.parametrize("shrinking", [True, False])
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_predictions_equal_scikit_learn(kernel: Kernel, shrinking: bool) -> None:
    A, B, Y = problem()
    K, between = matrices(kernel, A, B)
    found = solve_grid(K, Y, GRID, convex=kernel.convex, shrinking=shrinking)
    assert found.converged.all()
    for k, (column, C, epsilon) in enumerate(GRID):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reference = SVR(
                kernel=kernel.name,
                gamma=kernel.gamma,
                degree=kernel.degree,
                coef0=kernel.coef0,
                C=C,
                epsilon=epsilon,
                shrinking=shrinking,
                tol=TIGHT,
                max_iter=3_000_000,
            ).fit(A, Y[:, column])
        assert reference.fit_status_ == 0
        ours = between @ found.beta[k] + found.bias[k]
        np.testing.assert_allclose(ours, reference.predict(B), atol=1e-6, err_msg=str(GRID[k]))


def test_shrinking_changes_what_an_indefinite_kernel_finds() -> None:
    A = np.random.default_rng(1).normal(size=(80, 20))
    Y = np.tanh(A[:, :2] + np.random.default_rng(2).normal(size=(80, 2)))
    kernel = Kernel("sigmoid", "auto", 3, 0.0)
    K, _ = matrices(kernel, A, A)
    grid = [(0, 0.1, 0.5), (0, 10.0, 0.3), (1, 30.0, 0.3)]
    column, C, epsilon = (np.array(values * 2) for values in zip(*grid, strict=True))
    found = solve(
        K,
        Y,
        column=column,
        C=C,
        epsilon=epsilon,
        shrinking=np.repeat([True, False], 3),
        convex=False,
        tolerance=TIGHT,
    )
    # The first ends before shrinking would begin, and is solved once.
    np.testing.assert_array_equal(found.beta[0], found.beta[3])
    assert np.abs(found.beta[2] - found.beta[5]).max() > 1.0
    for k in range(6):
        reference = SVR(
            kernel="sigmoid",
            gamma="auto",
            coef0=0.0,
            C=C[k],
            epsilon=epsilon[k],
            shrinking=k < 3,
            tol=TIGHT,
        ).fit(A, Y[:, column[k]])
        dual = np.zeros(len(A))
        dual[reference.support_] = reference.dual_coef_[0]
        np.testing.assert_allclose(found.beta[k], dual, atol=1e-9 * C[k])


@pytest.mark.parametrize("kernel", [k for k in KERNELS if k.convex], ids=str)
def test_warm_starts_equal_cold_starts(kernel: Kernel) -> None:
    A, B, Y = problem(seed=1)
    K, between = matrices(kernel, A, B)
    warm = solve_grid(K, Y, GRID)
    for k, job in enumerate(GRID):
        cold = solve_grid(K, Y, [job])
        np.testing.assert_allclose(
            between @ warm.beta[k] + warm.bias[k],
            between @ cold.beta[0] + cold.bias[0],
            atol=1e-6,
        )


def test_solutions_come_in_the_order_of_their_problems() -> None:
    A, _, Y = problem()
    K, _ = matrices(KERNELS[1], A, A)
    order = np.random.default_rng(0).permutation(len(GRID))
    straight = solve_grid(K, Y, GRID)
    mixed = solve_grid(K, Y, [GRID[k] for k in order])
    np.testing.assert_array_equal(mixed.beta, straight.beta[order])
    np.testing.assert_array_equal(mixed.bias, straight.bias[order])


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_solutions_are_feasible_and_meet_the_conditions(kernel: Kernel) -> None:
    A, _, Y = problem(seed=2)
    K, _ = matrices(kernel, A, A)
    found = solve_grid(K, Y, GRID, convex=kernel.convex)
    for k, (column, C, epsilon) in enumerate(GRID):
        beta = found.beta[k]
        assert np.abs(beta).max() <= C
        assert abs(beta.sum()) <= 1e-9 * max(1.0, np.abs(beta).sum())
        g = K @ beta - Y[:, column]
        # The indefinite solver's gradient is in single precision, as libsvm's.
        loose = TIGHT if kernel.convex else 1e-4
        assert kkt_gap(g, beta, C, epsilon) <= 1.01 * loose


def test_a_tube_wider_than_the_targets_needs_no_support_vectors() -> None:
    A, _, Y = problem()
    K, _ = matrices(KERNELS[1], A, A)
    for convex in (True, False):
        found = solve_grid(K, Y, [(0, 1.0, 2.0)], convex=convex)
        assert found.converged.all() and not found.beta.any()
        # Every bias between max − ε and min + ε would do; libsvm takes the middle.
        assert found.bias[0] == pytest.approx(0.5 * (Y[:, 0].max() + Y[:, 0].min()))


def test_the_bias_is_the_mean_over_the_free_support_vectors() -> None:
    g = np.array([-0.5, 0.3, -0.2, 0.9])
    beta = np.array([0.4, -0.6, 1.0, -0.8])
    # Free: rows 0, 1 and 3; row 2 is at its bound.
    expected = ((0.5 - 0.1) + (-0.3 + 0.1) + (-0.9 + 0.1)) / 3
    assert intercept(g, beta, 1.0, 0.1) == pytest.approx(expected)
    # None free: row 2 may only fall (−g − ε = 0.1), row 3 only rise (−g + ε = −0.8).
    assert intercept(g[2:], np.array([1.0, -1.0]), 1.0, 0.1) == pytest.approx((0.1 - 0.8) / 2)


@pytest.mark.parametrize("epsilon", [0.0, 0.2])
@pytest.mark.parametrize("C", [0.5, 1e3])
def test_active_sets_and_pairs_agree(epsilon: float, C: float) -> None:
    A, _, Y = problem(seed=3)
    K, _ = matrices(Kernel("rbf", "auto"), A, A)
    y = Y[:, 0].copy()
    diagonal = np.diag(K).copy()
    slow, g_slow = np.zeros(len(y)), -y
    assert smo(K, diagonal, C, epsilon, 1e-10, 10**7, slow, g_slow)[1]
    fast, g_fast = np.zeros(len(y)), -y
    smo(K, diagonal, C, epsilon, 1e-2, 10**7, fast, g_fast)
    assert active_set(K, y, C, epsilon, fast, g_fast)
    np.testing.assert_allclose(fast, slow, atol=1e-6 * np.abs(slow).max())
    np.testing.assert_allclose(g_fast, K @ fast - y, atol=1e-9)
    assert kkt_gap(g_fast, fast, C, epsilon) < 1e-9


def test_active_sets_change_nothing_when_they_give_up() -> None:
    K = np.ones((6, 6))  # singular: no linear system can be solved
    y = np.linspace(-1, 1, 6)
    beta = np.array([-0.1, -0.1, -0.1, 0.1, 0.1, 0.1])
    g = K @ beta - y
    before, g_before = beta.copy(), g.copy()
    assert not active_set(K, y, 1.0, 0.0, beta, g)
    np.testing.assert_array_equal(beta, before)
    np.testing.assert_array_equal(g, g_before)


@pytest.mark.parametrize("convex", [True, False])
def test_running_out_of_pairs_is_reported(convex: bool) -> None:
    A, _, Y = problem()
    K, _ = matrices(KERNELS[1], A, A)
    job = {"column": np.array([0]), "C": np.array([10.0]), "epsilon": np.array([0.0])}
    found = solve(K, Y, **job, convex=convex, tolerance=TIGHT, limit=5)
    assert not found.converged[0] and found.pairs[0] == 5


def test_an_overflown_kernel_counts_as_not_converged() -> None:
    _, _, Y = problem(n=4)
    K = np.eye(4)
    K[0, 1] = np.inf
    found = solve_grid(K, Y, [(0, 1.0, 0.1)])
    assert not found.converged.any() and np.isnan(found.bias).all()


@pytest.mark.parametrize(
    "kernel", [Kernel("linear"), Kernel("poly", "scale", 2, 1.0), Kernel("poly", "auto", 2, 100.0)]
)
def test_singular_kernels_are_solved_in_double_precision(kernel: Kernel) -> None:
    A, B, Y = problem(q=3)
    K, between = matrices(kernel, A, B)
    assert np.linalg.matrix_rank(K, tol=1e-9) < 10
    warm = solve_grid(K, Y, GRID)
    # Pairs alone would need millions; the proximal steps end it.
    assert warm.converged.all() and warm.pairs.max() < 20_000
    for k, (column, C, epsilon) in enumerate(GRID):
        g = K @ warm.beta[k] - Y[:, column]
        assert kkt_gap(g, warm.beta[k], C, epsilon) <= 1.01 * TIGHT
        cold = solve_grid(K, Y, [GRID[k]])
        shift = between @ (warm.beta[k] - cold.beta[0])
        np.testing.assert_allclose(shift, 0.0, atol=1e-6)


@pytest.mark.parametrize("duplicated", [False, True])
def test_constant_kernels_and_duplicated_rows_end(duplicated: bool) -> None:
    A, _, Y = problem(n=30)
    A = np.vstack([A, A]) if duplicated else np.zeros_like(A)
    Y = np.vstack([Y, -Y]) if duplicated else Y
    for kernel in KERNELS:
        K, _ = matrices(kernel, A, A)
        found = solve_grid(K, Y, GRID, convex=kernel.convex)
        assert found.converged.all(), kernel
