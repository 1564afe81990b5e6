# What `cmake --install` puts below the prefix: programs, libraries, headers, the sample tiers file, and the package that
# find_package(rl) finds.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rl)
get_property(RL_MODULES GLOBAL PROPERTY RL_MODULES)

install(TARGETS rlserver rlctl rlload RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS rl ${RL_MODULES} EXPORT rlTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY lib/rl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
# Manual pages and completions; a build of single targets has none.
install(DIRECTORY ${PROJECT_BINARY_DIR}/share/ DESTINATION ${CMAKE_INSTALL_DATADIR} OPTIONAL)
install(FILES tiers.toml DESTINATION ${CMAKE_INSTALL_DATADIR}/rl)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT rlTargets NAMESPACE rl:: DESTINATION ${package_dir})
configure_package_config_file(cmake/rlConfig.cmake.in ${PROJECT_BINARY_DIR}/rlConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/rlConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/rlConfig.cmake ${PROJECT_BINARY_DIR}/rlConfigVersion.cmake cmake/dependencies.cmake
  DESTINATION ${package_dir})
