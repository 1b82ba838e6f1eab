# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The architectures, a module a family; the function of a row's name makes the PyTorch module, weights and all or not."""
