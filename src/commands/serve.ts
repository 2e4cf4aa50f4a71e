/**
 * `mtproto2json serve`: the gateway as a process.
 * In: the command line. Out: a gateway that runs until a signal. Never: a default of its own; `options.ts` has them.
 */
import type { Command } from 'commander';
import { DEMO_OPTIONS, flagName, type Option, OPTION_GROUPS } from '../options.ts';

/** Adds `serve`, the command that options alone mean. What it runs is loaded when it runs. */
export function registerServe(program: Command): void {
  const serve = program.command('serve').description('run the gateway (the default)');
  serve.option('--check', 'look at everything and end, as `doctor` does');
  addOptions(serve).action(async (flags: Record<string, unknown>) => runServe(flags));
}

const DEMO_ONLY: ReadonlySet<string> = new Set(DEMO_OPTIONS.map(({ name }) => name));

/**
 * The options of `serve`, each also an environment variable and a key of the file.
 * @param without names that this command does not have
 */
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

export async function runServe(flags: Record<string, unknown>): Promise<void> {
  const { config: file, check, ...given } = flags;
  if (check === true) return (await import('./doctor.ts')).runDoctor({ ...given, config: file });
  const { startGateway } = await import('./gateway.ts');
  await startGateway({ flags: given, environment: process.env, file: file as string | undefined });
}
