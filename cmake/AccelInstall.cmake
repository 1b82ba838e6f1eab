# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `cmake --install` installs, and where. Everything finds its parts relative to itself, so the
# prefix may be moved. The runtimes of all machines are inside of accel-compile.
#   tools   bin/accel-*, which load LLVM's and MLIR's shared libraries
#   devel   include/accel-rt, lib/cmake/accel
#   python  lib/accel/python/accel
#   shell   share/bash-completion, share/zsh, share/fish: where shells look for completion
#   doc     share/doc/accel
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(ACCEL_INSTALL_BINDIR ${CMAKE_INSTALL_BINDIR})
set(ACCEL_INSTALL_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
set(ACCEL_INSTALL_CMAKEDIR ${CMAKE_INSTALL_LIBDIR}/cmake/accel)
# For any version of Python, so in no version's own folder; accel/_compile.py knows the way to bin.
set(ACCEL_INSTALL_PYTHONDIR lib/accel/python)

set(tools accel-compile accel-run accel-opt accel-lsp-server)
set_target_properties(${tools} PROPERTIES
  INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};${LLVM_LIBRARY_DIR}")
install(TARGETS ${tools} RUNTIME DESTINATION ${ACCEL_INSTALL_BINDIR} COMPONENT tools)

# Support.h and Ops.h are for emitted code and for the runtime.
install(FILES include/accel-rt/Model.h DESTINATION ${ACCEL_INSTALL_INCLUDEDIR}/accel-rt
  COMPONENT devel)
set(config ${PROJECT_BINARY_DIR}/cmake/accelConfig.cmake)
set(version ${PROJECT_BINARY_DIR}/cmake/accelConfigVersion.cmake)
configure_package_config_file(cmake/package/accelConfig.cmake.in ${config}
  INSTALL_DESTINATION ${ACCEL_INSTALL_CMAKEDIR}
  PATH_VARS ACCEL_INSTALL_INCLUDEDIR ACCEL_INSTALL_BINDIR)
# The compiler runs on this machine, whatever machine the using project is for.
write_basic_package_version_file(${version} COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${config} ${version} cmake/package/AccelAddModel.cmake
  DESTINATION ${ACCEL_INSTALL_CMAKEDIR} COMPONENT devel)

install(DIRECTORY python/accel DESTINATION ${ACCEL_INSTALL_PYTHONDIR} COMPONENT python
  FILES_MATCHING PATTERN *.py PATTERN __pycache__ EXCLUDE)

if(TARGET AccelCompletionScripts)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/share/ DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}
    COMPONENT shell)
endif()

install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/accel COMPONENT doc)
