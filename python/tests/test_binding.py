# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""io_binding: bound memory is read and written in place, by every run."""
import numpy as np
import pytest

import accel


@pytest.fixture
def session(scale):
    return accel.InferenceSession(scale)


def feed(binding, x, k):
    binding.bind_cpu_input("x", x)
    binding.bind_cpu_input("k", k)


def test_addresses(session, rng):
    x, k = rng.standard_normal((3, 4), np.float32), np.array(2, np.float32)
    y, total = np.zeros((3, 4), np.float32), np.zeros(3, np.float32)
    binding = session.io_binding()
    for name, array in (("x", x), ("k", k)):
        binding.bind_input(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
    for name, array in (("y", y), ("sum", total)):
        binding.bind_output(name, "cpu", 0, 1, array.shape, array.ctypes.data)
    for factor in (2, 5):
        k[...] = factor
        session.run_with_iobinding(binding)
        np.testing.assert_array_equal(y, x * k)
        np.testing.assert_allclose(total, (x * k).sum(1), rtol=1e-5, atol=1e-5)
    got = binding.get_outputs()
    assert got[0].data_ptr() == y.ctypes.data and got[0].shape() == [3, 4] and got[0].data_type() == "tensor(float)"
    copies = binding.copy_outputs_to_cpu()
    y[...] = 0
    np.testing.assert_array_equal(copies[0], x * k)


def test_outputs_without_memory_are_new_each_run(session, rng):
    x, k = rng.standard_normal((2, 4), np.float32), np.array(3, np.float32)
    binding = session.io_binding()
    feed(binding, x, k)
    binding.bind_output("sum")
    session.run_with_iobinding(binding)
    (first,) = binding.get_outputs()
    k[...] = -1
    session.run_with_iobinding(binding)
    (second,) = binding.copy_outputs_to_cpu()
    np.testing.assert_allclose(first.numpy(), (x * 3).sum(1), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(second, -x.sum(1), rtol=1e-5, atol=1e-5)


def test_sizes_that_only_the_run_knows(build):
    session = accel.InferenceSession(build("positive"))
    x = np.array([1, -2, 3, 4], np.float32)
    binding = session.io_binding()
    binding.bind_cpu_input("x", x)
    binding.bind_output("count")
    binding.bind_output("y")
    for change in (0, 10):
        x -= change
        session.run_with_iobinding(binding)
        y, count = binding.copy_outputs_to_cpu()
        np.testing.assert_array_equal(y, x[x > 0])
        assert count == (x > 0).sum()


def test_strided_arrays(session, rng):
    wide = rng.standard_normal((3, 8), np.float32)
    sink = np.zeros((3, 8), np.float32)
    binding = session.io_binding()
    feed(binding, wide[:, ::2], np.array(2, np.float32))
    binding.bind_ortvalue_output("y", accel.OrtValue(sink[:, 1::2]))
    session.run_with_iobinding(binding)
    np.testing.assert_array_equal(sink[:, 1::2], wide[:, ::2] * 2)
    assert not sink[:, ::2].any()


def test_ortvalues(session, rng):
    x = rng.standard_normal((2, 4), np.float32)
    value = accel.OrtValue.ortvalue_from_numpy(x)
    out = accel.OrtValue.ortvalue_from_shape_and_type((2, 4), np.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", value)
    binding.bind_ortvalue_input("k", accel.OrtValue.ortvalue_from_numpy(np.array(2, np.float32)))
    binding.bind_ortvalue_output("y", out)
    session.run_with_iobinding(binding)
    np.testing.assert_array_equal(out.numpy(), x * 2)
    value.update_inplace(-x)
    session.run_with_iobinding(binding)
    np.testing.assert_array_equal(out.numpy(), x * -2)


def test_refusals(session):
    binding = session.io_binding()
    with pytest.raises(accel.InvalidArgument, match="unknown input 'q'"):
        binding.bind_cpu_input("q", np.ones(1, np.float32))
    with pytest.raises(accel.InvalidArgument, match="input 'x' is bound to float64, expected float32"):
        binding.bind_cpu_input("x", np.ones((1, 4)))
    with pytest.raises(accel.InvalidArgument, match="device 'cuda'"):
        binding.bind_input("x", "cuda", 0, np.float32, (1, 4), 0)
    with pytest.raises(accel.InvalidArgument, match="input 'x' is not bound"):
        session.run_with_iobinding(binding)
    feed(binding, np.ones((1, 4), np.float32), np.array(1, np.float32))
    with pytest.raises(accel.InvalidArgument, match="output 'y' is not bound"):
        session.run_with_iobinding(binding)
    y = np.zeros((2, 4), np.float32)
    binding.bind_output("y", "cpu", 0, np.float32, y.shape, y.ctypes.data)
    with pytest.raises(accel.InvalidArgument, match="'y'"):  # a buffer for two rows, a run with one
        session.run_with_iobinding(binding)
    with pytest.raises(accel.Error, match="call run_with_iobinding first"):
        session.io_binding().get_outputs()
