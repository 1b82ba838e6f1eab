# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The command line of an executable model: numbers in, numbers out, and what it says to mistakes.
#   cmake -DMODEL=model -DPYTHON=python3 -DWORK=folder -P Executable.cmake
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

# expect(<exit status> <regex in what it prints> command...)
function(expect status pattern)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE result
    OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL status)
    message(FATAL_ERROR "${ARGN}: exit status ${result}, not ${status}:\n${text}")
  endif()
  if(NOT text MATCHES "${pattern}")
    message(FATAL_ERROR "${ARGN}: expected '${pattern}', found:\n${text}")
  endif()
endfunction()

file(WRITE ${WORK}/make.py [=[
import numpy
x = numpy.random.default_rng(1).random((8, 1024), "f4")
numpy.save("x.npy", x)
with open("x2.npy", "wb") as file:
    numpy.lib.format.write_array(file, x, version=(2, 0))
numpy.save("fortran.npy", numpy.asfortranarray(x))
numpy.save("double.npy", x.astype("f8"))
numpy.save("small.npy", x[:4])
open("cut.npy", "wb").write(open("x.npy", "rb").read()[:1000])
open("text.npy", "w").write("hello")
]=])
file(WRITE ${WORK}/compare.py [=[
import numpy
x = numpy.load("x.npy").astype("f8")
w = numpy.zeros(1024)
w[[0, 1, 7, 100, 1023]] = 0.5, 1.5, 3.25, 0.125, 9
y = numpy.sqrt(x * w + 1)
for folder in ("out", "named"):
    found, sums = numpy.load(folder + "/y.npy"), numpy.load(folder + "/s.npy")
    assert found.dtype == "f4" and found.shape == (8, 1024) and sums.shape == (8,)
    numpy.testing.assert_allclose(found, y, rtol=1e-6)
    numpy.testing.assert_allclose(sums, y.sum(1), rtol=1e-5)
print("equal")
]=])
expect(0 "" ${PYTHON} make.py)
expect(0 "inputs:\n  x  f4\\[8, 1024\\]\noutputs:\n  y  f4\\[8, 1024\\]\n  s  f4\\[8\\]\n.*usage:" ${MODEL})
expect(0 "usage:" ${MODEL} --help)
expect(0 "alpha_fixed for x86_64-linux-gnu" ${MODEL} --version)
expect(0 "out/y.npy\nout/s.npy" ${MODEL} x.npy -o out)
expect(0 "named/y.npy" ${MODEL} x=x2.npy -o named --threads 2)
expect(0 "equal" ${PYTHON} compare.py)
expect(0 "runs +20, after 3 to warm up, on 1 thread\nus +median [0-9.]+" ${MODEL} --benchmark
  --iterations 20 --warm-up 3 --threads 1)
expect(1 "cannot read 'none.npy': No such file" ${MODEL} none.npy -o out)
expect(1 "'text.npy': it is not a .npy file" ${MODEL} text.npy -o out)
expect(1 "'cut.npy': it ends before its last element" ${MODEL} cut.npy -o out)
expect(1 "'fortran.npy': it is in Fortran order" ${MODEL} fortran.npy -o out)
expect(1 "input 'x': expected elements '<f4', found '<f8'" ${MODEL} double.npy -o out)
expect(1 "expected float32\\[8, 1024\\], found float32\\[4, 1024\\]: dim 0 is 4, not 8" ${MODEL}
  small.npy -o out)
expect(2 "expected 1 input files, found 'x.npy' as well" ${MODEL} x.npy x.npy -o out)
expect(2 "expected -o FOLDER or --benchmark" ${MODEL} x.npy)
expect(2 "unknown option '--fast'" ${MODEL} x.npy --fast)
expect(2 "--threads: expected a whole number from 1, found 'all'" ${MODEL} x.npy --threads all)
