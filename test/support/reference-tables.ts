/**
 * The reference tables under docs/, made from the code's own tables. Run by itself
 * it writes them into the files. In: `ERRORS`, `EVENTS`, `OPTIONS`, `SIGNIN_OPTIONS`, `FORMATS`. Out: Markdown between two marks.
 * Never: a row written by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SIGNIN_OPTIONS } from '../../src/commands/signin.ts';
import { EVENTS, type EventRow } from '../../src/telemetry/events.ts';
import { ERRORS } from '../../src/errors.ts';
import { FORMATS, NO_TEXT } from '../../src/formats/formats.ts';
import { flagName, OPTIONS } from '../../src/config/options.ts';

export const README = fileURLToPath(new URL('../../../README.md', import.meta.url));
export const WIRE_DOC = fileURLToPath(new URL('../../../docs/wire.md', import.meta.url));
export const OPTIONS_DOC = fileURLToPath(new URL('../../../docs/options.md', import.meta.url));
export const SIGNIN_DOC = fileURLToPath(new URL('../../../docs/signin.md', import.meta.url));
export const LOGS_DOC = fileURLToPath(new URL('../../../docs/logs-and-metrics.md', import.meta.url));
export const SESSIONS_DOC = fileURLToPath(new URL('../../../docs/sessions.md', import.meta.url));

const IDS = {
  request: "the request's",
  requestOrUnusable: "the request's or −3",
  connection: '−1',
  line: '−2',
  notice: '0',
  connectionOrRequest: "−1 or the request's",
  requestAndNotice: "the request's and 0",
} as const;

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

export function errorsTable(): string {
  const rows = Object.entries(ERRORS).map(([name, entry]) => {
    const also = [
      entry.closes && '`closing`',
      entry.fatal && '`fatal`',
      ...entry.fields.map((field) => `\`${field}\``),
      entry.sometimes.length > 0 && `sometimes ${entry.sometimes.map((field) => `\`${field}\``).join(', ')}`,
    ];
    const retry = entry.retryable ? 'yes' : 'no';
    return `| \`${name}\` | ${IDS[entry.id]} | ${entry.text} | ${retry} | ${entry.delivered} | ${also.filter(Boolean).join(', ')} |`;
  });
  return ['| error | id | meaning | retryable | delivered | beside it |', '|---|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** For docs/logs-and-metrics.md. */
export function eventsTable(): string {
  const rows = Object.entries<EventRow>(EVENTS).map(([name, { level, firstLevel, fields, sometimes = [], text }]) => {
    const levels = firstLevel === undefined ? level : `${level}; ${firstLevel} for the first at an address`;
    const always = fields.map((field) => `\`${field}\``);
    const also = sometimes.length > 0 ? [`sometimes ${sometimes.map((field) => `\`${field}\``).join(', ')}`] : [];
    return `| \`${name}\` | ${levels} | ${text} | ${[...always, ...also].join(', ')} |`;
  });
  return ['| event | level | means | beside it |', '|---|---|---|---|', ...rows].join('\n');
}

export function optionsTable(): string {
  const rows = OPTIONS.map((option) => {
    const value = option.value === undefined ? '' : ` ${option.value}`;
    // The version of Node that runs is nobody's documentation.
    const isFixed = option.fallback !== undefined && option.name !== 'systemVersion' && option.kind !== 'switch';
    const fallback = isFixed && String(option.fallback) !== '' ? `\`${String(option.fallback)}\`` : '';
    return `| \`--${flagName(option.name)}${cell(value)}\` | ${cell(option.text)} | ${fallback} |`;
  });
  return ['| option | meaning | default |', '|---|---|---|', ...rows].join('\n');
}

export function signinTable(): string {
  const rows = SIGNIN_OPTIONS.map(([flag, text]) => `| \`${cell(flag.replaceAll(/[<>]/g, ''))}\` | ${cell(text)} |`);
  return ['| option | meaning |', '|---|---|', ...rows].join('\n');
}

/** For docs/sessions.md. */
export function formatsTable(): string {
  const row = ({ name, title, lacks }: (typeof NO_TEXT)[number], more = ''): string =>
    `| \`${name}\` | ${title}${more} | ${lacks} |`;
  return [
    '| `--format` | what it is | what it has no room for |',
    '|---|---|---|',
    ...FORMATS.map((one) => row(one)),
    ...NO_TEXT.map((one) => row(one, '; in only')),
  ].join('\n');
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
export function fill(text: string, name: string, table: string): string {
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = text.indexOf(from) + from.length;
  const end = text.indexOf(to);
  if (start < from.length || end < 0) throw new Error(`there is no place for ${name}`);
  return `${text.slice(0, start)}\n${table}\n${text.slice(end)}`;
}

/** docs/wire.md with its table. */
export function wireFilled(text: string): string {
  return fill(text, 'errors', errorsTable());
}

/** docs/logs-and-metrics.md with its table. */
export function logsFilled(text: string): string {
  return fill(text, 'events', eventsTable());
}

/** docs/options.md with its table. */
export function optionsFilled(text: string): string {
  return fill(text, 'options', optionsTable());
}

/** docs/signin.md with its table. */
export function signinFilled(text: string): string {
  return fill(text, 'signin', signinTable());
}

/** docs/sessions.md with its table. */
export function sessionsFilled(text: string): string {
  return fill(text, 'formats', formatsTable());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(WIRE_DOC, wireFilled(readFileSync(WIRE_DOC, 'utf8')));
  writeFileSync(LOGS_DOC, logsFilled(readFileSync(LOGS_DOC, 'utf8')));
  writeFileSync(OPTIONS_DOC, optionsFilled(readFileSync(OPTIONS_DOC, 'utf8')));
  writeFileSync(SIGNIN_DOC, signinFilled(readFileSync(SIGNIN_DOC, 'utf8')));
  writeFileSync(SESSIONS_DOC, sessionsFilled(readFileSync(SESSIONS_DOC, 'utf8')));
}
