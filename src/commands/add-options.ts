/**
 * Add options: the options of a gateway as flags of a command: `serve`, `demo` and `doctor` have them.
 * In: a command, the table of options. Out: flags with their help, in groups. Never: a default of its own; `options.ts` has them.
 */
import type { Command } from 'commander';
import { DEMO_OPTIONS, flagName, type Option, OPTION_GROUPS } from '../config/options.ts';

const DEMO_ONLY: ReadonlySet<string> = new Set(DEMO_OPTIONS.map(({ name }) => name));

/** Gives a command the options of `serve`, each also an environment variable and a key of the file. @param without options it does not have */
export function addOptions(command: Command, without: ReadonlySet<string> = DEMO_ONLY): Command {
  command.option('--config <FILE>', 'options from a YAML or JSON file; flags beat environment beat file');
  for (const { title, options } of OPTION_GROUPS) {
    command.optionsGroup(`${title}:`);
    for (const option of options.filter(({ name }) => !without.has(name))) addOption(command, option);
  }
  return command.addHelpText(
    'after',
    '\nEvery option is also an environment variable, e.g. MTPROTO2JSON_DC_HOST for\n--dc-host, and a key of the file: dcHost.',
  );
}

function addOption(command: Command, option: Option): void {
  const flag = `--${flagName(option.name)}${option.kind === 'switch' ? '' : ` <${option.value}>`}`;
  if (option.kind === 'list')
    command.option(flag, helpOf(option), (value: string, all: string[] | undefined) => [...(all ?? []), value]);
  else command.option(flag, helpOf(option));
}

function helpOf(option: Option): string {
  const { fallback, kind } = option;
  const hasDefault = fallback !== undefined && kind !== 'switch' && kind !== 'list' && fallback !== '';
  return hasDefault ? `${option.text} (default: ${String(fallback)})` : option.text;
}
