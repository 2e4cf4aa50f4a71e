/**
 * `mtproto2json completion bash|zsh|fish`: a script that asks this program what a word can become.
 * In: the program with all its commands. Out: the script; candidates, one a line. Never: a list of its own to keep up:
 * commands and options are commander's, values those of the table of options, methods and fields those of the scheme.
 */
import { Argument, type Command } from 'commander';
import { candidates } from '../client/candidates.ts';
import { flagName, OPTIONS } from '../config/options.ts';
import { keptScheme } from '../tl/cache.ts';

/** Bash ends words at `=` and `:` too, so that only what is behind the last of them is replaced. */
const BASH = `_mtproto2json() {
  local line="\${COMP_LINE:0:COMP_POINT}" word prefix found
  word="\${line##*[[:space:]]}"
  prefix="\${word%"\${word##*[=:]}"}"
  COMPREPLY=()
  while IFS= read -r found; do
    COMPREPLY+=("\${found#"$prefix"}")
  done < <(mtproto2json complete -- "$line" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]] && compopt -o nospace
  return 0
}
complete -o default -F _mtproto2json mtproto2json
`;

const ZSH = `#compdef mtproto2json
_mtproto2json() {
  local -a found
  found=("\${(@f)$(mtproto2json complete -- "$LBUFFER" 2>/dev/null)}")
  compadd -S '' -a found
}
compdef _mtproto2json mtproto2json
`;

const FISH = `complete -c mtproto2json -f -a '(mtproto2json complete -- (commandline -cp | string collect) 2>/dev/null)'
`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** Adds `completion`, and what its scripts call. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('completion of commands, options and methods for a shell')
    .addArgument(new Argument('<SHELL>', 'the shell').choices(Object.keys(SCRIPTS)))
    .action((shell: string) => void process.stdout.write(SCRIPTS[shell]!));
  program
    .command('complete', { hidden: true })
    .argument('<LINE>')
    .action(
      (line: string) =>
        void process.stdout.write(
          completionsOf(program, line)
            .map((word) => `${word}\n`)
            .join(''),
        ),
    );
}

/**
 * What the last word of a command line can become.
 * @param line from the program's name to the cursor
 */
export function completionsOf(program: Command, line: string): string[] {
  const words = line.trimStart().split(/\s+/).slice(1);
  const last = words.at(-1) ?? '';
  const { command, rest } = commandIn(program, words.slice(0, -1));
  const found =
    among(words.at(-2)) ?? (last.startsWith('-') ? flagsOf(program, command) : plainWords(command, rest, last));
  return found.filter((word) => word.startsWith(last));
}

/** The command that the words name, and those behind its name that are no options. */
function commandIn(program: Command, words: readonly string[]): { command: Command; rest: string[] } {
  let command = program;
  const rest: string[] = [];
  for (const [i, word] of words.entries()) {
    const next = command.commands.find((one) => one.name() === word);
    if (next !== undefined) command = next;
    else if (!word.startsWith('-') && !takesValue(command, words[i - 1])) rest.push(word);
  }
  return { command, rest };
}

function takesValue(command: Command, word: string | undefined): boolean {
  return command.options.some((option) => option.long === word && (option.required || option.optional));
}

/** The values of an option that has but a few. */
function among(flag: string | undefined): readonly string[] | undefined {
  return OPTIONS.find(({ name }) => `--${flagName(name)}` === flag)?.among;
}

/** Options without a command are those of `serve`. */
function flagsOf(program: Command, command: Command): string[] {
  const serve = command === program ? program.commands.filter((one) => one.name() === 'serve') : [];
  const flags = [command, ...serve].flatMap((one) =>
    one.options.filter(({ hidden }) => !hidden).map((option) => option.long),
  );
  return [...flags.filter((flag) => flag !== undefined && flag !== null), '--help'];
}

function plainWords(command: Command, rest: readonly string[], last: string): readonly string[] {
  if (command.name() === 'call') return candidates(keptScheme(), [...rest, last]);
  if (command.commands.length === 0) return command.registeredArguments[0]?.argChoices ?? [];
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());
}
