# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# accel_add_model(<target> <model.onnx>
#   [TYPE SHARED|STATIC|OBJECT]     default: as add_library, by BUILD_SHARED_LIBS
#   [PREFIX <identifier>]           of symbols, the C++ namespace and the header; default: the target's name
#   [SHAPES <input>=<1x3x224x224>...] [DIMS <name>=<4|1..32>...]
#   [CPU <name>] [TRIPLE <triple>]  default: this machine; when cross compiling, CMAKE_SYSTEM_PROCESSOR's
#   [OPTIONS <flag>...]             more flags of accel-compile
#   [DEPENDS <file>...])            files with the model's external data
#
# Makes a library target of a model. What links it may include <prefix>.h, the model's typed C++
# header, and accel-rt/Model.h. The model is compiled again when it or the compiler changes.
include_guard(GLOBAL)

# The triple to compile for, or nothing where the target is this machine.
function(_accel_triple result)
  set(${result} "" PARENT_SCOPE)
  if(NOT CMAKE_CROSSCOMPILING AND
     CMAKE_SYSTEM_PROCESSOR STREQUAL CMAKE_HOST_SYSTEM_PROCESSOR)
    return()
  endif()
  string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" machine)
  if(machine STREQUAL "amd64")
    set(machine x86_64)
  elseif(machine STREQUAL "arm64")
    set(machine aarch64)
  endif()
  set(${result} ${machine}-linux-gnu PARENT_SCOPE)
endfunction()

function(accel_add_model target model)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "TYPE;PREFIX;CPU;TRIPLE" "SHAPES;DIMS;OPTIONS;DEPENDS")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "accel_add_model(${target}): unknown arguments: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(ARG_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "accel_add_model(${target}): no value after ${ARG_KEYWORDS_MISSING_VALUES}")
  endif()
  if(NOT ARG_TYPE)
    set(ARG_TYPE STATIC)
    if(BUILD_SHARED_LIBS)
      set(ARG_TYPE SHARED)
    endif()
  endif()
  if(NOT ARG_TYPE MATCHES "^(SHARED|STATIC|OBJECT)$")
    message(FATAL_ERROR
      "accel_add_model(${target}): TYPE ${ARG_TYPE}: expected SHARED, STATIC or OBJECT")
  endif()
  get_filename_component(model "${model}" ABSOLUTE)
  get_source_file_property(generated "${model}" GENERATED)
  if(NOT EXISTS "${model}" AND NOT generated)
    message(FATAL_ERROR "accel_add_model(${target}): there is no model '${model}'")
  endif()
  if(NOT ARG_PREFIX)
    string(MAKE_C_IDENTIFIER "${target}" ARG_PREFIX)
  endif()
  if(NOT ARG_TRIPLE)
    _accel_triple(ARG_TRIPLE)
  endif()

  set(flags -q --prefix=${ARG_PREFIX})
  foreach(shape IN LISTS ARG_SHAPES)
    list(APPEND flags --shape=${shape})
  endforeach()
  foreach(dim IN LISTS ARG_DIMS)
    list(APPEND flags --dim=${dim})
  endforeach()
  if(ARG_TRIPLE)
    list(APPEND flags --triple=${ARG_TRIPLE})
  endif()
  if(ARG_CPU)
    list(APPEND flags --cpu=${ARG_CPU})
  endif()
  list(APPEND flags ${ARG_OPTIONS})

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/accel/${target}")
  file(MAKE_DIRECTORY "${folder}/include")
  set(header "${folder}/include/${ARG_PREFIX}.h")
  set(emit_SHARED so)
  set(emit_STATIC archive)
  set(emit_OBJECT object)
  set(output_SHARED "${folder}/lib${target}.so")
  set(output_STATIC "${folder}/lib${target}.a")
  set(output_OBJECT "${folder}/${target}.o")
  set(output "${output_${ARG_TYPE}}")
  # The header follows from the same flags and takes a moment: no code is made for it.
  add_custom_command(OUTPUT "${output}" "${header}"
    COMMAND accel::compile "${model}" --emit=${emit_${ARG_TYPE}} -o "${output}" ${flags}
    COMMAND accel::compile "${model}" --emit=header -o "${header}" ${flags}
    DEPENDS "${model}" ${ARG_DEPENDS} "${ACCEL_COMPILE}"
    COMMENT "Compiling the model ${target}" VERBATIM)
  add_custom_target(${target}_accel DEPENDS "${output}" "${header}")

  add_library(${target} ${ARG_TYPE} IMPORTED GLOBAL)
  add_dependencies(${target} ${target}_accel)
  set_target_properties(${target} PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${folder}/include;${ACCEL_INCLUDE_DIR}")
  if(ARG_TYPE STREQUAL "OBJECT")
    set_target_properties(${target} PROPERTIES IMPORTED_OBJECTS "${output}")
  else()
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${output}")
  endif()
  if(ARG_TYPE STREQUAL "SHARED")
    # It is found by its file's name.
    set_target_properties(${target} PROPERTIES IMPORTED_NO_SONAME ON)
  else()
    set_target_properties(${target} PROPERTIES
      INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS};m")
  endif()
endfunction()
