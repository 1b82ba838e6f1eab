# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# One object of what an object needs of archives, in which functions have other names.
#   cmake -DLLD=ld.lld -DOBJCOPY=llvm-objcopy -DNM=nm -DROOT=a.o -DARCHIVES=a.a;b.a -DRENAMED=names.txt
#     -DOUT=libraries.o -P Libraries.cmake
execute_process(COMMAND ${NM} -u ${ROOT} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "U [^ \n]+" symbols "${text}")
list(TRANSFORM symbols REPLACE "^U " "--undefined=")
execute_process(COMMAND ${LLD} -r ${symbols} ${ARCHIVES} -o ${OUT} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${OBJCOPY} --redefine-syms=${RENAMED} ${OUT} COMMAND_ERROR_IS_FATAL ANY)
