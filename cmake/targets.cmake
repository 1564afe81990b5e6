# How every target of this project is compiled.
add_library(rl_options INTERFACE)
target_compile_options(rl_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  # False alarms of GCC 12 inside std::string (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

# rl_module(NAME [PUBLIC targets...] [PRIVATE targets...]): the library of one folder under lib/rl.
function(rl_module name)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/rl/${name}/*.cpp)
  add_library(rl_${name} STATIC ${sources})
  add_library(rl::${name} ALIAS rl_${name})
  target_include_directories(rl_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib> $<INSTALL_INTERFACE:include>)
  target_compile_features(rl_${name} PUBLIC cxx_std_20)
  set_target_properties(rl_${name} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY RL_MODULES rl_${name})
  target_link_libraries(rl_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE}
    $<BUILD_INTERFACE:rl_options>)
endfunction()

# rl_app(NAME targets...): the program of one folder under apps.
function(rl_app name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_executable(${name} ${sources})
  target_compile_definitions(${name} PRIVATE RL_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${name} PRIVATE ${ARGN} rl_cli rl_options)
  rl_pages(${name})
endfunction()

# rl_pages(NAME): the manual page and the completions of a program, which it prints itself.
function(rl_pages name)
  set(share ${PROJECT_BINARY_DIR}/share)
  set(completion completion)
  if(name STREQUAL rlserver)
    set(completion --completion)  # it has no commands
  endif()
  set(pages ${share}/man/man1/${name}.1 ${share}/bash-completion/completions/${name}
    ${share}/zsh/site-functions/_${name} ${share}/fish/vendor_completions.d/${name}.fish)
  add_custom_command(OUTPUT ${pages}
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}> -DSHARE=${share} -DNAME=${name}
      -DCOMPLETION=${completion} -P ${PROJECT_SOURCE_DIR}/cmake/pages.cmake
    DEPENDS ${name} ${PROJECT_SOURCE_DIR}/cmake/pages.cmake
    VERBATIM)
  add_custom_target(${name}_pages ALL DEPENDS ${pages})
endfunction()

# rl_test(NAME LABEL targets...): the doctest program of one folder under tests. The target LABEL_tests builds all of a label.
function(rl_test name label)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_executable(test_${name} ${sources})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(test_${name} PRIVATE ${ARGN} test_main doctest::doctest rl_options)
  # Optimising a test takes more time than running it: 56 s instead of 25 for a file of 300 lines under the address sanitizer.
  # Only those that compute much are worth it.
  if(NOT name MATCHES "^(contract|fault|limit)$")
    target_compile_options(test_${name} PRIVATE -O0)
  endif()
  if(NOT TARGET ${label}_tests)
    add_custom_target(${label}_tests)
  endif()
  add_dependencies(${label}_tests test_${name})
  # Code of the distribution is not instrumented: how it guards what it shares is not seen, such as the first use of a
  # constant inside a function of libcpp-httplib.
  doctest_discover_tests(test_${name} TEST_PREFIX "${name}: " ADD_LABELS 0
    PROPERTIES LABELS ${label} TIMEOUT 300 ENVIRONMENT TSAN_OPTIONS=ignore_noninstrumented_modules=1)
endfunction()

# rl_embed(NAME FILES NAMESPACE CONSTANT): the text of one file, or of several one after the other, as a constant of that module.
function(rl_embed name files namespace constant)
  list(GET files 0 first)
  get_filename_component(base ${first} NAME)
  get_filename_component(folder ${first} DIRECTORY)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${base}.cpp)
  set(text "")
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    file(READ ${file} part)
    string(APPEND text "${part}")
  endforeach()
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT
"#include \"@folder@/script.h\"

const char* const @namespace@::@constant@ = R\"text(@text@)text\";
")
  # Longer than what every compiler has to take, which ours do.
  set_source_files_properties(${generated} PROPERTIES
    COMPILE_OPTIONS -Wno-overlength-strings SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(rl_${name} PRIVATE ${generated})
endfunction()
