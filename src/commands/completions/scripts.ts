/**
 * What a shell reads once. Each script asks the program what may follow, so that nothing in it can grow old: one
 * candidate a line, `word<TAB>about`, and `:files` or `:directories` for what the shell knows best.
 */
const bash = `# contextcore completions for bash; needs nothing but bash
_contextcore() {
  local line word cur="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    word="\${line%%$'\\t'*}"
    case "$word" in
      :files) compopt -o filenames; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
      :directories) compopt -o filenames; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur") ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <("\${COMP_WORDS[0]}" completions bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _contextcore contextcore
`;

const zsh = `#compdef contextcore
# contextcore completions for zsh
_contextcore() {
  local line word
  local -a candidates
  for line in "\${(@f)$("$words[1]" completions zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    word="\${line%%$'\\t'*}"
    case "$word" in
      '') ;;
      :files) _files ;;
      :directories) _files -/ ;;
      "$line") candidates+=("\${word//:/\\\\:}") ;;
      *) candidates+=("\${word//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( \${#candidates} )) && _describe contextcore candidates
}
if [[ "$funcstack[1]" == _contextcore ]]; then _contextcore "$@"; else compdef _contextcore contextcore; fi
`;

const fish = `# contextcore completions for fish
function __contextcore_candidates
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] completions fish -- $words[2..] 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path (commandline -ct)
      case ':directories'
        __fish_complete_directories (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c contextcore -f -a '(__contextcore_candidates)'
`;

/** The text that each shell reads, by the shell's name. */
export const SCRIPTS = { bash, zsh, fish } as const;
/** A shell that completions are made for. */
export type Shell = keyof typeof SCRIPTS;
