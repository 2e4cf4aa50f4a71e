/**
 * Config: what the operator wants, from four sources: defaults <- file <- environment <- flags.
 * In: the sources as they are. Out: one checked, frozen object, or all errors at once. Never: a half-right configuration, or a key of
 * the file that nobody knows; the environment is shared with others (`environment.ts`).
 */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { isLoopback } from '../address/address.ts';
import { allowList } from '../address/allow-list.ts';
import { isServiceLink } from './environment.ts';
import { firstToken } from '../main/clients/tokens.ts';
import { didYouMean } from '../nearest-name.ts';
import { environmentName, flagName, type Option, OPTIONS, type OptionValues } from './options.ts';
import { readSecretFile, SecretFileError, withoutLineEnd } from '../secret-file.ts';

/** What the items of a list are, beside text. */
const ITEMS: Readonly<Record<string, z.ZodType<string>>> = {
  httpHost: z.string().regex(/^[\w.:[\]-]{1,253}$/),
  allowServer: z.string().refine(isSpec),
};

/** The one schema. Values arrive as text from flags and the environment, and as they are from a file. */
const SCHEMA = z.strictObject(Object.fromEntries(OPTIONS.map((option) => [option.name, schemaOf(option)])));

/** A checked configuration. */
export type Config = OptionValues & {
  /** Contents of `dcKey`. */
  readonly dcKeyText?: string;
  /** Contents of `tokenFile`. */
  readonly tokenText?: string;
};

/** A wrong configuration: every error of it, a sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly sentences: readonly string[];
  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'));
    this.sentences = sentences;
  }
}

/** Where options come from. */
export interface Sources {
  /** By option name, only what the command line was given. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A YAML or JSON file; the environment may name it too. */
  readonly file: string | undefined;
  /** Takes a warning: a sentence. */
  readonly warn?: (sentence: string) => void;
}

/** A value and where it came from, for the error about it. */
interface Given {
  readonly value: unknown;
  readonly from: string;
}

/** Merges the sources and checks the whole. @throws ConfigError with every error at once */
export function loadConfig(sources: Sources): Config {
  const errors: string[] = [];
  const given = gather(sources, errors);
  const values = Object.fromEntries([...given].map(([name, { value }]) => [name, value]));
  const checked = SCHEMA.safeParse(values);
  if (!checked.success) errors.push(...sentences(checked.error, given));
  // The schema is made from the table, and so are its types.
  const right = checked.success ? (checked.data as OptionValues) : undefined;
  if (right !== undefined) errors.push(...contradictions(right));
  const files = readFiles(right ?? {}, errors, sources.warn);
  if (right === undefined || errors.length > 0) throw new ConfigError([...new Set(errors)]);
  return Object.freeze({ ...right, ...files });
}

function gather({ flags, environment, file }: Sources, errors: string[]): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const option of OPTIONS)
    if (option.fallback !== undefined) given.set(option.name, { value: option.fallback, from: 'the default' });
  const path = file ?? environment['MTPROTO2JSON_CONFIG'];
  if (path !== undefined) fromFile(path, given, errors);
  fromEnvironment(environment, given);
  for (const [name, value] of Object.entries(flags))
    if (value !== undefined) given.set(name, { value, from: `--${flagName(name)}` });
  return given;
}

function fromFile(path: string, given: Map<string, Given>, errors: string[]): void {
  const names = new Map(OPTIONS.flatMap(({ name }) => [[name, name] as const, [flagName(name), name] as const]));
  for (const [key, value] of Object.entries(fileContent(path, errors))) {
    const name = names.get(key);
    if (name === undefined)
      errors.push(`${key} in ${path} is not an option${didYouMean(key, [...new Set(names.values())])}`);
    else given.set(name, { value, from: `${key} in ${path}` });
  }
}

/** JSON is YAML, so one parser reads both. */
function fileContent(path: string, errors: string[]): object {
  try {
    const content: unknown = parseYaml(readFileSync(path, 'utf8')) ?? {};
    if (typeof content === 'object' && !Array.isArray(content)) return content as object;
    errors.push(`--config: ${path} is not a map of options`);
  } catch (error) {
    errors.push(`--config: ${path} cannot be read: ${(error as Error).message.split('\n')[0]}`);
  }
  return {};
}

function fromEnvironment(environment: Sources['environment'], given: Map<string, Given>): void {
  const names = new Map(OPTIONS.map(({ name }) => [environmentName(name), name]));
  for (const [key, value] of Object.entries(environment)) {
    const name = names.get(key);
    if (name === undefined || isServiceLink(key, value ?? '')) continue;
    given.set(name, { value: value && withoutLineEnd(value), from: `${key} in the environment` });
  }
}

/** One sentence an option; zod's own texts say less than the table. */
function sentences(error: z.ZodError, given: Map<string, Given>): string[] {
  return error.issues.map((issue) => {
    const name = String(issue.path[0] ?? '');
    const option = OPTIONS.find((one) => one.name === name);
    const from = given.get(name)?.from ?? `--${flagName(name)}`;
    if (option === undefined) return issue.message;
    return `${from}: expected ${option.expects}, got ${shown(given.get(name)?.value)}`;
  });
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}

/** Options that are right each and wrong together. */
function contradictions(values: OptionValues): string[] {
  const { dc, dcHost, dcPort, dcKey, dcId, host, insecure, tokenFile, httpPort, port, mtproxy, mtproxySecret } = values;
  const { vaultKeyFile, vaultPassphraseFile } = values;
  const wrong: [boolean, string][] = [
    [
      dc !== undefined && dcHost !== undefined,
      'give --dc (a built-in data centre) or --dc-host (a server of your own), not both',
    ],
    [(mtproxy === undefined) !== (mtproxySecret === undefined), '--mtproxy and --mtproxy-secret need each other'],
    [dcHost !== undefined && dcPort === undefined, '--dc-host needs --dc-port'],
    [dcHost !== undefined && dcKey === undefined, "--dc-host needs --dc-key, the server's RSA public key"],
    [dcHost === undefined && (dcPort ?? dcId ?? dcKey) !== undefined, '--dc-port, --dc-id and --dc-key need --dc-host'],
    [
      !isLoopback(host) && tokenFile === undefined && !insecure,
      `--host ${host} can be reached from beyond this machine: give --token-file, or --insecure if that is meant`,
    ],
    [httpPort !== 0 && httpPort === port, '--http-port and --port must differ'],
    [
      vaultKeyFile !== undefined && vaultPassphraseFile !== undefined,
      'give --vault-key-file or --vault-passphrase-file, not both',
    ],
  ];
  return wrong.filter(([isWrong]) => isWrong).map(([, sentence]) => sentence);
}

function readFiles(
  values: { dcKey?: string | undefined; tokenFile?: string | undefined },
  errors: string[],
  warn: Sources['warn'],
): { dcKeyText?: string; tokenText?: string } {
  const key = values.dcKey === undefined ? undefined : readText('--dc-key', values.dcKey, errors);
  const token = values.tokenFile === undefined ? undefined : readSecret('--token-file', values.tokenFile, errors, warn);
  return { ...(key === undefined ? {} : { dcKeyText: key }), ...(token === undefined ? {} : { tokenText: token }) };
}

function readText(flag: string, path: string, errors: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    errors.push(`${flag}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    return undefined;
  }
}

function readSecret(flag: string, path: string, errors: string[], warn: Sources['warn']): string | undefined {
  try {
    const { content, warning } = readSecretFile(path);
    if (warning !== undefined) warn?.(`${flag}: ${warning}`);
    const text = content.toString();
    if (firstToken(text) === undefined) errors.push(`${flag}: ${path} holds no token`);
    return text;
  } catch (error) {
    if (!(error instanceof SecretFileError)) throw error;
    errors.push(`${flag}: ${error.message}`);
    return undefined;
  }
}

/** What a value of the option is, by its kind. */
function schemaOf(option: Option): z.ZodType {
  const right = { text: textOf, number: numberOf, switch: truth, list: listOf }[option.kind](option);
  return option.fallback === undefined ? right.optional() : right;
}

function textOf({ among, mayBeEmpty = false }: Option): z.ZodType {
  if (among !== undefined) return z.enum([...among]);
  return mayBeEmpty ? z.string() : z.string().min(1);
}

/** A list, or text with commas. */
function listOf({ name }: Option): z.ZodType {
  return z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value),
    z.array(ITEMS[name] ?? z.string()),
  );
}

function numberOf({ range }: Option): z.ZodType {
  const [least, most] = range!;
  return z.preprocess(
    (value) => (typeof value === 'string' && /^[0-9]{1,15}$/.test(value) ? Number(value) : value),
    z.number().int().min(least).max(most),
  );
}

function truth(): z.ZodType {
  const words: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false, '': false };
  return z.preprocess(
    (value) => (typeof value === 'string' && Object.hasOwn(words, value) ? words[value] : value),
    z.boolean(),
  );
}

function isSpec(spec: string): boolean {
  try {
    allowList([spec]);
    return true;
  } catch {
    return false;
  }
}
