# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How every library and tool of the project is built: flags, include path, one precompiled header.

add_library(AccelOptions INTERFACE)
target_include_directories(AccelOptions INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_include_directories(AccelOptions SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS}
                           ${Protobuf_INCLUDE_DIRS})
target_compile_options(AccelOptions INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Werror -Wno-unused-parameter -fno-exceptions
    -Xclang -fno-pch-timestamp>)
# The cache of compiled kernels tells one build of the compiler from the next by it.
target_link_options(AccelOptions INTERFACE -Wl,--build-id=sha1)
target_compile_definitions(AccelOptions INTERFACE ACCEL_VERSION="${PROJECT_VERSION}")
if(ACCEL_SANITIZE)
  target_compile_options(AccelOptions INTERFACE -fsanitize=${ACCEL_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(AccelOptions INTERFACE -fsanitize=${ACCEL_SANITIZE})
endif()

# One precompiled header of MLIR's headers for every library that uses them: a pass file then
# compiles in about a second instead of seven.
add_library(AccelPCH OBJECT ${CMAKE_SOURCE_DIR}/lib/Support/PCH.cpp)
target_link_libraries(AccelPCH PRIVATE AccelOptions)
target_precompile_headers(AccelPCH PRIVATE ${CMAKE_SOURCE_DIR}/lib/Support/PCH.h)

# accel_library(Name SOURCES a.cpp b.cpp DEPENDS tablegen-targets LINK libraries [NO_PCH])
function(accel_library name)
  cmake_parse_arguments(ARG "NO_PCH" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  set_property(GLOBAL APPEND PROPERTY ACCEL_LIBRARIES ${name})
  target_link_libraries(${name} PUBLIC AccelOptions ${ARG_LINK})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  if(NOT ARG_NO_PCH)
    target_precompile_headers(${name} REUSE_FROM AccelPCH)
  endif()
endfunction()

# accel_tool(name SOURCES main.cpp LINK libraries)
function(accel_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE AccelOptions ${ARG_LINK} MLIR LLVM)
  # As the libraries: the precompiled header takes -fPIC and refuses the -fPIE of executables.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_precompile_headers(${name} REUSE_FROM AccelPCH)
endfunction()

# accel_tablegen(target source.td (generator output)...): the generators run on one .td file.
function(accel_tablegen target source)
  set(LLVM_TARGET_DEFINITIONS ${source})
  set(rest ${ARGN})
  while(rest)
    list(POP_FRONT rest flags output)
    separate_arguments(flags)
    mlir_tablegen(${output} ${flags} EXTRA_INCLUDES ${CMAKE_SOURCE_DIR})
  endwhile()
  add_public_tablegen_target(${target})
endfunction()

# accel_dialect_doc(nn source.td): `ninja docs-nn` writes the op reference to build/docs/Dialects/nn.md.
function(accel_dialect_doc dialect source)
  set(output ${CMAKE_BINARY_DIR}/docs/Dialects/${dialect}.md)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/docs/Dialects
    COMMAND ${MLIR_TABLEGEN_EXE} -gen-dialect-doc -dialect=${dialect} -I ${CMAKE_SOURCE_DIR}
            -I ${MLIR_INCLUDE_DIRS} ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${output}
    DEPENDS ${source} VERBATIM)
  add_custom_target(docs-${dialect} DEPENDS ${output})
endfunction()
