/**
 * `mtproto2json doctor`, and `serve --check`: what would go wrong with these options, before it does.
 * In: the options of `serve`. Out: a line a finding; exit 0, or 1 if one of them stops the gateway.
 * Never: changes anything.
 */
import type { Command } from 'commander';
import type { Finding } from '../doctor/finding.ts';
import { addOptions } from './add-options.ts';

/** Adds `doctor`. What it runs is loaded when it runs. */
export function registerDoctor(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('check what `serve` needs with the same options: files, ports, clock, data centres')
    .option('--json', 'one JSON object per line')
    .option('--offline', 'ask no data centre');
  addOptions(doctor).action(async (flags: Record<string, unknown>) => runDoctor(flags));
}

/** Prints the findings; exit code 1 if one is an error. @param flags those of `serve`, `json` and `offline` */
export async function runDoctor({ json, offline, config: file, ...flags }: Record<string, unknown>): Promise<void> {
  const { examine } = await import('../doctor/doctor.ts');
  const sources = { flags, environment: process.env, file: file as string | undefined };
  const findings = await examine(sources, offline === true);
  for (const finding of findings)
    process.stdout.write(json === true ? `${JSON.stringify(finding)}\n` : lineOf(finding));
  process.exitCode = findings.some(({ level }) => level === 'error') ? 1 : 0;
}

function lineOf({ check, level, text, todo }: Finding): string {
  const advice = todo === undefined ? '' : `\n${' '.repeat(22)}${todo}`;
  return `${level.padEnd(8)} ${check.padEnd(12)} ${text}${advice}\n`;
}
