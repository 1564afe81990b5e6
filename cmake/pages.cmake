# Writes what a program tells of its command line below SHARE: its manual page and its completions. PROGRAM is its file, NAME
# its name, COMPLETION what it is asked for completions with.
function(write_page file)
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${SHARE}/${file} "${text}")
endfunction()

write_page(man/man1/${NAME}.1 --man-page)
write_page(bash-completion/completions/${NAME} ${COMPLETION} bash)
write_page(zsh/site-functions/_${NAME} ${COMPLETION} zsh)
write_page(fish/vendor_completions.d/${NAME}.fish ${COMPLETION} fish)
